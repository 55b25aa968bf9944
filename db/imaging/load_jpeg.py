"""A JPEG, decoded, and whether its pixels are all there (`db.imaging.jpeg` tells how that is seen)."""

import io

from PIL import Image, ImageChops

from db.errors import PictureRefused
from db.imaging import jpeg
from db.imaging.limits import Limits
from db.imaging.loaded import Loaded, by_pillow


def load_jpeg(data: bytes, limits: Limits) -> Loaded:
    """The first picture. Raises PictureRefused and what Pillow raises."""
    structure = jpeg.check(data, limits)
    loaded = by_pillow(data, "JPEG", limits)
    with Image.open(io.BytesIO(jpeg.with_foreign_bytes(data, structure)), formats=("JPEG",)) as other:
        other.load()
        if ImageChops.difference(loaded.picture, other).getbbox() is not None:
            raise PictureRefused("truncated: its data end before its pixels do")
    return loaded
