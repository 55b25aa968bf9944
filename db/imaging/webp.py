"""The chunks of a WebP (RFC 9649, section 2): how many there are, and how many of them are frames."""

import struct

from db.errors import PictureRefused
from db.imaging.limits import Limits

MOST_CHUNKS = 10_000


def check(data: bytes, limits: Limits) -> None:
    """Raises PictureRefused for a WebP beyond the limits."""
    place, frames, others = 12, 0, 0
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        frames, others = frames + (kind == b"ANMF"), others + (kind != b"ANMF")
        limits.check_frames(frames)
        if others > MOST_CHUNKS:
            raise PictureRefused("more chunks than an image needs")
        place += 8 + length + length % 2
