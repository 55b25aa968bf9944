"""A JPEG, decoded, and whether its pixels are all there (`db.imaging.jpeg` tells how that is seen)."""

import io

from PIL import Image

from db.errors import PictureRefused
from db.imaging import jpeg
from db.imaging.limits import Limits
from db.imaging.loaded import Loaded, by_pillow

_BAND = 4_000_000


def load_jpeg(data: bytes, limits: Limits) -> Loaded:
    """The first picture. Raises PictureRefused and what Pillow raises."""
    structure = jpeg.check(data, limits)
    loaded = by_pillow(data, "JPEG", limits)
    with Image.open(io.BytesIO(jpeg.with_foreign_bytes(data, structure)), formats=("JPEG",)) as other:
        other.load()
        if not _are_equal(loaded.picture, other):
            raise PictureRefused("truncated: its data end before its pixels do")
    return loaded


def _are_equal(picture: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures of one size are the same, compared in bands."""
    height = max(1, _BAND // picture.width)
    boxes = [(0, top, picture.width, min(top + height, picture.height)) for top in range(0, picture.height, height)]
    return all(picture.crop(box).tobytes() == other.crop(box).tobytes() for box in boxes)
