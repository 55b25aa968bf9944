"""Whatever a decoder raises -> PictureRefused with a reason of one line."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from db.errors import PictureRefused
from db.imaging.limits import MEBIBYTE, Limits

# What is no image here, by how it begins (after `skip` bytes) or what is found near its beginning.
_KNOWN = (
    (0, b"\xff\x0a", "it is JPEG XL"),
    (4, b"JXL ", "it is JPEG XL"),
    (4, b"jP  ", "it is JPEG 2000"),
    (0, b"%PDF", "it is PDF"),
    (0, b"8BPS", "it is a Photoshop document"),
    (4, b"ftyp", "it is a video, or an image of an unknown kind"),
)


@contextmanager
def refusals(head: bytes, limits: Limits) -> Iterator[None]:
    """Turns everything that is raised into a refusal; `head` is how the file begins."""
    try:
        yield
    except PictureRefused:
        raise
    except UnidentifiedImageError as error:
        raise PictureRefused(f"not an image of a known format ({looks_like(head)})") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(f"more than {limits.pixels // 1_000_000} megapixels") from error
    except MemoryError as error:
        raise PictureRefused(f"it takes more than {limits.memory_bytes // MEBIBYTE} MiB of memory") from error
    except Exception as error:  # decoders of untrusted bytes raise anything
        raise PictureRefused(f"damaged: {one_line(error)}") from error


def looks_like(head: bytes) -> str:
    """What people would call a file that begins like this and is no image of ours."""
    if not head:
        return "the file is empty"
    for skip, magic, words in _KNOWN:
        if head.startswith(magic, skip):
            return words
    text = head[:256].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype", b"<html")):
        return "it is a web page"
    if b"<svg" in text:
        return "it is SVG"
    if text[:1] in (b"{", b"["):
        return "it is JSON"
    return "unknown content"


def one_line(error: object) -> str:
    """The words of an error, printable and short."""
    printable = "".join(character if character.isprintable() else " " for character in str(error))
    return " ".join(printable.split())[:200] or type(error).__name__
