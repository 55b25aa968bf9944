"""Which content meets which style, and in which order. Pure: it sees image identities and nothing else.

Invariant: every pair is named once, never an image with itself, and the pairs of one content stand together,
so that its features are needed from its first pair to its last and then never again.
"""

from collections.abc import Hashable, Iterable, Iterator
from itertools import groupby
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)


def pairs(contents: Iterable[Id], styles: Iterable[Id], done: Iterable[tuple[Id, Id]] = ()) -> list[tuple[Id, Id]]:
    """All (content, style) pairs that are not in `done`: contents in their order, styles in theirs within each.

    An image given twice counts once. Images are the same when their ids are equal: use hashes of their bytes.
    """
    finished = set(done)
    unique_styles = list(dict.fromkeys(styles))
    return [
        (content, style)
        for content in dict.fromkeys(contents)
        for style in unique_styles
        if content != style and (content, style) not in finished
    ]


def by_content(planned: Iterable[tuple[Id, Id]]) -> Iterator[tuple[Id, list[Id]]]:
    """The pairs as (content, its styles), one group for each run of the same content."""
    for content, group in groupby(planned, key=lambda pair: pair[0]):
        yield content, [style for _, style in group]
