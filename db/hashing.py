"""SHA-256 in hexadecimal: what files, recipes and results are known by."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Stays in a processor's own memory between reading, hashing and writing. Written by twice as much at a time a large
# file took three times as long (ext4, Linux 6.18 in a virtual machine).
PIECE_BYTES = 1 << 18
_of_thread = threading.local()


def sha256_of(data: bytes | str) -> str:
    """The hash of these bytes, or of the text's UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def sha256_of_file(path: Path | str) -> str:
    """The hash of the file's bytes. Raises OSError."""
    found = hashlib.sha256()
    for piece in pieces(path):
        found.update(piece)
    return found.hexdigest()


def pieces(path: Path | str) -> Iterator[memoryview]:
    """The file's bytes, each piece until the next one is asked for. Raises OSError.

    All that a thread reads comes in the same room: new room for each file is cleared by the system first, which costs
    as much as a copy. So a thread reads one file at a time.
    """
    with _opened(path) as file:
        room = _room()
        while size := os.readv(file, [room]):
            yield room[:size]


def read_into(path: Path | str, room: bytearray, start: int) -> tuple[int, str]:
    """Read the file into `room` from `start` on, which is made larger where need be; where it ends, and its hash.

    Of a file that grows meanwhile what it began with. Raises OSError.
    """
    found = hashlib.sha256()
    with _opened(path) as file:
        end = start + os.fstat(file).st_size
        if end > len(room):
            room.extend(bytes(end - len(room)))
        with memoryview(room) as view:
            while start < end and (size := os.readv(file, [view[start : min(end, start + PIECE_BYTES)]])):
                found.update(view[start : start + size])
                start += size
    return start, found.hexdigest()


@contextmanager
def _opened(path: Path | str) -> Iterator[int]:
    """A handle for reading: a file object asks the system more, and each word to it costs a turn of Python's lock."""
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _room() -> memoryview:
    try:
        return _of_thread.room      # type: ignore[no-any-return]
    except AttributeError:
        _of_thread.room = memoryview(bytearray(PIECE_BYTES))
        return _room()
