"""SHA-256 in hexadecimal: what files, recipes and results are known by."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

_PIECE_BYTES = 1 << 19      # stays in a processor's own memory between reading, hashing and writing
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
    with open(path, "rb", buffering=0) as file:     # noqa: PTH123 - ten thousand Paths are dear
        room = _room()
        while size := file.readinto(room):
            yield room[:size]


def _room() -> memoryview:
    try:
        return _of_thread.room      # type: ignore[no-any-return]
    except AttributeError:
        _of_thread.room = memoryview(bytearray(_PIECE_BYTES))
        return _room()
