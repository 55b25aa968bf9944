"""The blocks of a GIF (GIF89a, sections 15 to 27): how many frames, comments and pieces of them there are."""

from collections.abc import Iterator

from db.errors import PictureRefused
from db.imaging.limits import Limits

# How many blocks of each kind, and how many pieces (of 255 bytes at most) in all of that kind.
_IMAGE, _COMMENT, _OTHER = "frame", "comment", "extension"
MOST_BLOCKS = {_COMMENT: 1_000, _OTHER: 10_000}
MOST_PIECES = {_COMMENT: 4_000, _OTHER: 100_000, _IMAGE: 500_000}     # the largest file has 262,144 full ones


def check(data: bytes, limits: Limits) -> None:
    """Raises PictureRefused for a GIF beyond the limits."""
    blocks, pieces = dict.fromkeys(MOST_PIECES, 0), dict.fromkeys(MOST_PIECES, 0)
    for kind, count in _blocks(data):
        blocks[kind] += 1
        pieces[kind] += count
        limits.check_frames(blocks[_IMAGE])
        if blocks[kind] > MOST_BLOCKS.get(kind, limits.frames) or pieces[kind] > MOST_PIECES[kind]:
            raise PictureRefused(f"more {kind}s, or pieces of them, than an image needs")


def _blocks(data: bytes) -> Iterator[tuple[str, int]]:
    """Each block's kind and in how many pieces it is, as far as they are whole."""
    if len(data) < 13:
        return
    place = 13 + _table(data[10])
    while place + 10 < len(data):
        if data[place] == 0x21:
            kind, start = (_COMMENT if data[place + 1] == 0xFE else _OTHER), place + 2
        elif data[place] == 0x2C:
            kind, start = _IMAGE, place + 11 + _table(data[place + 9])
        else:
            return
        place, count = _skip(data, start, MOST_PIECES[kind])
        yield kind, count


def _skip(data: bytes, place: int, most: int) -> tuple[int, int]:
    """Where the pieces that begin here end, and their number; no further than just beyond `most` of them."""
    count = 0
    while place < len(data) and data[place] and count <= most:
        place += 1 + data[place]
        count += 1
    return place + 1, count


def _table(flags: int) -> int:
    """The length of the table of colours that these flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
