"""The chunks of a PNG: how many there are, whether its pixels are all there, and what is told of its colours.

PNG, third edition: sections 5 (chunks), 8 and 9 (passes and filters), 11 (each chunk). Nothing is decoded here but the
deflated bytes, which are counted and dropped.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from db.errors import PictureRefused
from db.imaging.limits import Limits

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 10_000        # besides those of the pixels: a frame takes one more, a text one
MOST_DATA_CHUNKS = 100_000  # writers use 8 kB and more for each
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Of Adam7: where a pass begins and how far its pixels lie apart, across and down.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_STEP = 1 << 20


@dataclass(frozen=True)
class Header:
    """The chunk IHDR."""

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool

    @property
    def bits_per_pixel(self) -> int:
        return self.depth * _CHANNELS.get(self.colour_type, 4)

    def raw_bytes(self) -> int:
        """How many bytes the deflated stream must hold: rows of pixels, each after a byte that names its filter."""
        passes = _PASSES if self.interlaced else ((0, 0, 1, 1),)
        total = 0
        for left, top, across, down in passes:
            columns, rows = ceil((self.width - left) / across), ceil((self.height - top) / down)
            if columns > 0 and rows > 0:
                total += rows * (1 + ceil(columns * self.bits_per_pixel / 8))
        return total


def check(data: bytes, limits: Limits) -> None:
    """Raises PictureRefused for a PNG beyond the limits, or one that lacks pixels."""
    header = read_header(data)
    limits.check_size(header.width, header.height, max(1.0, header.bits_per_pixel / 8))
    counts = {b"IDAT": 0, b"other": 0, b"fcTL": 0}
    for kind, _, _ in chunks(data):
        counts[kind if kind == b"fcTL" else b"IDAT" if kind in (b"IDAT", b"fdAT") else b"other"] += 1
        limits.check_frames(counts[b"fcTL"])
        if counts[b"other"] > MOST_CHUNKS or counts[b"IDAT"] > MOST_DATA_CHUNKS:
            raise PictureRefused("more chunks than an image needs")
    expected = header.raw_bytes()
    found = _inflated(data, expected)
    if found < expected:
        raise PictureRefused(f"truncated: its pixels end after {found / expected:.0%}")


def read_header(data: bytes) -> Header:
    """Raises PictureRefused for what begins like a PNG and is none."""
    if len(data) < 29 or data[12:16] != b"IHDR":
        raise PictureRefused("damaged: it has no header")
    width, height, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", data[16:29])
    return Header(width, height, depth, colour_type, interlace == 1)


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's name and where its data begin and end, as far as there are whole ones."""
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, start = data[place + 4 : place + 8], place + 8
        if start + length + 4 > len(data):
            return
        yield kind, start, start + length
        if kind == b"IEND":
            return
        place = start + length + 4


def before_pixels(data: bytes) -> dict[bytes, bytes]:
    """The chunks that must stand before the pixels, by name; the first where one stands there twice."""
    found: dict[bytes, bytes] = {}
    for kind, start, end in chunks(data):
        if kind == b"IDAT":
            break
        found.setdefault(kind, data[start:end])
    return found


def _inflated(data: bytes, enough: int) -> int:
    """How many bytes come out of the pixels' stream, counted up to `enough`."""
    stream, count = zlib.decompressobj(), 0
    try:
        for kind, start, end in chunks(data):
            waiting = data[start:end] if kind == b"IDAT" else b""
            while waiting and count < enough and not stream.eof:
                count += len(stream.decompress(waiting, _STEP))
                waiting = stream.unconsumed_tail
            if count >= enough:
                break
    except zlib.error as error:
        raise PictureRefused("damaged: its pixels cannot be unpacked") from error
    return min(count, enough)
