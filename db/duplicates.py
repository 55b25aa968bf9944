"""Which images are alike: by the distance of their perceptual hashes, the number of bits in which these differ.

Nothing is deleted or left out here; what is told is the distance, and a person looks. Slides of one post are told apart
from copies, for people post the same thing twice, and similar things side by side.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING

from db.records import Image

if TYPE_CHECKING:   # numpy is loaded by what compares: for other commands it would be a tenth of a second
    import numpy as np
    from numpy.typing import NDArray

NEAR = 8        # bits: docs/choosing.md has what that finds and what not
_ROWS = 512     # hashes that are compared with all others at a time
_MANY = 100     # of one hash, or pairs of two: more say nothing new


@dataclass(frozen=True)
class Group:
    """Images that are alike, by number, and the largest distance of one to its nearest in the group."""

    images: tuple[int, ...]
    distance: int
    post: str | None = None     # of which they are slides, all of them


@dataclass(frozen=True)
class Pair:
    """Two images, the lower number first."""

    first: int
    second: int
    distance: int


def best(images: Iterable[Image]) -> Image:
    """Of images that are alike the one to keep: the starred one, else the largest, else the first."""
    return min(images, key=lambda image: (not image.is_starred, -image.width * image.height, image.id))


def near_pairs(hashes: Mapping[int, int], most: int = NEAR) -> list[Pair]:
    """Every two images whose hashes differ in so many bits at most; of hundreds of one hash, as many as hang together.

    Comparing is quadratic: 10,000 images take a second.
    """
    import numpy as np

    of_hash: dict[int, list[int]] = {}
    for number in sorted(hashes):
        of_hash.setdefault(hashes[number], []).append(number)
    found = [Pair(first, second, 0) for alike in of_hash.values() for first, second in _within(alike)]
    values = list(of_hash)
    bits = np.array(values, dtype=np.uint64)
    for start in range(0, len(values), _ROWS):
        distances = _distances(bits[start : start + _ROWS], bits[start:])
        for row, column in np.argwhere(distances <= most):
            if column > row:
                far = int(distances[row, column])
                some, others = of_hash[values[start + row]], of_hash[values[start + column]]
                found += [Pair(min(pair), max(pair), far) for pair in _between(some, others)]
    return found


def _within(alike: Sequence[int]) -> Iterable[tuple[int, int]]:
    return combinations(alike, 2) if len(alike) <= _MANY else pairwise(alike)


def _between(some: Sequence[int], others: Sequence[int]) -> Iterable[tuple[int, int]]:
    return product(some, others) if len(some) * len(others) <= _MANY else [(some[0], others[0])]


def nearest(hashes: Mapping[int, int], image: int, most: int) -> list[Pair]:
    """The images that are so near to this one, the nearest first; `first` is this one."""
    import numpy as np

    ids = [number for number in sorted(hashes) if number != image]
    bits = np.array([hashes[number] for number in ids], dtype=np.uint64)
    distances = _distances(np.array([hashes[image]], dtype=np.uint64), bits)[0] if ids else []
    found = [Pair(image, number, int(far)) for number, far in zip(ids, distances, strict=True) if far <= most]
    return sorted(found, key=lambda pair: (pair.distance, pair.second))


def groups(pairs: Iterable[Pair], posts: Mapping[int, str]) -> list[Group]:
    """The copies among them, each group whole, then the alike slides of one post; by their first image.

    Two slides of one post make no group of copies, unless another image is near to both.
    """
    apart: list[Pair] = []
    together: dict[str, list[Pair]] = {}
    for pair in pairs:
        post = posts.get(pair.first)
        if post is not None and post == posts.get(pair.second):
            together.setdefault(post, []).append(pair)
        else:
            apart.append(pair)
    copies = _joined(apart)
    slides = [
        Group(group.images, group.distance, post) for post, alike in together.items() for group in _joined(alike)]
    return [*copies, *sorted(slides, key=lambda group: group.images)]


def _joined(pairs: Sequence[Pair]) -> list[Group]:
    """Whatever hangs together, by the smallest distances first."""
    leader: dict[int, int] = {}

    def lead(number: int) -> int:
        leader.setdefault(number, number)
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    farthest: dict[int, int] = {}
    for pair in sorted(pairs, key=lambda pair: pair.distance):
        first, second = sorted((lead(pair.first), lead(pair.second)))
        if first != second:
            leader[second] = first
            farthest[first] = max(farthest.get(first, 0), farthest.get(second, 0), pair.distance)
    members: dict[int, list[int]] = {}
    for number in sorted(leader):
        members.setdefault(lead(number), []).append(number)
    return [Group(tuple(images), farthest[first]) for first, images in sorted(members.items())]


def _distances(some: "NDArray[np.uint64]", others: "NDArray[np.uint64]") -> "NDArray[np.uint8]":
    import numpy as np

    distances: NDArray[np.uint8] = np.bitwise_count(some[:, None] ^ others[None, :])
    return distances
