"""Looks of images that came in before there were any: measured when they are asked for, a few hundred a second at most.

Invariant: what is measured is kept at once, in small batches, so that a run that is cut off goes on where it was.
"""

from collections.abc import Iterator, Sequence

from db.errors import PictureRefused
from db.imaging.pictures import identify
from db.library import Library
from db.records import Image, Looks

_BATCH = 32


def unmeasured(library: Library) -> list[Image]:
    """The images that were not looked at yet."""
    return library.images.with_ids(library.looks.missing())


def measure(library: Library, images: Sequence[Image]) -> Iterator[tuple[Image, Looks | None]]:
    """Each image with its looks, None where its file cannot be read; kept where the library can be written."""
    found: dict[int, Looks] = {}
    try:
        for image in images:
            try:
                looks = identify(image.path).looks
            except PictureRefused:
                looks = None
            if looks is not None:
                found[image.id] = looks
            if len(found) >= _BATCH:
                _keep(library, found)
            yield image, looks
    finally:
        _keep(library, found)


def _keep(library: Library, found: dict[int, Looks]) -> None:
    if library.is_writable:
        library.looks.save(found)
    found.clear()
