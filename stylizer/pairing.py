"""Which content meets which style, and in which order. Pure: it sees image identities and nothing else.

Invariant: every pair is named once, never an image with itself, and the pairs of one content stand together,
so that its features are needed from its first pair to its last and then never again.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)
Item = TypeVar("Item")


def pairs(contents: Iterable[Id], styles: Iterable[Id]) -> list[tuple[Id, Id]]:
    """All (content, style) pairs: contents in their order, and the styles in theirs within each.

    An image given twice counts once. Images are the same when their ids are equal: use hashes of their bytes.
    """
    unique_styles = list(dict.fromkeys(styles))
    return [
        (content, style)
        for content in dict.fromkeys(contents)
        for style in unique_styles
        if content != style
    ]


def batches(items: Sequence[Item], shape: Callable[[Item], Hashable], most: int) -> list[tuple[Item, ...]]:
    """The items in their order, cut where their shape changes and after so many at most.

    Those of one shape are shared out evenly: a GPU makes ready for every number of pairs, and idles with few.
    """
    found = []
    for _, group in groupby(items, shape):
        alike = tuple(group)
        each = math.ceil(len(alike) / math.ceil(len(alike) / most))
        found += [alike[i : i + each] for i in range(0, len(alike), each)]
    return found
