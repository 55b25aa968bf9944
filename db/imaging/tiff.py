"""The samples of a TIFF that Pillow reads wrong or not at all: separate planes, floats, whole numbers of any depth.

Invariant: the numbers that leave here are those that the file means (TIFF 6.0 with its Technical Notes), each at the
file's own depth; a kind whose meaning is not settled is refused with its name. libtiff unpacks the strips and tiles, for
which it is told that they hold bytes; what the bytes mean is worked out here.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from db.errors import PictureRefused

UNSIGNED, SIGNED, FLOAT, UNDEFINED = 1, 2, 3, 4
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK = 0, 1, 2, 5
OPAQUE_EXTRA, PREMULTIPLIED, STRAIGHT = 0, 1, 2
_COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, CMYK: 4}
_NONE, JPEG, _PACKBITS = 1, 7, 32773
_YCBCR = 6
_BYTEWISE = {1: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 32773: "PackBits", 34925: "LZMA", 50000: "ZSTD"}
_COMPRESSIONS = {**_BYTEWISE, 2: "CCITT", 3: "CCITT", 4: "CCITT", 6: "JPEG", 7: "JPEG"}
_WHOLE_BYTES = (8, 16, 32, 64)
_FLOAT_BITS = (16, 32, 64)
_MOST_BITS = 32             # of numbers that are not a whole number of bytes
_BAND = 4_000_000           # numbers unpacked at once
_TURNED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


@dataclass(frozen=True)
class Layout:
    """How the first page is stored."""

    width: int
    height: int
    channels: int
    bits: tuple[int, ...]
    formats: tuple[int, ...]
    photometric: int
    extra: tuple[int, ...]
    is_planar: bool
    compression: int
    predictor: int
    order: str
    bits_turned: bool
    tile: tuple[int, int] | None        # width and height
    rows_per_strip: int
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    icc_profile: bytes | None
    jpeg_tables: bytes
    orientation: int

    @property
    def depth(self) -> int:
        return self.bits[0] if self.bits else 1

    @property
    def planes(self) -> int:
        return self.channels if self.is_planar else 1

    @property
    def per_plane(self) -> int:
        return 1 if self.is_planar else self.channels

    @property
    def bytes_per_pixel(self) -> float:
        return sum(self.bits) / 8

    def __str__(self) -> str:
        names = {UNSIGNED: "", UNDEFINED: "", SIGNED: "signed ", FLOAT: "floating-point "}
        kind = names.get(self.formats[0] if len(set(self.formats)) == 1 else -1, "other ")
        bits = "/".join(map(str, sorted(set(self.bits)))) or "no"
        compression = _COMPRESSIONS.get(self.compression, f"number {self.compression}")
        return (f"{self.channels} x {bits}-bit {kind}samples{' in separate planes' if self.is_planar else ''}, "
                f"photometric {self.photometric}, compression {compression}")


def read_layout(data: bytes) -> Layout:
    """How the first page is stored, by its tags. Raises what Pillow raises for tags that cannot be read."""
    head = data[:16] if 43 in data[2:4] else data[:8]
    tags = ImageFileDirectory_v2(head)
    file = io.BytesIO(data)
    file.seek(tags.next)
    tags.load(file)
    channels = _whole(tags.get(277, 1))
    width, height = _whole(tags.get(256, 0)), _whole(tags.get(257, 0))
    is_tiled = 324 in tags
    return Layout(
        width=width,
        height=height,
        channels=channels,
        bits=_each(tags.get(258, (1,)), channels),
        formats=_each(tags.get(339, (UNSIGNED,)), channels),
        photometric=_whole(tags.get(262, RGB if channels >= 3 else BLACK_IS_ZERO)),
        extra=tuple(_many(tags.get(338, ()))),
        is_planar=_whole(tags.get(284, 1)) == 2 and channels > 1,
        compression=_whole(tags.get(259, _NONE)),
        predictor=_whole(tags.get(317, 1)),
        order="<" if data[:2] == b"II" else ">",
        bits_turned=_whole(tags.get(266, 1)) == 2,
        tile=(_whole(tags.get(322, 0)), _whole(tags.get(323, 0))) if is_tiled else None,
        rows_per_strip=max(1, min(height, _whole(tags.get(278, height)))),
        offsets=tuple(_many(tags.get(324 if is_tiled else 273, ()))),
        counts=tuple(_many(tags.get(325 if is_tiled else 279, ()))),
        icc_profile=bytes(tags[34675]) if isinstance(tags.get(34675), bytes) else None,
        jpeg_tables=bytes(tags[347]) if isinstance(tags.get(347), bytes) else b"",
        orientation=_whole(tags.get(274, 1)),
    )


def pillow_is_right(layout: Layout) -> bool:
    """Whether Pillow gives the right pixels where it knows the kind: those that it has always given."""
    if layout.is_planar or set(layout.formats) - {UNSIGNED, UNDEFINED}:
        return False
    if layout.channels > 1 and set(layout.bits) == {16}:    # inks of which nobody wants more than the upper 8 bits
        return layout.photometric == CMYK
    return set(layout.bits) <= {1, 2, 4, 8}


def check(layout: Layout) -> None:
    """Raises PictureRefused for a layout whose numbers cannot be read here, or whose meaning is not settled."""
    if set(layout.formats) == {SIGNED}:
        raise PictureRefused(f"a TIFF of signed numbers, of which none is said to be black ({layout})")
    is_float = set(layout.formats) == {FLOAT}
    depths = _FLOAT_BITS if is_float else (*range(1, _MOST_BITS + 1), 64)
    colours = _COLOURS.get(layout.photometric, 0)
    if (
        not (is_float or set(layout.formats) <= {UNSIGNED, UNDEFINED})
        or not colours
        or len(set(layout.bits)) != 1
        or layout.depth not in depths
        or layout.compression not in _BYTEWISE
        or layout.predictor not in ((1, 2, 3) if is_float else (1, 2))
        or (layout.predictor == 2 and layout.depth not in _WHOLE_BYTES)
        or layout.channels < colours
        or (layout.tile is not None and (min(layout.tile) <= 0 or layout.tile[0] % 16 or layout.tile[1] % 16))
    ):
        raise PictureRefused(f"a kind of TIFF that is not read: {layout}")


def check_parts(data: bytes, layout: Layout) -> None:
    """Raises PictureRefused where strips or tiles lie outside of the file, or are too short for what is not packed."""
    across, down, rows = _grid(layout)
    count = across * down * layout.planes
    if len(layout.offsets) < count:
        raise PictureRefused("truncated: parts of it are missing")
    is_plain = layout.compression == _NONE and layout.photometric != _YCBCR and len(set(layout.bits)) == 1
    for number in range(count):
        length = layout.counts[number] if number < len(layout.counts) else 0
        if is_plain:
            of_all = layout.height - number // across % down * rows
            least = _row_bytes(layout) * (rows if layout.tile else min(rows, of_all))
            if 0 < length < least:      # some writers leave it at nothing
                raise PictureRefused("truncated: parts of it are too short")
            length = least
        if layout.offsets[number] <= 0 or not 0 < length <= len(data) - layout.offsets[number]:
            raise PictureRefused("truncated: parts of it are missing")


def jpegs(data: bytes, layout: Layout) -> Iterator[bytes]:
    """Each strip or tile of a TIFF in JPEG as a file of its own, with the tables that all of them share."""
    tables = layout.jpeg_tables[2:].removesuffix(b"\xff\xd9")
    across, down, _ = _grid(layout)
    for offset, count in zip(layout.offsets, layout.counts[: across * down * layout.planes], strict=False):
        yield data[offset : offset + 2] + tables + data[offset + 2 : offset + count]


def jpeg_size(layout: Layout) -> tuple[int, int]:
    """The least width and height of such a JPEG but the last of a row or column."""
    return layout.tile or (layout.width, layout.rows_per_strip)


def read_samples(data: bytes, layout: Layout) -> NDArray[Any]:
    """The numbers [H, W, channels] of a layout whose parts are checked."""
    across, down, seen_rows = _grid(layout)
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


def _grid(layout: Layout) -> tuple[int, int, int]:
    """How many strips or tiles there are across and down, and the rows of each."""
    width, rows = layout.tile or (layout.width, layout.rows_per_strip)
    return -(-layout.width // width), -(-layout.height // rows), rows


def _dtype(layout: Layout) -> np.dtype[Any]:
    if set(layout.formats) == {FLOAT}:
        return np.dtype(f"f{layout.depth // 8}")
    return np.dtype(f"u{next(size for size in (1, 2, 4, 8) if layout.depth <= 8 * size)}")


def _row_bytes(layout: Layout) -> int:
    width = layout.tile[0] if layout.tile else layout.width
    return -(-width * layout.per_plane * layout.depth // 8)


def _unpacked(data: bytes, layout: Layout, first: int, count: int) -> NDArray[np.uint8]:
    """The rows [rows, bytes] of `count` strips or tiles one under the other, unpacked and no more."""
    _, _, rows = _grid(layout)
    height = rows * count if layout.tile else layout.height
    width = _row_bytes(layout)
    parts = range(first, first + count)
    if layout.compression != _NONE:
        return _by_libtiff(data, layout, parts, width, height)
    found = np.empty((height, width), np.uint8)
    for place, number in enumerate(parts):
        here = found[place * rows : (place + 1) * rows]
        raw = data[layout.offsets[number] : layout.offsets[number] + here.size]
        here[:] = np.frombuffer(raw.translate(_TURNED) if layout.bits_turned else raw, np.uint8).reshape(here.shape)
    return found


def _by_libtiff(data: bytes, layout: Layout, parts: range, width: int, height: int) -> NDArray[np.uint8]:
    """The same strips or tiles under a directory that calls them grey of 8 bits in one column of strips."""
    _, _, rows = _grid(layout)
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
    file = b"".join((
        b"II*\0", struct.pack("<I", where + len(arrays)), data[8:], bytes(where - len(data)), arrays, directory, bytes(4)
    ))
    with TiffImageFile(io.BytesIO(file)) as picture:
        picture.load()
        return np.asarray(picture)


def _numbers(rows: NDArray[np.uint8], layout: Layout) -> NDArray[Any]:
    """Rows [rows, bytes] as the numbers [rows, columns, channels] that they hold."""
    width = layout.tile[0] if layout.tile else layout.width
    shape = (len(rows), width, layout.per_plane)
    predictor = layout.predictor if layout.compression not in (_NONE, _PACKBITS) else 1
    if predictor == 3:
        return _from_parted_bytes(rows, shape, layout.depth // 8)
    if layout.depth not in _WHOLE_BYTES:
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


def _many(value: Any) -> Iterator[int]:
    for one in value if isinstance(value, tuple) else (value,):
        yield _whole(one)


def _each(value: Any, channels: int) -> tuple[int, ...]:
    """One for each channel, also where the file says it once for all."""
    found = tuple(_many(value))
    return found * channels if len(found) == 1 else found[:channels]


def _whole(value: Any) -> int:
    one = value[0] if isinstance(value, tuple) and value else value
    if not isinstance(one, int):
        raise PictureRefused("damaged: a tag is no number")
    return one
