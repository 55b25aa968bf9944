"""Which split an image belongs to.

Two images are linked that are slides of one post, or near-copies of each other. Invariants: no two linked images are
in different splits, and an image that is there stays where it is whatever comes in later. Where one comes in that is
linked to images of two splits, both hold only if it is in none: it is left out.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.duplicates import NEAR
from db.records import Image
from exporting.request import SPLITS

if TYPE_CHECKING:   # loaded where there are splits
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Splits:
    """The split of each image by its id; those that are in none, with the splits that they would join."""

    of: Mapping[int, str]
    between: Mapping[int, tuple[str, ...]]


def split_images(images: Iterable[Image], hashes_of: Mapping[int, int], shares: Sequence[float]) -> Splits:
    """The splits of all images of a library, by their ids, with their perceptual hashes: which are wanted is no matter.
    """
    import numpy as np

    ordered = sorted(images, key=lambda image: image.id)
    hashes = np.array([hashes_of.get(image.id, 0) for image in ordered], np.uint64)
    is_seen = np.array([image.id in hashes_of for image in ordered], bool)
    codes = np.full(len(ordered), -1, np.int8)      # the split of each, -1 for none
    of_post: dict[str, set[int]] = {}
    of: dict[int, str] = {}
    between: dict[int, tuple[str, ...]] = {}
    for place, image in enumerate(ordered):
        joined = _near(hashes, is_seen, codes, place) | of_post.get(image.post_code or "", set())
        if len(joined) > 1:
            between[image.id] = tuple(SPLITS[code] for code in sorted(joined))
            continue
        codes[place] = code = min(joined, default=drawn(image.post_code or image.sha256, shares))
        of[image.id] = SPLITS[code]
        if image.post_code:
            of_post.setdefault(image.post_code, set()).add(code)
    return Splits(of, between)


def drawn(key: str, shares: Sequence[float]) -> int:
    """Which split a group falls into, by the hash of what names it: evenly, and always the same."""
    number = int.from_bytes(hashlib.sha256(f"stylegram split {key}".encode()).digest()[:8], "big") / 2**64 * 100
    for code, share in enumerate(shares[:-1]):
        if number < share:
            return code
        number -= share
    # what rounding leaves behind the last share goes to the last split that has one
    return max(code for code, share in enumerate(shares) if share > 0)


def _near(
    hashes: "NDArray[np.uint64]", is_seen: "NDArray[np.bool_]", codes: "NDArray[np.int8]", place: int
) -> set[int]:
    """The splits of the near-copies among the images before this one."""
    import numpy as np

    if not is_seen[place]:
        return set()
    distances = np.bitwise_count(hashes[:place] ^ hashes[place])
    found = codes[:place][(distances <= NEAR) & is_seen[:place]]
    return {int(code) for code in found if code >= 0}
