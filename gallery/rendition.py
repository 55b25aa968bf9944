"""A stored file as people should see it: upright, in sRGB, opaque, of a size that is asked for.

Whatever mode, orientation or colour profile the file has, an 8-bit RGB picture of its own aspect comes out; what cannot
be drawn is PictureRefused, one item that failed, and nothing else.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from db.errors import PictureRefused
from db.imaging.pictures import open_picture
from db.imaging.refusals import one_line
from db.imaging.srgb import to_rgb

JPEG_MOST_PX = 65_500       # libjpeg's own limit of a side; a stored image may be longer


def open_rendition(path: Path) -> Image.Image:
    """The picture at `path` at full size. Raises PictureRefused."""
    with open_picture(path) as picture, _one_item():
        return to_rgb(picture)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The file of a picture in this format; a JPEG that would be too long is made smaller. Raises PictureRefused."""
    out = io.BytesIO()
    with _one_item():
        (at_most(picture, JPEG_MOST_PX) if kind == "JPEG" else picture).save(out, kind, **options)
    return out.getvalue()


def at_most(picture: Image.Image, long_side_px: int) -> Image.Image:
    """`picture` with its longer side at most that long, its aspect kept."""
    scale = long_side_px / max(picture.size)
    if scale >= 1:
        return picture
    return resized(picture, max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))


def resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """`picture` at this size, by Lanczos. Raises PictureRefused."""
    with _one_item():
        return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


@contextmanager
def _one_item() -> Iterator[None]:
    """Nothing is read or written here: whatever is raised is about this one picture."""
    try:
        yield
    except PictureRefused:
        raise
    except Exception as error:  # Pillow raises anything, an OSError where an encoder gives up
        raise PictureRefused(f"it cannot be drawn: {one_line(error)}") from error
