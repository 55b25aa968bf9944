"""The numbers of a TIFF that Pillow reads wrong or not at all: separate planes, floats, whole numbers of any depth.

Invariant: each is as the file means it, at the file's own depth. libtiff unpacks the strips and tiles, for which it is
told that they hold bytes; what the bytes mean is worked out here.
"""

import io
import struct
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from db.imaging.tiff import NOT_PACKED, PACKBITS, WHOLE_BYTES, Layout

_BAND = 4_000_000           # numbers unpacked at once
_TURNED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


def read_samples(data: bytes, layout: Layout) -> NDArray[Any]:
    """The numbers [H, W, channels] of a layout whose parts are checked."""
    (across, down), seen_rows = layout.grid, layout.part[1]
    count = across * down
    values = np.empty((layout.height, layout.width, layout.channels), _dtype(layout))
    for plane in range(layout.planes):
        rows = _unpacked(data, layout, plane * count, count)
        target = values[..., plane : plane + 1] if layout.is_planar else values
        for number in range(count):
            top = number // across * seen_rows
            left = number % across * layout.tile[0] if layout.tile else 0
            height = min(seen_rows, layout.height - top)
            part = rows[number * seen_rows : number * seen_rows + height]
            numbers = _numbers(part, layout)[:, : layout.width - left]
            target[top : top + height, left : left + numbers.shape[1]] = numbers
    return values


def _dtype(layout: Layout) -> np.dtype[Any]:
    if layout.is_float:
        return np.dtype(f"f{layout.depth // 8}")
    return np.dtype(f"u{next(size for size in (1, 2, 4, 8) if layout.depth <= 8 * size)}")


def _unpacked(data: bytes, layout: Layout, first: int, count: int) -> NDArray[np.uint8]:
    """The rows [rows, bytes] of `count` strips or tiles one under the other, unpacked and no more."""
    rows, width = layout.part[1], layout.row_bytes
    height = rows * count if layout.tile else layout.height
    parts = range(first, first + count)
    if layout.compression != NOT_PACKED:
        return _by_libtiff(data, layout, parts, width, height)
    found = np.empty((height, width), np.uint8)
    for place, number in enumerate(parts):
        here = found[place * rows : (place + 1) * rows]
        raw = data[layout.offsets[number] : layout.offsets[number] + here.size]
        here[:] = np.frombuffer(raw.translate(_TURNED) if layout.bits_turned else raw, np.uint8).reshape(here.shape)
    return found


def _by_libtiff(data: bytes, layout: Layout, parts: range, width: int, height: int) -> NDArray[np.uint8]:
    """The same strips or tiles under a directory that calls them grey of 8 bits in one column of strips."""
    rows = layout.part[1]
    offsets = [layout.offsets[number] for number in parts]
    counts = [layout.counts[number] for number in parts]
    where = len(data) + len(data) % 2
    arrays = struct.pack(f"<{len(offsets)}I{len(counts)}I", *offsets, *counts)
    at_counts = where + 4 * len(offsets) if len(counts) > 1 else counts[0]
    at_offsets = where if len(offsets) > 1 else offsets[0]
    entries = (
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, layout.compression), (262, 3, 1, 1),
        (266, 3, 1, 2 if layout.bits_turned else 1), (273, 4, len(offsets), at_offsets), (277, 3, 1, 1),
        (278, 4, 1, rows), (279, 4, len(counts), at_counts),
    )
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"II*\0" + struct.pack("<I", where + len(arrays))
    file = b"".join((head, data[8:], bytes(where - len(data)), arrays, directory, bytes(4)))
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None      # these are bytes, which are bounded already
    try:
        with TiffImageFile(io.BytesIO(file)) as picture:
            picture.load()
            return np.asarray(picture)
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _numbers(rows: NDArray[np.uint8], layout: Layout) -> NDArray[Any]:
    """Rows [rows, bytes] as the numbers [rows, columns, channels] that they hold."""
    width = layout.part[0]
    shape = (len(rows), width, layout.per_plane)
    predictor = layout.predictor if layout.compression not in (NOT_PACKED, PACKBITS) else 1
    if predictor == 3:
        return _from_parted_bytes(rows, shape, layout.depth // 8)
    if layout.depth not in WHOLE_BYTES:
        return _from_bits(rows, layout.depth, prod(shape[1:])).reshape(shape)
    whole = rows.view(np.dtype(f"u{layout.depth // 8}").newbyteorder(layout.order)).reshape(shape)
    if predictor == 2:
        native = whole.astype(whole.dtype.newbyteorder("="))
        whole = np.cumsum(native, axis=1, dtype=native.dtype)
        return whole.view(_dtype(layout))
    return whole.view(_dtype(layout).newbyteorder(layout.order))


def _from_parted_bytes(rows: NDArray[np.uint8], shape: tuple[int, int, int], size: int) -> NDArray[Any]:
    """Floats whose bytes are stored apart, highest first, each as the difference from the one before (Note 3)."""
    height, width, channels = shape
    differences = rows.reshape(height, -1, channels)
    parted = np.cumsum(differences, axis=1, dtype=np.uint8).reshape(height, size, width * channels)
    return np.ascontiguousarray(parted.transpose(0, 2, 1)).view(f">f{size}").reshape(shape)


def _from_bits(rows: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.uint32]:
    """Numbers [rows, count] of so many bits each, the highest first."""
    found = np.empty((len(rows), count), np.uint32)
    for top, band in _bands(rows, max(1, _BAND // count)):
        apart = np.unpackbits(band, axis=1, count=count * bits).reshape(len(band), count, bits)
        part = found[top : top + len(band)]
        part[:] = 0
        for place in range(bits):
            part <<= 1
            part |= apart[..., place]
    return found


def _bands(rows: NDArray[np.uint8], height: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for top in range(0, len(rows), height):
        yield top, rows[top : top + height]
