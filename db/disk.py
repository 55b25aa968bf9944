"""What a disk has to be asked for, and what it says when it cannot: durable bytes, and one error for want of space."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from db.errors import StorageFailed

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}
FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the system's word for a full or read-only disk into StorageFailed; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            where = f": {error.filename}" if error.filename else ""
            said = os.strerror(error.errno)     # a library's own words for it may be a paragraph
            what = f"the disk is full ({said})" if error.errno in FULL else said
            raise StorageFailed(f"{what}{where}") from error
        raise


def discard(path: Path) -> None:
    """Remove a file that nobody needs any more. One that cannot be removed is left to whoever clears up."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write to an open file without a buffer, however little of it the system takes at a time. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def begin_writing(handle: int) -> None:
    """Send what was written to a file on its way to the disk, and do not wait: more is made meanwhile.

    What of it has arrived there by the next such word leaves the memory. Where a system knows no such word, all is left
    to the next `sync`.
    """
    if sys.platform == "linux":
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """The same for a folder with all that is in it."""
    for path in (*folder.rglob("*"), folder):
        sync(path)
