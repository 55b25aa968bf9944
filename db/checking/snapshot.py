"""A copy of the catalog as it stands at one moment, to be looked at in peace.

Invariant: the catalog is only read, and no trace is left beside it; a run that writes meanwhile is neither kept waiting
nor seen halfway. Pages are copied as they are, so damage is in the copy, too.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from db.engine import catalog_errors, connect_to_read

MOST_IN_MEMORY_BYTES = 128 * 2**20
_TRIES = 5


@contextmanager
def snapshot(catalog: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the catalog, which may be written to. Raises what `catalog_errors` does, or OSError."""
    with tempfile.TemporaryDirectory(prefix="stylegram-check-") as folder:
        place = ":memory:" if catalog.stat().st_size < MOST_IN_MEMORY_BYTES else f"{folder}/catalog.sqlite"
        with closing(sqlite3.connect(place, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode=OFF")
            copy.text_factory = lambda data: data.decode("utf-8", "replace")
            with catalog_errors(catalog):
                copy_catalog(catalog, copy)
            yield copy


def copy_catalog(catalog: Path, copy: sqlite3.Connection) -> None:
    """Copies the catalog as it is at one moment. Raises sqlite3.DatabaseError or OSError."""
    for tries_left in reversed(range(_TRIES)):
        before, is_live = _state(catalog), Path(f"{catalog}-wal").exists()
        with closing(connect_to_read(catalog)) as source:
            source.backup(copy)
        # Where nobody had it open it was read as a file that does not change. Did it?
        if is_live or _state(catalog) == before or not tries_left:
            return


def _state(catalog: Path) -> tuple[object, ...]:
    found = catalog.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, Path(f"{catalog}-wal").exists()
