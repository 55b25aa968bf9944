"""A stored file as people should see it: upright, in sRGB, opaque, of a size that is asked for.

Whatever mode, orientation or colour profile the file has, an 8-bit RGB picture of its own aspect comes out.
"""

from pathlib import Path

from PIL import Image

from db.pictures import open_picture
from db.srgb import to_rgb


def open_rendition(path: Path) -> Image.Image:
    """The picture at `path` at full size. Raises PictureRefused."""
    with open_picture(path) as picture:
        return to_rgb(picture)


def at_most(picture: Image.Image, long_side_px: int) -> Image.Image:
    """`picture` with its longer side at most that long, its aspect kept."""
    scale = long_side_px / max(picture.size)
    if scale >= 1:
        return picture
    return resized(picture, max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))


def resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """`picture` at this size, by Lanczos."""
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)
