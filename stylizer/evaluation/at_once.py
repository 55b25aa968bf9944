"""The measures of pictures as they are made, in the worker that made them.

Invariant: a picture never fails for want of a measure: where one cannot be taken there is none. Each original is looked
at once, or once by each of the threads that come to it at the same time; what is kept of them is bounded.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cached_property
from threading import Lock

import torch
from torch import Tensor

from db.errors import DbError
from stylizer.errors import StylizerError
from stylizer.evaluation.looks import Looks, Observer, Seen, at_most
from stylizer.network.published import BUNDLED
from stylizer.network.weights import load_weights

_KEPT = 32              # originals, 5 MB each
# What tells it from others, with all that its pixels depend on; and [1, 3, H, W] in 0..255, read when they are needed.
Original = tuple[Hashable, Callable[[], Tensor]]


class PairObserver:
    """Measures pictures, in any number of threads; always with the same weights, whatever made the pictures."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._lock = Lock()
        self._seen: OrderedDict[object, Seen] = OrderedDict()

    def look(self, picture: Tensor, content: Original, style: Original) -> Looks | None:
        """The measures of a picture's saved pixels [3, H, W], beside its originals."""
        try:
            before = self._original("content", content, picture)
            wanted = self._original("style", style, picture)
            return self._observer.compare(self._observer.see(picture[None].float()), before, wanted)
        except (StylizerError, DbError, RuntimeError, MemoryError):
            return None

    def _original(self, role: str, original: Original, picture: Tensor) -> Seen:
        which, read = original
        longest = max(picture.shape)    # all that is of a picture in it: a style is one for contents of any shape
        key = role, which, longest
        with self._lock:
            known = self._seen.get(key)
        seen = known or self._observer.see(at_most(read(), longest))
        with self._lock:
            self._seen[key] = seen
            self._seen.move_to_end(key)
            if len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
        return seen

    @cached_property
    def _observer(self) -> Observer:
        return Observer(load_weights(BUNDLED), torch.device(self._device).type)
