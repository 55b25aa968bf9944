"""The directories of a TIFF or of EXIF (TIFF 6.0, section 2; BigTIFF): how many, and how much they claim to hold."""

import struct
from dataclasses import dataclass

from db.errors import PictureRefused
from db.imaging.limits import Limits

MOST_ENTRIES = 4_000
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
        return self.order + ("HHQ8s" if self.is_big else "HHI4s")

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
    total, step = 0, struct.calcsize(layout.entry)
    for place in range(first, min(first + count * step, len(data) - step + 1), step):
        _, kind, length, _ = struct.unpack_from(layout.entry, data, place)
        total += _SIZES.get(kind, 1) * length
    return total
