"""The bytes of a picture as they are handed over: those of the library, or a copy in another size, or with words in it.

Invariant (P22): what is copied is what was recorded. Bytes that are not those of their hash are PictureRefused, as is a
picture that cannot be decoded where another size is asked for.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator

import PIL
from PIL import Image as Pillow

from db.errors import PictureRefused
from db.hashing import pieces, read_into, sha256_of
from db.imaging.pictures import open_picture
from db.imaging.refusals import one_line
from exporting import words
from exporting.request import Copying, Crop
from exporting.rows import Picture

_QUALITY = 95
_LOSSLESS = frozenset({".png", ".gif", ".bmp", ".tif"})


def extension_of(picture: Picture, copying: Copying) -> str:
    """With the dot; a resized copy of what was compressed with losses is a JPEG, of everything else a PNG."""
    if picture.as_jpeg or (copying.side_px is not None and picture.extension not in _LOSSLESS):
        return ".jpg"
    return picture.extension if copying.side_px is None else ".png"


def size_of(picture: Picture, copying: Copying) -> tuple[int, int]:
    """Width and height of the copy, in pixels. A longer side is never enlarged, a square is always as asked."""
    side, width, height = copying.side_px, picture.width, picture.height
    if side is None:
        return width, height
    if copying.crop is Crop.CENTRE:
        return side, side
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def key_of(picture: Picture, copying: Copying) -> str:
    """A hash of all that the bytes of the copy depend on."""
    if _is_plain(picture, copying):
        return f"as stored {picture.sha256}"
    about = picture.about if copying.exif else None
    told = None if about is None else words.fields(about)
    what = (
        picture.sha256, picture.as_jpeg, copying.side_px, copying.crop, told, words.VERSION, PIL.__version__)
    return sha256_of(json.dumps(what))


def known_hash(picture: Picture, copying: Copying) -> str | None:
    """The SHA-256 of the copy, where that is known before it is made."""
    return picture.sha256 if _is_plain(picture, copying) else None


def write_copy(picture: Picture, copying: Copying, write: Callable[[bytes | memoryview], object]) -> None:
    """Hand the copy's bytes to `write`. Raises PictureRefused, where what was handed over before is worth nothing."""
    if not _is_plain(picture, copying):
        write(bytes_of(picture, copying))
        return
    found = hashlib.sha256()
    for piece in _pieces(picture):
        found.update(piece)
        write(piece)
    _check(picture, found.hexdigest())


def copy_into(picture: Picture, copying: Copying, room: bytearray, start: int) -> int:
    """Put the copy's bytes into `room` from `start` on, which is made larger where need be; where they end.

    Raises PictureRefused, where what is in `room` from `start` on is worth nothing.
    """
    if not _is_plain(picture, copying):
        data = bytes_of(picture, copying)
        room[start : start + len(data)] = data
        return start + len(data)
    try:
        end, sha256 = read_into(picture.path, room, start)
    except OSError as error:
        raise _unreadable(error) from error
    _check(picture, sha256)
    return end


def bytes_of(picture: Picture, copying: Copying) -> bytes:
    """The copy's bytes. Raises PictureRefused."""
    data = b"".join(map(bytes, _pieces(picture)))
    _check(picture, sha256_of(data))
    if copying.side_px is not None or extension_of(picture, copying) != picture.extension:
        data = _drawn(picture, copying)
    if copying.exif and picture.about is not None:
        data = words.with_words(data, picture.about)
    return data


def _is_plain(picture: Picture, copying: Copying) -> bool:
    is_told = copying.exif and picture.about is not None
    return copying.side_px is None and extension_of(picture, copying) == picture.extension and not is_told


def _pieces(picture: Picture) -> Iterator[memoryview]:
    try:
        yield from pieces(picture.path)
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> PictureRefused:
    return PictureRefused(f"its file cannot be read: {error.strerror or error}")


def _check(picture: Picture, sha256: str) -> None:
    if sha256 != picture.sha256:
        raise PictureRefused("its file is not the one that was recorded")


def _drawn(picture: Picture, copying: Copying) -> bytes:
    from db.imaging.srgb import to_rgb, upright  # loads numpy: a tenth of a second that most exports have no use for

    size = size_of(picture, copying)
    is_png = extension_of(picture, copying) == ".png"
    with open_picture(picture.path) as opened:
        shown = upright(opened, opened) if is_png else to_rgb(opened)
    out = io.BytesIO()
    try:
        if copying.crop is Crop.CENTRE:
            shown = _square(shown)
        if shown.size != size:
            shown = shown.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3.0)
        if is_png:
            shown.save(out, "PNG")
        else:
            shown.save(out, "JPEG", quality=_QUALITY, subsampling=0)
    except Exception as error:      # Pillow raises anything
        raise PictureRefused(f"it cannot be drawn: {one_line(error)}") from error
    return out.getvalue()


def _square(picture: Pillow.Image) -> Pillow.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))

