"""Safe identify and decode of untrusted images, for everything that reads a picture.

What passes here is an image of an allowed format, decoded to its last pixel in a process of its own, within bounds of
bytes, pixels, frames, memory and time. Everything else raises PictureRefused with a reason of one line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from db.errors import WHAT_TO_DO, PictureChanged, PictureRefused
from db.imaging import process
from db.imaging.limits import Limits
from db.imaging.orientation import EXIF_ORIENTATION, orientation
from db.records import ImageInfo

__all__ = ["EXIF_ORIENTATION", "EXTENSIONS", "FORMATS", "OPENERS", "identify", "open_picture", "orientation"]

_BOUNDS = Limits()
MAX_BYTES, MAX_PIXELS, MAX_FRAMES = _BOUNDS.file_bytes, _BOUNDS.pixels, _BOUNDS.frames
# Formats by their magic bytes: media type and file extension. MPO is how phones write a JPEG with a second view.
FORMATS = {
    "JPEG": ("image/jpeg", ".jpg"),
    "MPO": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
    "AVIF": ("image/avif", ".avif"),
    "HEIF": ("image/heic", ".heic"),
    "GIF": ("image/gif", ".gif"),
    "TIFF": ("image/tiff", ".tif"),
    "BMP": ("image/bmp", ".bmp"),
}
# Pillow opens an MPO through its JPEG opener; there is none of its own. That of HEIF is no part of Pillow.
OPENERS = tuple(name for name in FORMATS if name not in ("MPO", "HEIF"))
EXTENSIONS = frozenset(
    {extension for _, extension in FORMATS.values()}
    | {".jpeg", ".jpe", ".jfif", ".mpo", ".tiff", ".heif", ".hif", ".apng"}
)


@contextmanager
def open_picture(path: Path, sha256: str | None = None) -> Iterator[Image.Image]:
    """The first frame of the image at `path` in 8-bit sRGB, as stored: its EXIF orientation told and not applied.

    In mode L, LA, RGB or RGBA. Raises PictureRefused, or DecoderFailed where no process can be had to decode in; and
    PictureChanged where the bytes that are decoded are not those of `sha256`, or are gone.
    """
    try:
        answer = process.ask(path, _limits(), pixels=True, sha256=sha256)
    except PictureRefused as error:
        if sha256 is not None and not path.exists():
            raise PictureChanged(f"its file is gone; {WHAT_TO_DO}") from error
        raise
    assert answer.picture is not None
    picture = answer.picture
    picture.format = answer.format
    picture.getexif()[EXIF_ORIENTATION] = answer.orientation
    yield picture


def identify(path: Path, decoder: process.Decoder | None = None) -> ImageInfo:
    """Format, media type, displayed size (width and height after EXIF orientation) and looks of a whole, safe image.

    Raises what `open_picture` raises. Who looks at many at once brings decoders of their own.
    """
    answer = (decoder or process.decoder).ask(path, _limits(), pixels=False)
    media_type, extension = FORMATS[answer.format]
    size = (answer.width, answer.height) if answer.orientation < 5 else (answer.height, answer.width)
    return ImageInfo(answer.format, media_type, extension, *size, looks=answer.looks)


def _limits() -> Limits:
    return Limits(file_bytes=MAX_BYTES, pixels=MAX_PIXELS, frames=MAX_FRAMES)
