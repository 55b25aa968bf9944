"""What was encoded of images, for the pairs to come. Encoders that work side by side may share it.

Invariant: what is kept is bounded: of the contents and of the styles the least recently used go first, but never a
content of a batch in hand; with a content go the styles in its colours. What two encode at the same time is kept once.
"""

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from stylizer.compute.tiling import Tiling
from stylizer.loss.targets import ContentTarget, StyleTarget

STYLES_BYTES = 1 << 30      # of styles that are kept; one at 512 px has some 10 MB
CONTENTS_BYTES = 1 << 29    # of contents besides those of the batches in hand; one at 512 px has some 14 MB


class ContentKey(NamedTuple):
    """Seen by other tiles an image is another one in its bits; what a pair gets must not depend on what was before."""

    sha256: str
    tiling: Tiling


class StyleKey(NamedTuple):
    """As of a content; with what else its targets depend on."""

    sha256: str
    content_sha256: str         # in whose colours it is; empty where it keeps its own
    shape: tuple[int, ...]      # that it was stretched to; empty where it keeps its own
    tiling: Tiling


class Encodings:
    """Targets by the image that they are of, the coarsest scale first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._contents: OrderedDict[ContentKey, list[ContentTarget]] = OrderedDict()
        self._styles: OrderedDict[StyleKey, list[StyleTarget]] = OrderedDict()
        # The contents of each encoder's batch. Weakly: it holds this, and gigabytes in a circle wait for the collector.
        self._in_hand: WeakKeyDictionary[object, frozenset[str]] = WeakKeyDictionary()

    def content(self, key: ContentKey) -> list[ContentTarget] | None:
        """What is kept of a content."""
        with self._lock:
            return self._contents.get(key)

    def add_content(self, key: ContentKey, targets: list[ContentTarget]) -> list[ContentTarget]:
        """Keeps it; what was there before stays."""
        with self._lock:
            return self._contents.setdefault(key, targets)

    def has_content(self, sha256: str) -> bool:
        """Whether one of this image is kept."""
        with self._lock:
            return any(key.sha256 == sha256 for key in self._contents)

    def keep_contents(self, encoder: object, sha256s: Collection[str]) -> None:
        """Keeps the contents of the batch that an encoder begins, and of the others as many as there is room for: a
        wall may come back to one in every round.
        """
        with self._lock:
            self._in_hand[encoder] = frozenset(sha256s)
            wanted = frozenset[str]().union(*self._in_hand.values())
            for key in [key for key in self._contents if key.sha256 in sha256s]:
                self._contents.move_to_end(key)
            held = sum(map(_bytes_of_content, self._contents.values()))
            for key in [key for key in self._contents if key.sha256 not in wanted]:
                if held <= CONTENTS_BYTES:
                    break
                held -= _bytes_of_content(self._contents.pop(key))
            there = wanted.union(key.sha256 for key in self._contents)
            for style in [key for key in self._styles if key.content_sha256 and key.content_sha256 not in there]:
                del self._styles[style]

    def style(self, key: StyleKey) -> list[StyleTarget] | None:
        """What is kept of a style."""
        with self._lock:
            if key in self._styles:
                self._styles.move_to_end(key)
            return self._styles.get(key)

    def add_style(self, key: StyleKey, targets: list[StyleTarget]) -> list[StyleTarget]:
        """Keeps it, and drops the least recently used that there is no room for; what was there before stays."""
        with self._lock:
            found = self._styles.setdefault(key, targets)
            self._styles.move_to_end(key)
            while len(self._styles) > 1 and sum(map(_bytes_of_style, self._styles.values())) > STYLES_BYTES:
                self._styles.popitem(last=False)
            return found

    def forget(self) -> None:
        """Drops all that is kept, where memory runs out."""
        with self._lock:
            self._contents.clear()
            self._styles.clear()


def _bytes_of_content(targets: list[ContentTarget]) -> int:
    return sum(
        tensor.nbytes for target in targets
        for tensor in (target.pixels, *target.features.values(), *target.statistics.values(), *target.metered.values()))


def _bytes_of_style(targets: list[StyleTarget]) -> int:
    return sum(
        tensor.nbytes for target in targets
        for tensor in (target.pixels, *target.grams.values(), *target.metered.values()))
