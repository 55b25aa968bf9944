"""Lock files: the system drops a lock with the process that holds it, so a killed run blocks nobody."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from db.disk import storage_errors
from db.errors import LibraryBusy, LibraryUnusable


@contextmanager
def locked(path: Path, busy: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock file at `path`.

    Raises LibraryBusy with the message `busy` if it is not free within `wait_s`; StorageFailed or LibraryUnusable
    if it cannot be made.
    """
    lock = FileLock(path, timeout=wait_s)
    try:
        with storage_errors():
            lock.acquire()
    except Timeout as error:
        raise LibraryBusy(busy) from error
    except OSError as error:
        raise LibraryUnusable(f"cannot lock {path}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether anyone holds the lock file: two who ask at once do not take each other for one who does."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
