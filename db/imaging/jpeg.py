"""The segments of a JPEG (ITU-T T.81, annex B): what they cost, and whether the pixels of its size are all there.

A decoder that runs out of data fills up with grey and only warns. So the file is decoded once more with foreign bytes
after all that is coded: whole data leave them unread, and where pixels are missing they are painted from these bytes.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from db.errors import PictureRefused
from db.imaging.limits import Limits

MOST_SEGMENTS = 4_000           # the largest file holds about a thousand full ones
MOST_PADDING = 65_536           # bytes between segments that belong to none; each costs a turn of a slow loop
MOST_SCANS = 100                # encoders make up to some twenty
MOST_PIXELS_SCANNED = 2_000_000_000     # a scan goes over all pixels again
_SOI, _EOI, _SOS, _DRI = 0xD8, 0xD9, 0xDA, 0xDD
_TABLES = {0xC4, 0xC8, 0xCC}    # within the range of frames' markers and none of them
_ARITHMETIC = {0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}
_ENDS = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")        # of a scan: any marker but a restart
_RESTARTS = re.compile(rb"\xff+[\xd0-\xd7]")           # fill bytes may stand before any marker
_PADDING = b"\xff" * MOST_PADDING
_FOREIGN = bytes((61 * number + 17) % 251 for number in range(64))
_SPARED = bytes(8)              # arithmetic coders leave out zeros at the end (T.81, D.1.8)


@dataclass(frozen=True)
class Component:
    """A channel: how many blocks of 8 x 8 there are across and down."""

    id: int
    columns: int
    rows: int

    @property
    def blocks(self) -> int:
        return self.columns * self.rows


@dataclass(frozen=True)
class Frame:
    """What the header says. `units` of all components there are where these come together in a scan (T.81, A.2)."""

    kind: int
    width: int
    height: int
    components: tuple[Component, ...]
    units: int

    def of(self, scan: "Scan") -> list[Component]:
        return [part for part in self.components if part.id in scan.components]


@dataclass(frozen=True)
class Scan:
    """Which coefficients (`first` to `last`) of which components, to which bit, and where their data lie.

    A restart marker stands after each `interval` of their units; 0 is never.
    """

    components: tuple[int, ...]
    first: int
    last: int
    bit: int
    interval: int
    start: int
    end: int


@dataclass(frozen=True)
class Structure:
    """A JPEG's first picture."""

    frame: Frame | None
    scans: tuple[Scan, ...]


def check(data: bytes, limits: Limits) -> Structure:
    """Raises PictureRefused for a JPEG beyond the limits, or of too little data for its size."""
    structure = read(data, limits)
    frame = structure.frame
    if frame is None or not structure.scans:
        raise PictureRefused("truncated: it holds no pixels")
    if {part.id for part in frame.components} - {id_ for scan in structure.scans for id_ in scan.components}:
        raise PictureRefused("truncated: a channel is missing")
    if frame.kind in _PROGRESSIVE:
        _check_progression(frame, structure.scans)
    if frame.kind not in _LOSSLESS:
        for scan in structure.scans:
            _check_restarts(data, frame, scan)
            _check_least(frame, scan)
    return structure


def read(data: bytes, limits: Limits) -> Structure:
    """The segments up to the end of the first picture. Raises PictureRefused for those beyond the limits."""
    frame: Frame | None = None
    scans: list[Scan] = []
    interval = 0
    for marker, start, end in _segments(data):
        if marker == _EOI:
            return Structure(frame, tuple(scans))
        if 0xC0 <= marker <= 0xCF and marker not in _TABLES:
            if frame is not None:
                raise PictureRefused("damaged: it has two headers")
            frame = _frame(marker, data[start:end])
            limits.check_size(frame.width, frame.height, max(1, len(frame.components)))
        elif marker == _DRI and end - start >= 2:
            (interval,) = struct.unpack_from(">H", data, start)
        elif marker == _SOS:
            scans.append(_scan(data, start, end, interval))
            pixels = frame.width * frame.height if frame is not None else 0
            if len(scans) > MOST_SCANS or len(scans) * pixels > MOST_PIXELS_SCANNED:
                raise PictureRefused(f"{len(scans)} scans or more")
    return Structure(frame, tuple(scans))


def with_foreign_bytes(data: bytes, structure: Structure) -> bytes:
    """The file with bytes that nothing asks for where coded data end: before each restart and after each scan."""
    kind = structure.frame.kind if structure.frame is not None else 0
    foreign = (_SPARED if kind in _ARITHMETIC else b"") + _FOREIGN
    parts, place = [], 0
    for scan in structure.scans:
        for restart in _RESTARTS.finditer(data, scan.start, scan.end):
            parts += [data[place : restart.start()], foreign]
            place = restart.start()
        parts += [data[place : scan.end], foreign]
        place = scan.end
    return b"".join((*parts, data[place:]))


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Each marker and where what follows its length begins and ends; after a scan's header its data are skipped."""
    place, padding = 2, 0
    for _ in range(MOST_SEGMENTS):
        found = data.find(b"\xff", place)
        while 0 <= found < len(data) - 1 and data[found + 1] in (0x00, 0xFF):
            found, padding = found + 1, padding + 1
            if padding > MOST_PADDING:
                break
            found = data.find(b"\xff", found)
        padding += max(0, found - place)
        if padding > MOST_PADDING:
            raise PictureRefused("more padding than an image needs")
        if not 0 <= found < len(data) - 1:
            return
        marker, start = data[found + 1], found + 4
        if marker == _EOI:
            yield marker, start, start
            return
        if marker == 0x01 or 0xD0 <= marker <= _SOI:        # these stand alone
            place = found + 2
            continue
        if start > len(data):
            return
        end = found + 2 + struct.unpack_from(">H", data, found + 2)[0]
        yield marker, start, min(end, len(data))
        place = _end_of_scan(data, end) if marker == _SOS else end
    raise PictureRefused(f"more than {MOST_SEGMENTS} segments")


def _end_of_scan(data: bytes, start: int) -> int:
    found = _ENDS.search(data, start)
    end = found.start() if found else len(data)
    if data.find(_PADDING, start, end) >= 0:
        raise PictureRefused("more padding than an image needs")
    while end > start and data[end - 1] == 0xFF:        # fill bytes belong to the marker
        end -= 1
    return end


def _frame(marker: int, header: bytes) -> Frame:
    if len(header) < 6 or len(header) < 6 + 3 * header[5]:
        raise PictureRefused("truncated: its header is cut off")
    height, width, count = struct.unpack(">HHB", header[1:6])
    factors = [(header[6 + 3 * n], header[7 + 3 * n] >> 4, header[7 + 3 * n] & 15) for n in range(count)]
    widest = max((across for _, across, _ in factors), default=1) or 1
    tallest = max((down for _, _, down in factors), default=1) or 1
    components = tuple(
        Component(id_, -(-width * across // (8 * widest)), -(-height * down // (8 * tallest)))
        for id_, across, down in factors
    )
    return Frame(marker, width, height, components, -(-width // (8 * widest)) * -(-height // (8 * tallest)))


def _scan(data: bytes, start: int, end: int, interval: int) -> Scan:
    header = data[start:end]
    count = header[0] if header else 0
    if len(header) < 4 + 2 * count:
        raise PictureRefused("truncated: the header of a scan is cut off")
    first, last, bits = header[1 + 2 * count : 4 + 2 * count]
    components = tuple(header[1 + 2 * n] for n in range(count))
    return Scan(components, first, last, bits & 15, interval, end, _end_of_scan(data, end))


def _check_progression(frame: Frame, scans: tuple[Scan, ...]) -> None:
    """Every coefficient of every component must have come to its last bit (T.81, G.1.1)."""
    for component in frame.components:
        bits = [14] * 64
        for scan in scans:
            if component.id in scan.components:
                for place in range(scan.first, min(scan.last, 63) + 1):
                    bits[place] = scan.bit
        if any(bits):
            raise PictureRefused("truncated: its last scans are missing")


def _check_restarts(data: bytes, frame: Frame, scan: Scan) -> None:
    """A decoder passes over what follows a restart that is not there."""
    parts = frame.of(scan)
    units = frame.units if len(parts) > 1 else sum(part.blocks for part in parts)
    expected = -(-units // scan.interval) - 1 if scan.interval and units else 0
    if sum(1 for _ in _RESTARTS.finditer(data, scan.start, scan.end)) < expected:
        raise PictureRefused("truncated: parts of a scan are missing")


def _check_least(frame: Frame, scan: Scan) -> None:
    """A block takes a bit at least for its mean, and another for the end of what follows, where that is coded, too."""
    if scan.first > 0 or frame.kind in _ARITHMETIC:
        return      # there one code may stand for thousands of empty blocks, or a bit for many
    blocks = sum(part.blocks for part in frame.of(scan))
    least = blocks * (1 if frame.kind in _PROGRESSIVE else 2) // 8
    if scan.end - scan.start < least:
        raise PictureRefused(f"truncated: its pixels take {least} bytes and more, and it holds {scan.end - scan.start}")
