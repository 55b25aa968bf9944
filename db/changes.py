"""Whether anyone has changed the catalog since it was last asked: any process, this one, too.

Invariant: a change that was made durable before the question is told. What SQLite counts is each commit that another
connection made, so this one never writes.
"""

import sqlite3
import threading
from pathlib import Path

from db.engine import BUSY_TIMEOUT_S, catalog_errors


class Changes:
    """A connection of its own, opened when it is first asked; threads take turns."""

    def __init__(self, catalog: Path, *, is_writable: bool = True) -> None:
        self._catalog = catalog
        self._is_writable = is_writable
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None

    def any(self) -> bool:
        """Whether there were changes since the last time this was asked; True at first."""
        with self._lock, catalog_errors(self._catalog):
            if not self._is_writable:       # then nobody writes it
                first, self._seen = self._seen is None, 0
                return first
            if self._connection is None:
                self._connection = sqlite3.connect(
                    self._catalog, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            is_new, self._seen = int(version) != self._seen, int(version)
            return is_new

    def close(self) -> None:
        """Closes its connection, if there is one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
