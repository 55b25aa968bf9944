"""The boxes of an AVIF or HEIF (ISO/IEC 14496-12 and 23008-12): whether each coded item has the size that it claims.

A decoder of AVIF scales what it finds to what is claimed, so that a few pixels pass for many.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from db.errors import PictureRefused
from db.imaging.limits import Limits

MOST_BOXES = 20_000
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0}      # and where within them the first box begins
_SEQUENCE_HEADER = 1


@dataclass
class Items:
    """What the box `meta` tells: properties in their order, which items have them, and where their bytes lie."""

    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    of_item: dict[int, list[int]] = field(default_factory=dict)
    kinds: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)

    def size(self, item: int) -> tuple[int, int] | None:
        """The width and height that an item claims."""
        for number in self.of_item.get(item, ()):
            if 0 < number <= len(self.properties) and self.properties[number - 1][0] == b"ispe":
                width, height = struct.unpack_from(">II", self.properties[number - 1][1], 4)
                return width, height
        return None


def check(data: bytes, limits: Limits) -> None:
    """Raises PictureRefused for boxes beyond the limits, and for an AVIF whose pixels are fewer than it claims."""
    try:
        items = _items(data)
        for item, kind in items.kinds.items():
            claimed = items.size(item)
            if claimed is not None and kind != b"Exif":
                limits.check_size(*claimed)
            if claimed is None or kind != b"av01" or item not in items.places:
                continue
            start, length = items.places[item]
            coded = av1_size(data[start : start + length])
            if coded is not None and coded != claimed:
                raise PictureRefused("truncated: it claims {} x {} and holds {} x {}".format(*claimed, *coded))
    except (struct.error, IndexError) as error:
        raise PictureRefused("damaged: its boxes are cut off") from error


def av1_size(data: bytes) -> tuple[int, int] | None:
    """The width and height in the sequence header of AV1 (section 5.5); None where the data begin with none."""
    place = 0
    while place < len(data):
        kind, extended, sized = data[place] >> 3 & 15, data[place] >> 2 & 1, data[place] >> 1 & 1
        place += 1 + extended
        length, place = _leb128(data, place) if sized else (len(data) - place, place)
        if kind == _SEQUENCE_HEADER:
            return _sequence_size(_Bits(data[place : place + length]))
        place += length
    return None


def _items(data: bytes) -> Items:
    items = Items()
    for name, start, end in _boxes(data, 0, len(data)):
        body = data[start:end]
        if name == b"iinf":
            _read_kinds(body, items)
        elif name == b"iloc":
            _read_places(body, items)
        elif name == b"ipma":
            _read_associations(body, items)
        elif name == b"property":
            items.properties.append((body[:4], body[4:]))
    return items


def _boxes(data: bytes, start: int, end: int, within: bytes = b"") -> Iterator[tuple[bytes, int, int]]:
    """Boxes with what they hold; each of `ipco` as a "property", beginning with its name."""
    place = start
    for _ in range(MOST_BOXES):
        if place + 8 > end:
            return
        length, name = struct.unpack_from(">I4s", data, place)
        head = 8
        if length == 1:
            (length,), head = struct.unpack_from(">Q", data, place + 8), 16
        last = end if length == 0 else place + length
        if length and (length < head or last > end):
            raise PictureRefused("truncated: a box is longer than the file")
        if within == b"ipco":
            yield b"property", place + 4 if head == 8 else place + 12, last
        elif name in _CONTAINERS:
            yield from _boxes(data, place + head + _CONTAINERS[name], last, name)
        else:
            yield name, place + head, last
        place = last
    raise PictureRefused(f"more than {MOST_BOXES} boxes")


def _read_kinds(body: bytes, items: Items) -> None:
    first = 6 if body[0] == 0 else 8
    for name, start, end in _boxes(body, first, len(body)):
        if name == b"infe" and body[start] >= 2:
            wide = body[start] >= 3
            (item,) = struct.unpack_from(">I" if wide else ">H", body, start + 4)
            at = start + (10 if wide else 8)
            items.kinds[item] = body[at : min(at + 4, end)]


def _read_associations(body: bytes, items: Items) -> None:
    version, wide = body[0], body[3] & 1
    (count,) = struct.unpack_from(">I", body, 4)
    place = 8
    for _ in range(min(count, MOST_BOXES)):
        (item,) = struct.unpack_from(">H" if version < 1 else ">I", body, place)
        place += 2 if version < 1 else 4
        number = body[place]
        place += 1
        step = 2 if wide else 1
        indexes = [int.from_bytes(body[place + step * n : place + step * (n + 1)], "big") for n in range(number)]
        items.of_item[item] = [index & (0x7FFF if wide else 0x7F) for index in indexes]
        place += step * number


def _read_places(body: bytes, items: Items) -> None:
    """Of items that lie in the file, where their first piece does."""
    version = body[0]
    sizes = (body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if version else 0)
    count, place = (struct.unpack_from(">H", body, 6)[0], 8) if version < 2 else (
        struct.unpack_from(">I", body, 6)[0], 10)
    for _ in range(min(count, MOST_BOXES)):
        item, place = _number(body, place, 2 if version < 2 else 4)
        method, place = _number(body, place, 2) if version else (0, place)
        _, place = _number(body, place, 2)
        base, place = _number(body, place, sizes[2])
        extents, place = _number(body, place, 2)
        for number in range(extents):
            place += sizes[3]
            offset, place = _number(body, place, sizes[0])
            length, place = _number(body, place, sizes[1])
            if number == 0 and method & 15 == 0:
                items.places[item] = base + offset, length


def _number(data: bytes, place: int, size: int) -> tuple[int, int]:
    """A number of so many bytes, and what comes after it."""
    if place + size > len(data):
        raise IndexError
    return int.from_bytes(data[place : place + size], "big"), place + size


def _leb128(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for number in range(8):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << (7 * number)
        if byte < 0x80:
            break
    return value, place


class _Bits:
    """Numbers of any count of bits, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data[:256], "big"), 8 * len(data[:256])

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise IndexError
        return self._value >> self._left & ((1 << count) - 1)


def _sequence_size(bits: _Bits) -> tuple[int, int]:
    bits.take(4)
    if bits.take(1):            # a still picture's short form
        bits.take(5)
    else:
        _skip_timing(bits)
    wide, tall = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(wide) + 1, bits.take(tall) + 1


def _skip_timing(bits: _Bits) -> None:
    """What stands between the head and the size of a full sequence header (sections 5.5.1 to 5.5.4)."""
    delay_bits = 0
    has_model = 0
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            zeros = 0
            while not bits.take(1):
                zeros += 1
            bits.take(min(zeros, 32))
        has_model = bits.take(1)
        if has_model:
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if has_model and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delay and bits.take(1):
            bits.take(4)
