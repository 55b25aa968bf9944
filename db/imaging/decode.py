"""One image file, decoded: its structure checked, its pixels all there, and its numbers in 8-bit sRGB.

Invariant: what leaves here is the picture that the file means, or PictureRefused with the reason. It runs in a
process of its own (`db.imaging.process`), for what a decoder of foreign bytes takes is known only when it has taken
it. Packages are imported where they are needed: most pictures are JPEGs, and that process starts anew for every run.
"""

import os
import warnings
from pathlib import Path
from stat import S_ISREG

from PIL import Image, UnidentifiedImageError

from db.errors import WHAT_TO_DO, PictureChanged, PictureRefused
from db.imaging import boxes, gif, png, webp
from db.imaging.limits import MEBIBYTE, Limits
from db.imaging.loaded import Loaded, by_pillow
from db.imaging.refusals import refusals

# How each format begins, after how many bytes. An MPO begins like the JPEG that it is.
_MAGIC = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, png.SIGNATURE, "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"BM", "BMP"),
    *((0, magic, "TIFF") for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"MM*\0", b"II\0*")),
)
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_CHECKS = {"GIF": gif.check, "WEBP": webp.check, "AVIF": boxes.check, "HEIF": boxes.check, "PNG": png.check}
_HEAD = 256
_PLAIN = ("L", "LA", "RGB", "RGBA")


def load(path: Path, limits: Limits, sha256: str | None = None) -> Loaded:
    """The first picture of the file. Raises PictureRefused; PictureChanged, where its bytes are not those of a hash."""
    with warnings.catch_warnings():
        # Pillow only warns of a bomb up to twice its limit, and of corrupt EXIF: the first must stop us.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with refusals(b"", limits):
            data = _read(path, limits)
            if sha256 is not None:
                _must_be(data, sha256)
        with refusals(data[:_HEAD], limits):
            kind = kind_of(data[:_HEAD])
            if kind is None:
                raise UnidentifiedImageError
            if kind in _CHECKS:
                _CHECKS[kind](data, limits)
            return _load_as(kind, data, limits)


def as_seen(loaded: Loaded) -> Image.Image:
    """The picture in 8-bit sRGB, still as stored: mode L, LA, RGB or RGBA."""
    picture, profile = loaded.picture, loaded.picture.info.get("icc_profile")
    if loaded.colours is None and not profile and picture.mode in _PLAIN and "transparency" not in picture.info:
        return picture
    from db.imaging.srgb import parts, through_profile

    colours, alpha = parts(picture)
    if loaded.colours is not None:
        colours = _as_told(loaded, _in_8_bits(colours))
    elif profile:
        colours = through_profile(colours, profile)
    colours = _in_8_bits(colours)
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def kind_of(head: bytes) -> str | None:
    """The format of a file that begins like this, by its magic bytes."""
    for skip, magic, name in _MAGIC:
        if head.startswith(magic, skip):
            return name
    if head.startswith(b"RIFF") and head.startswith(b"WEBP", 8):
        return "WEBP"
    if head[4:8] == b"ftyp":
        end = min(len(head), int.from_bytes(head[:4], "big"))
        brands = {head[8:12]} | {head[place : place + 4] for place in range(16, end, 4)}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIF"
    return None


def _read(path: Path, limits: Limits) -> bytes:
    """The bytes of a file, of a bounded number; never of a pipe, which would be waited on for ever."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise PictureRefused("no such file") from error
    except PermissionError as error:
        raise PictureRefused("no permission to read it") from error
    try:
        if not S_ISREG(os.fstat(handle).st_mode):
            raise PictureRefused("not a file")
        with open(handle, "rb", closefd=False) as file:
            data = file.read(limits.file_bytes + 1)
    finally:
        os.close(handle)
    if len(data) > limits.file_bytes:
        raise PictureRefused(f"larger than {limits.file_bytes // MEBIBYTE} MiB")
    return data


def _must_be(data: bytes, sha256: str) -> None:
    from db.hashing import sha256_of

    if sha256_of(data) != sha256:
        raise PictureChanged(f"its bytes are not those that were recorded; {WHAT_TO_DO}")


def _load_as(kind: str, data: bytes, limits: Limits) -> Loaded:
    match kind:
        case "JPEG":
            from db.imaging.load_jpeg import load_jpeg

            return load_jpeg(data, limits)
        case "PNG":
            from db.imaging.load_png import load_png

            return load_png(data, limits)
        case "TIFF":
            from db.imaging.load_tiff import load_tiff

            return load_tiff(data, limits)
        case "HEIF":
            from db.imaging.load_heif import load_heif

            return load_heif(data, limits)
        case "AVIF":
            from PIL import AvifImagePlugin

            AvifImagePlugin.DEFAULT_MAX_THREADS = 1     # each has room of its own that counts as memory
    return by_pillow(data, kind, limits)


def _in_8_bits(colours: Image.Image) -> Image.Image:
    if colours.mode in ("L", "RGB"):
        return colours
    return colours.convert("L" if colours.mode == "1" else "RGB")


def _as_told(loaded: Loaded, colours: Image.Image) -> Image.Image:
    import numpy as np

    from db.imaging.colour import to_srgb

    if loaded.colours is None:
        return colours
    values = np.asarray(colours) if loaded.deep is None else loaded.deep
    return Image.fromarray(to_srgb(values, loaded.colours))
