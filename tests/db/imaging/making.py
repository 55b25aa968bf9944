"""Image files made on the spot, also such as no program would write."""

import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

SIZE = (48, 40)


def picture(size: tuple[int, int] = SIZE) -> Image.Image:
    """Patches of many colours: nothing flat, nothing grey."""
    patches = np.random.default_rng(11).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)


def encoded(image_format: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or picture()).save(buffer, image_format, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    size: tuple[int, int], depth: int, colour_type: int, rows: bytes, before: bytes = b"", after: bytes = b"",
    *, interlaced: bool = False,
) -> bytes:
    """A PNG whose filtered rows are these; chunks may stand before and after the pixels."""
    header = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, interlaced)
    parts = (chunk(b"IHDR", header), before, chunk(b"IDAT", zlib.compress(rows)), after, chunk(b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def png_of(values: np.ndarray, before: bytes = b"") -> bytes:
    """A PNG of the depth and channels of these values [H, W] or [H, W, C]."""
    deep = values.dtype == np.uint16
    shaped = values.reshape(*values.shape[:2], -1)
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[shaped.shape[2]]
    raw = shaped.astype(">u2" if deep else "u1").tobytes()
    stride = len(raw) // len(values)
    rows = b"".join(b"\0" + raw[start : start + stride] for start in range(0, len(raw), stride))
    return png((values.shape[1], values.shape[0]), 16 if deep else 8, colour_type, rows, before)


def tiff(entries: Sequence[tuple[int, int, Sequence[int]]], data: bytes, order: str = "<", *, pages: int = 1) -> bytes:
    """A TIFF with these tags (number, type 3 or 4, values) before its data; `OFFSET` in a value is where they begin."""
    sizes = {3: ("H", 2), 4: ("I", 4)}
    entries = sorted(entries)
    length = 2 + 12 * len(entries) + 4
    arrays, beyond = b"", 8 + length
    lengths = [len(values) * sizes[kind][1] for _, kind, values in entries]
    total = beyond + sum(length for length in lengths if length > 4)
    directory = struct.pack(order + "H", len(entries))
    for number, kind, values in entries:
        letter, _ = sizes[kind]
        real = [value - OFFSET + total if value >= OFFSET else value for value in values]
        packed = struct.pack(f"{order}{len(real)}{letter}", *real)
        where = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "I", beyond + len(arrays))
        directory += struct.pack(order + "HHI", number, kind, len(real)) + where
        arrays += packed if len(packed) > 4 else b""
    last = struct.pack(order + "I", 0 if pages == 1 else 8)
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8) + directory + last + arrays + data


OFFSET = 0xF0000000


def patched_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The same JPEG with another size in its header."""
    place = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2"))
    return jpeg[: place + 5] + struct.pack(">HH", height, width) + jpeg[place + 9 :]
