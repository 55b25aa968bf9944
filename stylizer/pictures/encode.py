"""Finished pictures <-> the bytes of their files, in each format, marked as sRGB and with how they were made.

Invariant: what `read_back` gives of a lossless file is what went into it, to the last bit. Metadata changes no pixel.
"""

import io
import json
import struct
import zlib
from typing import Any

import numpy as np
import tifffile
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, PngImagePlugin
from torch import Tensor

from db.imaging.own_words import FORMATS, KEY, UNCODED
from db.imaging.sixteen_bit import read_deep
from stylizer.recipe.formats import Format

_SRGB = b"\0"                   # rendering intent: perceptual
_COLOUR_SPACE_SRGB = 1


def encode(
    picture: Tensor, kind: Format, *, quality: int, opacity: Tensor | None = None, details: dict[str, Any] | None = None
) -> bytes:
    """The file of pixels [3, H, W] in 0..255, rounded to the format's bits, with opacity [H, W] in 0..255.

    Pixels of type uint8 are rounded already, which 8 bits without opacity are written from in a tenth of the time.

    A format without transparency gets the picture on white. `details` are written as JSON: a text of a PNG, the
    user comment of a JPEG or WebP, the description of a TIFF.
    """
    if opacity is not None and not kind.has_alpha:
        share = opacity.to(picture.dtype) / 255
        picture, opacity = picture * share + 255 * (1 - share), None
    values = _quantised(picture if opacity is None else torch.cat((picture, opacity[None].to(picture))), kind.bits)
    text = json.dumps(details, sort_keys=True, allow_nan=False) if details else ""
    match kind:
        case Format.PNG:
            return _png(values, text, _software(details))
        case Format.PNG16:
            return _png16(values, text, _software(details))
        case Format.TIFF16:
            return _tiff16(values, text, _software(details))
        case Format.JPEG | Format.WEBP:
            return _by_quality(values, kind, quality, text, _software(details))


def read_back(data: bytes) -> Tensor:
    """The colours [3, H, W] of a file of ours as floats in 0..255, whatever its bits; transparency left aside."""
    deep = read_deep(io.BytesIO(data), FORMATS)
    if deep is None:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            values = np.asarray(picture, dtype=np.float32)
    else:
        values = (deep / 257).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(values[..., :3].transpose(2, 0, 1)))


def _quantised(picture: Tensor, bits: int) -> NDArray[Any]:
    """[H, W, channels] as whole numbers of so many bits, rounded to the nearest."""
    if bits == 8 and picture.dtype is torch.uint8:
        return np.ascontiguousarray(picture.permute(1, 2, 0).cpu().numpy())
    most = 2**bits - 1
    values = (picture.double() * (most / 255)).round().clamp(0, most).permute(1, 2, 0).cpu().numpy()
    whole: NDArray[Any] = np.ascontiguousarray(values, dtype=np.uint8 if bits == 8 else np.uint16)
    return whole


def _software(details: dict[str, Any] | None) -> str:
    version = (details or {}).get("versions", {}).get("stylegram")
    return f"{KEY} {version}" if version else KEY


def _png(values: NDArray[Any], text: str, software: str) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sRGB", _SRGB)
    if text:
        chunks.add_itxt(KEY, text)
    chunks.add_itxt("Software", software)
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG", pnginfo=chunks)
    return out.getvalue()


def _png16(values: NDArray[Any], text: str, software: str) -> bytes:
    """A PNG of 16 bits a channel, which Pillow cannot write (PNG, third edition, sections 5, 9.2 and 11)."""
    height, width, channels = values.shape
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0)
    rows = values.astype(">u2").view(np.uint8).reshape(height, -1)
    above = np.vstack((np.zeros_like(rows[:1]), rows[:-1]))
    filtered = np.hstack((np.full((height, 1), 2, np.uint8), rows - above))     # filter 2: less the row above
    texts = [(KEY, text)] if text else []
    return b"\x89PNG\r\n\x1a\n" + b"".join((
        _chunk(b"IHDR", header),
        _chunk(b"sRGB", _SRGB),
        *(_chunk(b"iTXt", key.encode() + b"\0\0\0\0\0" + value.encode())
          for key, value in (*texts, ("Software", software))),
        _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 6)),
        _chunk(b"IEND", b""),
    ))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _tiff16(values: NDArray[Any], text: str, software: str) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(
        out, values, photometric="rgb", extrasamples=["unassalpha"] if values.shape[2] == 4 else None,
        compression="zlib", predictor=True, metadata=None, description=text, software=software,
        iccprofile=_srgb_profile(),
    )
    return out.getvalue()


def _by_quality(values: NDArray[Any], kind: Format, quality: int, text: str, software: str) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = software
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.ColorSpace] = _COLOUR_SPACE_SRGB
    if text:
        inner[ExifTags.Base.UserComment] = UNCODED + text.encode()
    options: dict[str, Any] = {"quality": quality, "exif": exif.tobytes(), "icc_profile": _srgb_profile()}
    if kind is Format.JPEG:
        options |= {"subsampling": 0, "optimize": True}     # colours as sharp as light: strokes are made of them
    else:
        options |= {"lossless": quality == 100, "exact": True}
    out = io.BytesIO()
    Image.fromarray(values).save(out, "JPEG" if kind is Format.JPEG else "WEBP", **options)
    return out.getvalue()


def _srgb_profile() -> bytes:
    """Little CMS's sRGB without the time it was made, so that equal pictures have equal bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)    # ICC.1, section 7.2.8
    return bytes(profile)
