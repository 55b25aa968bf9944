"""A picture that a decoder has read, and Pillow's way of reading one."""

import io
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError

from db.errors import PictureRefused
from db.imaging.directory import is_modest
from db.imaging.limits import Limits
from db.imaging.orientation import orientation

if TYPE_CHECKING:       # a child that reads a JPEG starts without numpy, in a third of the time
    from numpy.typing import NDArray

    from db.imaging.colour import Colours

_PLUGINS = {"WEBP": "WebP", "AVIF": "Avif", "TIFF": "Tiff"}     # those of the others Pillow loads by itself
_COUNTED_BY_PILLOW = ("MPO", "AVIF", "HEIF")


class NotThatKind(PictureRefused):
    """It begins like a format, and its decoder takes it for none."""


@dataclass(frozen=True)
class Loaded:
    """A decoded picture as it is stored. `colours` where it tells of them in numbers and they are not sRGB;
    then `deep` are its colours of 16 bits, if it has so many.
    """

    picture: Image.Image
    format: str
    orientation: int
    colours: "Colours | None" = None
    deep: "NDArray[Any] | None" = field(default=None, repr=False)


def open_as(data: bytes, kind: str, limits: Limits) -> Image.Image:
    """The picture, not decoded yet, as nothing but this format. Raises PictureRefused and what Pillow raises."""
    if kind in _PLUGINS:
        import_module(f"PIL.{_PLUGINS[kind]}ImagePlugin")
    try:
        picture = Image.open(io.BytesIO(data), formats=(kind,))
    except UnidentifiedImageError as error:
        raise NotThatKind(f"damaged: it begins like {kind} and does not go on like it") from error
    limits.check_size(*picture.size, len(picture.getbands()))
    if picture.format in _COUNTED_BY_PILLOW:
        limits.check_frames(getattr(picture, "n_frames", 1))
    return picture


def by_pillow(data: bytes, kind: str, limits: Limits) -> Loaded:
    """What Pillow makes of it. Raises PictureRefused and what Pillow raises."""
    picture = open_as(data, kind, limits)
    picture.load()
    return Loaded(picture, picture.format or kind, orientation_of(picture))


def orientation_of(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none, or its block claims more than it holds."""
    block = picture.info.get("exif")
    return orientation(picture) if not isinstance(block, bytes) or is_modest(block) else 1
