"""SQLite through SQLAlchemy: WAL, durable commits, foreign keys on, write transactions that never upgrade."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from db.errors import LibraryBusy, LibraryUnusable, StorageFailed

BUSY_TIMEOUT_S = 30.0
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def make_engine(path: Path) -> Engine:
    """An engine on the SQLite file at `path` (made if missing)."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None   # we say BEGIN ourselves, see below
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The busy timeout does not cover a read that turns into a write, so writers say so from the start.
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


class Sessions:
    """Hands out short sessions: `read()` and, as one transaction, `write()`."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine
        self._writing = engine.execution_options(write=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with catalog_errors(), Session(self._reading) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with catalog_errors(), Session(self._writing) as session, session.begin():
            yield session


@contextmanager
def catalog_errors() -> Iterator[None]:
    """Turn SQLite's word for a full, read-only, locked or damaged file into our own errors."""
    try:
        yield
    except DatabaseError as error:
        message = str(error.orig)
        if any(word in message for word in ("full", "readonly", "disk I/O", "unable to open")):
            raise StorageFailed(f"the catalog cannot be written: {message}") from error
        if "locked" in message:
            raise LibraryBusy("another program keeps the catalog locked; try again later") from error
        if "not a database" in message or "malformed" in message:
            raise LibraryUnusable(f"the catalog is damaged: {message}") from error
        raise
