"""Safe identify and decode of untrusted images, for everything that reads a picture.

What passes here is an image of an allowed format, decoded to its last row, within bounds of bytes,
pixels and frames. Everything else raises PictureRefused with a reason of one line.
"""

import codecs
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from stat import S_ISREG

from PIL import Image, UnidentifiedImageError

from db.deep import read_deep, to_8_bits
from db.errors import PictureRefused
from db.records import ImageInfo

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 89_000_000     # just under the size at which Pillow itself begins to warn of a bomb
MAX_FRAMES = 2_000
# Formats by their magic bytes: media type and file extension. MPO is how phones write a JPEG with a second view.
FORMATS = {
    "JPEG": ("image/jpeg", ".jpg"),
    "MPO": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
    "AVIF": ("image/avif", ".avif"),
    "GIF": ("image/gif", ".gif"),
    "TIFF": ("image/tiff", ".tif"),
    "BMP": ("image/bmp", ".bmp"),
}
# Pillow opens an MPO through its JPEG opener; there is none of its own.
OPENERS = tuple(name for name in FORMATS if name != "MPO")
EXTENSIONS = frozenset({extension for _, extension in FORMATS.values()} | {".jpeg", ".jpe", ".jfif", ".tiff"})
EXIF_ORIENTATION = 0x0112


@contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """The decoded first frame of the image at `path`, as stored (EXIF orientation not applied), colours in 8 bits.

    Raises PictureRefused; the image is closed on leaving.
    """
    with ExitStack() as opened:
        with _refusals(path), warnings.catch_warnings():
            # Pillow only warns of a bomb up to twice its limit, and of corrupt EXIF: the first must stop us.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            _check_file(path)
            # Opened here, for Pillow leaves a file of its own to the garbage collector where it refuses it.
            file = opened.enter_context(path.open("rb"))
            with Image.open(file, formats=OPENERS) as whole:
                whole.verify()      # a PNG's chunks to the last one, where decoding stops at the last pixel
            file.seek(0)
            picture = opened.enter_context(Image.open(file, formats=OPENERS))
            _check_bounds(picture)
            picture.load()
            deep = read_deep(file, OPENERS)
            if deep is not None:    # rounded, where Pillow cuts; all else that is known of the picture stays
                picture.paste(Image.fromarray(to_8_bits(deep)))
        yield picture


def identify(path: Path) -> ImageInfo:
    """Format, media type and displayed size (width and height after EXIF orientation) of a whole, safe image."""
    with open_picture(path) as picture:
        name = picture.format or ""
        media_type, extension = FORMATS[name]
        width, height = picture.size
        if orientation(picture) >= 5:
            width, height = height, width
        return ImageInfo(name, media_type, extension, width, height)


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it makes no sense."""
    try:
        value = picture.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - EXIF is untrusted: a broken block means upright, never a failure
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _check_file(path: Path) -> None:
    if not S_ISREG(path.stat().st_mode):
        raise PictureRefused("not a file")      # a pipe would be waited on for ever
    if path.stat().st_size > MAX_BYTES:
        raise PictureRefused(f"larger than {MAX_BYTES // 2**20} MiB")


def _check_bounds(picture: Image.Image) -> None:
    width, height = picture.size
    if width == 0 or height == 0:
        raise PictureRefused("it has no pixels")
    if width * height > MAX_PIXELS:
        raise PictureRefused(f"{width} x {height} is more than {MAX_PIXELS // 1_000_000} megapixels")
    if getattr(picture, "n_frames", 1) > MAX_FRAMES:
        raise PictureRefused(f"more than {MAX_FRAMES} frames")


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except PictureRefused:
        raise
    except UnidentifiedImageError as error:
        raise PictureRefused(f"not an image of a known format ({_looks_like(path)})") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(f"more than {MAX_PIXELS // 1_000_000} megapixels") from error
    except FileNotFoundError as error:
        raise PictureRefused("no such file") from error
    except PermissionError as error:
        raise PictureRefused("no permission to read it") from error
    except Exception as error:  # decoders of untrusted bytes raise anything
        raise PictureRefused(f"damaged: {_one_line(error)}") from error


def _looks_like(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(256).removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if not head:
        return "the file is empty"
    if head.startswith((b"<!doctype", b"<html")):
        return "it is a web page"
    if b"<svg" in head:
        return "it is SVG"
    if head[:1] in b"{[":
        return "it is JSON"
    return "unknown content"


def _one_line(error: Exception) -> str:
    printable = "".join(character if character.isprintable() else " " for character in str(error))
    return " ".join(printable.split())[:200] or type(error).__name__
