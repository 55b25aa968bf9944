"""One file copied, and never taken for good unless its bytes are those of its hash.

Invariant: under its final name a copy is whole and durable. It shares no bytes that could be damaged together with the
original's, but for blocks that the file system itself copies before it writes to them (reflinks of Btrfs, XFS).
"""

import fcntl
import hashlib
import os
import shutil
from io import FileIO
from pathlib import Path

from db.atomic import new_file
from db.disk import write_all

_PIECE_BYTES = 1 << 20
_FICLONE = 0x40049409       # linux/fs.h


class NotTheSame(Exception):
    """The bytes of the source are not those of the hash, or cannot be read; the message says which."""


def copy_verified(source: Path, target: Path, sha256: str) -> int:
    """Copies a file of this hash to its place; the number of its bytes. Raises NotTheSame, or OSError of the target."""
    try:
        reading = source.open("rb", buffering=0)
    except OSError as error:
        raise NotTheSame("it is gone" if isinstance(error, FileNotFoundError) else error.strerror or "?") from error
    with reading, new_file(target) as part:
        with part.open("wb", buffering=0) as writing:
            found, size = _copy(reading, writing)
        if found != sha256:
            raise NotTheSame("its bytes are not those of its hash")
    return size


def copy_plain(source: Path, target: Path) -> bool:
    """Copies a file without a hash, unless one of the same size and time is there; whether it did."""
    status = source.stat()
    if target.is_file():
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (status.st_size, status.st_mtime_ns):
            return False
    with new_file(target) as part:
        shutil.copyfile(source, part)
        os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
    return True


def _copy(reading: FileIO, writing: FileIO) -> tuple[str, int]:
    """The hash of what was read, and the number of its bytes. Raises NotTheSame where there is no reading it."""
    is_cloned = _clone(reading.fileno(), writing.fileno())
    hashed, size = hashlib.sha256(), 0
    while True:
        try:
            data = reading.read(_PIECE_BYTES)
        except OSError as error:
            raise NotTheSame(error.strerror or "it cannot be read") from error
        if not data:
            return hashed.hexdigest(), size
        hashed.update(data)
        size += len(data)
        if not is_cloned:
            write_all(writing.fileno(), data)


def _clone(source: int, target: int) -> bool:
    """Whether the file system let both have the same blocks until one of them is written to."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True
