"""How a TIFF's first page is stored, by its tags: whether its numbers can be read, and whether they are all there.

Invariant: a kind whose meaning is not settled is refused with its name (TIFF 6.0 with its Technical Notes).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from db.errors import PictureRefused
from db.imaging import directory

UNSIGNED, SIGNED, FLOAT, UNDEFINED = 1, 2, 3, 4
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK = 0, 1, 2, 5
OPAQUE_EXTRA, PREMULTIPLIED, STRAIGHT = 0, 1, 2
_COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, CMYK: 4}
NOT_PACKED, JPEG, PACKBITS = 1, 7, 32773
_YCBCR = 6
_BYTEWISE = {1: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 32773: "PackBits", 34925: "LZMA", 50000: "ZSTD"}
_COMPRESSIONS = {**_BYTEWISE, 2: "CCITT", 3: "CCITT", 4: "CCITT", 6: "JPEG", 7: "JPEG"}
WHOLE_BYTES = (8, 16, 32, 64)
_FLOAT_BITS = (16, 32, 64)
_MOST_BITS = 32             # of numbers that are not a whole number of bytes


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
    order: Literal["<", ">"]
    bits_turned: bool
    tile: tuple[int, int] | None        # width and height
    rows_per_strip: int
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    icc_profile: bytes
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

    @property
    def is_float(self) -> bool:
        return set(self.formats) == {FLOAT}

    @property
    def part(self) -> tuple[int, int]:
        """Width and height of a strip or tile."""
        return self.tile or (self.width, self.rows_per_strip)

    @property
    def grid(self) -> tuple[int, int]:
        """How many strips or tiles of a plane there are across and down."""
        width, height = self.part
        return -(-self.width // width), -(-self.height // height)

    @property
    def row_bytes(self) -> int:
        """Of a row of a strip or tile, unpacked."""
        return -(-self.part[0] * self.per_plane * self.depth // 8)

    def __str__(self) -> str:
        names = {UNSIGNED: "", UNDEFINED: "", SIGNED: "signed ", FLOAT: "floating-point "}
        kind = names.get(self.formats[0] if len(set(self.formats)) == 1 else -1, "other ")
        bits = "/".join(map(str, sorted(set(self.bits)))) or "no"
        compression = _COMPRESSIONS.get(self.compression, f"number {self.compression}")
        return (f"{self.channels} x {bits}-bit {kind}samples{' in separate planes' if self.is_planar else ''}, "
                f"photometric {self.photometric}, compression {compression}")


def read_layout(data: bytes) -> Layout:
    """How the first page is stored, by its tags. Raises PictureRefused, or struct.error where they are cut."""
    tags = directory.read(data)
    channels = _whole(tags.get(277, (1,)))
    width, height = _whole(tags.get(256, (0,))), _whole(tags.get(257, (0,)))
    is_tiled = 324 in tags
    return Layout(
        width=width,
        height=height,
        channels=channels,
        bits=_each(tags.get(258, (1,)), channels),
        formats=_each(tags.get(339, (UNSIGNED,)), channels),
        photometric=_whole(tags.get(262, (RGB if channels >= 3 else BLACK_IS_ZERO,))),
        extra=tuple(tags.get(338, ())),
        is_planar=_whole(tags.get(284, (1,))) == 2 and channels > 1,
        compression=_whole(tags.get(259, (NOT_PACKED,))),
        predictor=_whole(tags.get(317, (1,))),
        order="<" if data[:2] == b"II" else ">",
        bits_turned=_whole(tags.get(266, (1,))) == 2,
        tile=(_whole(tags.get(322, (0,))), _whole(tags.get(323, (0,)))) if is_tiled else None,
        rows_per_strip=max(1, min(height, _whole(tags.get(278, (height,))))),
        offsets=tuple(tags.get(324 if is_tiled else 273, ())),
        counts=tuple(tags.get(325 if is_tiled else 279, ())),
        icc_profile=_bytes(tags.get(34675, b"")),
        jpeg_tables=_bytes(tags.get(347, b"")),
        orientation=_whole(tags.get(274, (1,))),
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
    depths = _FLOAT_BITS if layout.is_float else (*range(1, _MOST_BITS + 1), 64)
    colours = _COLOURS.get(layout.photometric, 0)
    if (
        not (layout.is_float or set(layout.formats) <= {UNSIGNED, UNDEFINED})
        or not colours
        or len(set(layout.bits)) != 1
        or layout.depth not in depths
        or layout.compression not in _BYTEWISE
        or layout.predictor not in ((1, 2, 3) if layout.is_float else (1, 2))
        or (layout.predictor == 2 and layout.depth not in WHOLE_BYTES)
        or layout.channels < colours
        or (layout.tile is not None and (min(layout.tile) <= 0 or layout.tile[0] % 16 or layout.tile[1] % 16))
    ):
        raise PictureRefused(f"a kind of TIFF that is not read: {layout}")


def check_parts(data: bytes, layout: Layout) -> None:
    """Raises PictureRefused where strips or tiles lie outside of the file, or are too short for what is not packed."""
    (across, down), rows = layout.grid, layout.part[1]
    count = across * down * layout.planes
    if len(layout.offsets) < count:
        raise PictureRefused("truncated: parts of it are missing")
    is_plain = layout.compression == NOT_PACKED and layout.photometric != _YCBCR and len(set(layout.bits)) == 1
    for number in range(count):
        length = layout.counts[number] if number < len(layout.counts) else 0
        if is_plain:
            of_all = layout.height - number // across % down * rows
            least = layout.row_bytes * (rows if layout.tile else min(rows, of_all))
            if 0 < length < least:      # some writers leave it at nothing
                raise PictureRefused("truncated: parts of it are too short")
            length = least
        if layout.offsets[number] <= 0 or not 0 < length <= len(data) - layout.offsets[number]:
            raise PictureRefused("truncated: parts of it are missing")


def jpegs(data: bytes, layout: Layout) -> Iterator[bytes]:
    """Each strip or tile of a TIFF in JPEG as a file of its own, with the tables that all of them share."""
    tables = layout.jpeg_tables[2:].removesuffix(b"\xff\xd9")
    across, down = layout.grid
    for offset, count in zip(layout.offsets, layout.counts[: across * down * layout.planes], strict=False):
        yield data[offset : offset + 2] + tables + data[offset + 2 : offset + count]


def _each(value: directory.Values, channels: int) -> tuple[int, ...]:
    """One for each channel, also where the file says it once for all."""
    found = tuple(value)
    return found * channels if len(found) == 1 else found[:channels]


def _whole(value: directory.Values) -> int:
    if not value:
        raise PictureRefused("damaged: a tag is empty")
    return value[0]


def _bytes(value: directory.Values) -> bytes:
    return value if isinstance(value, bytes) else b""
