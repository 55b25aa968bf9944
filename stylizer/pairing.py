"""Which content meets which style. Pure: images in, pairs out, in the order that they are made."""

from collections.abc import Sequence

from db.records import Image


def every_pair(contents: Sequence[Image], styles: Sequence[Image]) -> list[tuple[Image, Image]]:
    """Every content with every style, except an image with itself.

    All styles of one content follow each other: a style's targets are small and all are kept, a content's are
    large and only those of the one in hand are.
    """
    return [(content, style) for content in contents for style in styles if content.sha256 != style.sha256]
