"""SQLite through SQLAlchemy: WAL, durable commits, foreign keys on, write transactions that never upgrade."""

import json
import logging
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from db.errors import WHAT_TO_DO, DbError, LibraryBusy, LibraryDamaged, StorageFailed

# What goes wrong is raised, too, and told once by whoever ends the run. Without this an interrupt that meets a
# connection on its way back into the pool would be logged, with its traceback.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

BUSY_TIMEOUT_S = 30.0
NO_ROOM_BYTES = 64 * 1024   # the -shm grows by half of this at a time
# What SQLite's primary result codes mean for the user; the others are bugs of ours and pass.
MEANINGS: dict[int, tuple[type[DbError], str]] = {
    sqlite3.SQLITE_FULL: (StorageFailed, "the catalog cannot be written"),
    sqlite3.SQLITE_READONLY: (StorageFailed, "the catalog cannot be written"),
    sqlite3.SQLITE_IOERR: (StorageFailed, "the catalog cannot be read or written"),
    sqlite3.SQLITE_CANTOPEN: (StorageFailed, "the catalog cannot be opened"),
    sqlite3.SQLITE_PERM: (StorageFailed, "the catalog cannot be opened"),
    sqlite3.SQLITE_BUSY: (LibraryBusy, "another program keeps the catalog locked; try again later"),
    sqlite3.SQLITE_NOTADB: (LibraryDamaged, f"the catalog is damaged; {WHAT_TO_DO}"),
    sqlite3.SQLITE_CORRUPT: (LibraryDamaged, f"the catalog is damaged; {WHAT_TO_DO}"),
}
# SQLite has one code for every statement that it does not understand; these are no fault of the statement.
_OF_THE_FILE = re.compile(
    r"no such (table|column|index|module)|has no column named|malformed (database schema|JSON)|Could not decode to UTF|"
    r"unsupported file format")


def make_engine(path: Path, *, foreign_keys: bool = True) -> Engine:
    """An engine on the SQLite file at `path` (made if missing)."""
    # URL.create, for a path may hold what an URL's text gives a meaning to: ? # %
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None   # we say BEGIN ourselves, see below
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA foreign_keys={int(foreign_keys)}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The busy timeout does not cover a read that turns into a write, so writers say so from the start.
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def make_reading_engine(path: Path) -> Engine:
    """An engine on the SQLite file at `path` that leaves no trace beside it: for a catalog that cannot be written."""
    return create_engine(
        "sqlite://", creator=lambda: connect_to_read(path, check_same_thread=False), poolclass=QueuePool
    )


def connect_to_read(path: Path, *, check_same_thread: bool = True) -> sqlite3.Connection:
    """A connection that reads and leaves no trace."""
    # Unless told that the file is immutable, SQLite makes a -wal beside it. Where one lies, it is part of the catalog.
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(
        f"{path.as_uri()}?{mode}", uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=check_same_thread
    )


class Sessions:
    """Hands out short sessions: `read()` and, as one transaction, `write()`."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine
        self._writing = engine.execution_options(write=True)
        self._path = None if engine.url.database is None else Path(engine.url.database)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with catalog_errors(self._path), Session(self._reading) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with catalog_errors(self._path), Session(self._writing) as session, session.begin():
            yield session


@contextmanager
def catalog_errors(path: Path | None = None) -> Iterator[None]:
    """Turn SQLite's word for a full, read-only, locked or damaged file into our own errors.

    SQLite calls a disk that has no room for its -shm file an I/O error; a look at the disk of `path` tells.
    """
    try:
        yield
    except json.JSONDecodeError as error:
        raise LibraryDamaged(f"the catalog holds JSON that is none ({error}); {WHAT_TO_DO}") from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF     # the low byte is the primary code
        if code in (0, sqlite3.SQLITE_ERROR) and _OF_THE_FILE.match(str(cause)):
            raise LibraryDamaged(f"the catalog is damaged: {cause}; {WHAT_TO_DO}") from error
        if code not in MEANINGS:
            raise
        kind, meaning = MEANINGS[code]
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and path is not None and _is_full(path)):
            meaning = f"the disk is full: {meaning}"
        raise kind(f"{meaning} ({cause})") from error


def _is_full(path: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free < NO_ROOM_BYTES
    return False
