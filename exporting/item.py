"""A file with pictures, as a form plans it: where it goes, what it is made from, and how it is written."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from db.errors import PictureRefused
from exporting.copies import bytes_of, copy_into
from exporting.request import Copying
from exporting.rows import Picture, Row
from exporting.writing import Hashed

# What could not be handed over: the ids of rows with the reasons.
Failures = dict[int, str]


@dataclass(frozen=True)
class Item:
    """`write` gets a file, and notes the rows that it had to leave out; without any it returns True.

    `key` makes a hash of all that the file is made from: of a shard it takes a while, which others are written in.
    """

    path: str
    key: Callable[[], str]
    rows: Sequence[Row]
    write: Callable[[Hashed, Failures], bool]
    sha256: str | None = None       # where it is known before


def read_all(row: Row, copying: Copying, failures: Failures) -> dict[str, bytes] | None:
    """The bytes of every picture of a row; None, and a reason noted, where one of them cannot be had."""
    found = {}
    for name, picture in row.pictures.items():
        try:
            found[name] = bytes_of(picture, copying)
        except PictureRefused as refusal:
            failures[row.id] = _reason(name, picture, refusal)
            return None
    return found


class Room:
    """Pictures' bytes one behind another, in memory that serves again and again: new memory costs as much as a copy.

    `ends` has a 0 and where each of them ends, as Arrow wants it.
    """

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.ends = array("i", [0])

    @property
    def size_bytes(self) -> int:
        return self.ends[-1]

    def add(self, picture: Picture, copying: Copying) -> None:
        """Raises PictureRefused, and is as it was."""
        self.ends.append(copy_into(picture, copying, self.bytes, self.ends[-1]))

    def leave(self, number: int) -> None:
        """No more than the first so many."""
        del self.ends[number + 1 :]


def gather(rooms: Mapping[str, Room], row: Row, copying: Copying, failures: Failures) -> bool:
    """Put every picture of a row into its room; where one of them cannot be had none, with a reason noted."""
    before = {name: len(room.ends) - 1 for name, room in rooms.items()}
    for name, picture in row.pictures.items():
        try:
            rooms[name].add(picture, copying)
        except PictureRefused as refusal:
            failures[row.id] = _reason(name, picture, refusal)
            for other, number in before.items():
                rooms[other].leave(number)
            return False
    return True


def _reason(name: str, picture: Picture, refusal: PictureRefused) -> str:
    return f"its {name}: {refusal}" if name else str(refusal)
