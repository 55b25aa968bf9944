"""Commits are durable, and SQLite's errors come out as ours, with their exit codes."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.exc import IntegrityError

from db import engine, errors
from db.errors import DbError, LibraryBusy, LibraryUnusable, StorageFailed
from db.library import CATALOG


def test_every_connection_is_durable_and_checks_links(library):
    made = engine.make_engine(library.root / CATALOG)
    with made.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    made.dispose()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_row_without_its_parent_is_refused_and_nothing_is_written(library, make_post):
    with pytest.raises(IntegrityError):
        library.posts.save(make_post(), "no such profile")
    assert library.posts.counts()["posts"] == 0


def test_a_full_disk_is_told_and_the_next_try_works(library, profile, make_post, full_disk):
    large = make_post(caption="x" * 2_000_000)
    with full_disk(500_000), pytest.raises(StorageFailed):
        library.posts.save(large, profile.pk)
    assert library.posts.counts()["posts"] == 0
    library.posts.save(large, profile.pk)
    assert library.posts.counts()["posts"] == 1


def test_a_catalog_that_another_program_keeps_locked_is_told(root, library, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.05)
    made = engine.make_engine(root / CATALOG)
    with closing(sqlite3.connect(root / CATALOG, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryBusy), engine.Sessions(made).write() as session:
            session.connection()
        assert library.posts.counts()["posts"] == 0     # readers are never in the way of a writer
    made.dispose()


def test_a_write_is_whole_or_absent(library, profile, make_post, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("db.posts._states", fail)
    with pytest.raises(RuntimeError):
        library.posts.save(make_post(), profile.pk)
    assert library.posts.counts()["posts"] == library.posts.counts()["slides_pending"] == 0


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, StorageFailed),
        (sqlite3.SQLITE_IOERR_WRITE, StorageFailed),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StorageFailed),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, LibraryBusy),
        (sqlite3.SQLITE_CORRUPT_VTAB, LibraryUnusable),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.DatabaseError),
    ],
)
def test_each_of_sqlite_s_codes_has_its_meaning(code, expected):
    error = sqlite3.DatabaseError("what it says")
    error.sqlite_errorcode = code
    with pytest.raises(expected, match="what it says"), engine.catalog_errors():
        raise error


def test_every_error_has_the_exit_code_that_the_docstring_draws():
    kinds = DbError.__subclasses__()
    drawn = dict(line.split()[1:3] for line in (errors.__doc__ or "").splitlines() if line.startswith(" +-"))
    assert drawn == {kind.__name__: str(kind.exit_code) for kind in kinds}
