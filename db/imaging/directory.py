"""The directories of a TIFF or of EXIF (TIFF 6.0, section 2; BigTIFF): how many, and how much they claim to hold."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from db.errors import PictureRefused
from db.imaging.limits import Limits

Values = bytes | tuple[int, ...]

MOST_ENTRIES = 4_000
_WHOLE = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_BYTES = (1, 2, 7)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True)
class _Layout:
    order: str
    is_big: bool

    @property
    def count(self) -> str:
        return self.order + ("Q" if self.is_big else "H")

    @property
    def entry(self) -> str:
        return self.order + ("HHQ8x" if self.is_big else "HHI4x")

    @property
    def offset(self) -> str:
        return self.order + ("Q" if self.is_big else "I")


def check(data: bytes, limits: Limits) -> None:
    """Raises PictureRefused for a TIFF of too many pages, or whose first page claims more than the file holds."""
    layout = _layout(data)
    if layout is None:
        raise PictureRefused("damaged: its header is cut off")
    (place,) = struct.unpack_from(layout.offset, data, 8 if layout.is_big else 4)
    seen: set[int] = set()
    while place and place not in seen and place + struct.calcsize(layout.count) <= len(data):
        seen.add(place)
        limits.check_frames(len(seen))
        (count,) = struct.unpack_from(layout.count, data, place)
        if count > MOST_ENTRIES:
            raise PictureRefused(f"a directory of {count} entries")
        first, step = place + struct.calcsize(layout.count), struct.calcsize(layout.entry)
        if len(seen) == 1 and _claimed(data, layout, first, count) > len(data):
            raise PictureRefused("damaged: its directory claims more than the file holds")
        end = first + count * step
        if end + struct.calcsize(layout.offset) > len(data):
            return
        (place,) = struct.unpack_from(layout.offset, data, end)


def read(data: bytes) -> dict[int, Values]:
    """The tags of a checked TIFF's first page that hold whole numbers or bytes. Raises struct.error where it is cut."""
    layout = _layout(data)
    if layout is None:
        return {}
    (place,) = struct.unpack_from(layout.offset, data, 8 if layout.is_big else 4)
    (count,) = struct.unpack_from(layout.count, data, place)
    tags: dict[int, Values] = {}
    for number, kind, length, at in _entries(data, layout, place + struct.calcsize(layout.count), count):
        size = _SIZES.get(kind, 1) * length
        if size > struct.calcsize(layout.offset):
            (at,) = struct.unpack_from(layout.offset, data, at)
        if kind in _BYTES:
            tags[number] = data[at : at + length]
        elif kind in _WHOLE:
            tags[number] = struct.unpack_from(f"{layout.order}{length}{_WHOLE[kind]}", data, at)
    return tags


def is_modest(exif: bytes) -> bool:
    """Whether the first directory of an EXIF block claims no more than there is."""
    block = exif.removeprefix(b"Exif\0\0")
    layout = _layout(block)
    if layout is None:
        return False
    (place,) = struct.unpack_from(layout.offset, block, 8 if layout.is_big else 4)
    if place + struct.calcsize(layout.count) > len(block):
        return False
    (count,) = struct.unpack_from(layout.count, block, place)
    first = place + struct.calcsize(layout.count)
    return count <= MOST_ENTRIES and _claimed(block, layout, first, count) <= len(block)


def _layout(data: bytes) -> _Layout | None:
    if len(data) < 16 or data[:2] not in (b"II", b"MM"):
        return None
    return _Layout("<" if data[:2] == b"II" else ">", 43 in data[2:4])


def _claimed(data: bytes, layout: _Layout, first: int, count: int) -> int:
    """How many bytes the values of these entries take together, by what they say."""
    return sum(_SIZES.get(kind, 1) * length for _, kind, length, _ in _entries(data, layout, first, count))


def _entries(data: bytes, layout: _Layout, first: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Each entry's number, type and count of values, and where its own room for them is."""
    step = struct.calcsize(layout.entry)
    for place in range(first, min(first + count * step, len(data) - step + 1), step):
        number, kind, length = struct.unpack_from(layout.entry, data, place)
        yield number, kind, length, place + step - struct.calcsize(layout.offset)
