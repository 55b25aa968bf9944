"""Which content meets which style, and in which order. Pure: it sees image identities and nothing else.

Invariant: every pair is named once, never an image with itself, and the pairs of one content stand together,
so that its features are needed from its first pair to its last and then never again.
"""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)


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
