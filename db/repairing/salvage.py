"""A new catalog of all that can be read of a damaged one, in its place at once or not at all.

Invariant: the damaged one is copied into the quarantine first. Under the catalog's name stands the old one or the new
one, whole, whenever a kill comes; and no page of the old one's log can come into the new one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.atomic import put
from db.checking.structure import WORDS
from db.engine import BUSY_TIMEOUT_S
from db.migrate import empty_catalog
from db.repairing.quarantine import Quarantine
from db.schema import Base

CATALOG = "catalog.sqlite"
_FILLED = {"INTEGER": 0, "BIGINT": 0, "BOOLEAN": 0, "DOUBLE": 0.0, "JSON": "{}", "DATETIME": "2010-10-06 00:00:00"}


@dataclass
class Salvaged:
    """How many rows were taken over, and those that could not be, as they are."""

    rows: int = 0
    lost: list[dict[str, Any]] = field(default_factory=list)


def rebuild(root: Path, source: sqlite3.Connection | None, version: str, quarantine: Quarantine, why: str) -> Salvaged:
    """Puts a new catalog of this version in the place of the old one; empty, where there is no `source` to read.

    The caller holds the locks. Raises StorageFailed, sqlite3.DatabaseError or OSError.
    """
    catalog, new = root / CATALOG, root / "catalog.rebuilt.partial"
    for leftover in (new, Path(f"{new}-journal")):
        leftover.unlink(missing_ok=True)
    with closing(empty_catalog(version)) as model, closing(sqlite3.connect(new, isolation_level=None)) as target:
        target.execute("PRAGMA journal_mode=DELETE")
        model.backup(target)
        salvaged = Salvaged() if source is None else _take_over(source, target)
        fill_words(target)
    if salvaged.lost:
        quarantine.note_rows(f"they do not fit into the new catalog: {why}", salvaged.lost)
    if catalog.exists():
        _fold_log(catalog)
        quarantine.keep_copy(CATALOG, why)
    for suffix in ("-wal", "-shm"):
        quarantine.set_aside(f"{CATALOG}{suffix}", why)
    put(new, catalog)
    return salvaged


def fill_words(catalog: sqlite3.Connection) -> None:
    """Makes the index of words anew, where this version has one."""
    made = catalog.execute("SELECT sql FROM sqlite_master WHERE name = ?", (WORDS,)).fetchone()
    if made is None:
        return
    catalog.execute("BEGIN IMMEDIATE")
    try:
        catalog.execute(f"DROP TABLE {WORDS}")
        catalog.execute(made[0])
        catalog.execute(
            f"INSERT INTO {WORDS} (rowid, caption, alt_text) SELECT id, caption, alt_text FROM texts_of_images "
            "WHERE caption IS NOT NULL OR alt_text IS NOT NULL")
        catalog.execute("COMMIT")
    except BaseException:
        catalog.rollback()
        raise


def _fold_log(catalog: Path) -> None:
    """Brings what the log holds into the file, where that is still possible."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(catalog, timeout=BUSY_TIMEOUT_S)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _take_over(source: sqlite3.Connection, target: sqlite3.Connection) -> Salvaged:
    salvaged = Salvaged()
    target.execute("PRAGMA foreign_keys=OFF")
    target.execute("BEGIN IMMEDIATE")
    known = {name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in Base.metadata.sorted_tables:
        if table.name in known:
            _take_table(source, target, table.name, salvaged)
    _keep_numbers(source, target)
    target.execute("COMMIT")
    return salvaged


def _take_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str, salvaged: Salvaged) -> None:
    wanted = target.execute("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info(?)", (table,)).fetchall()
    try:
        there = {name for (name,) in source.execute("SELECT name FROM pragma_table_info(?)", (table,))}
    except sqlite3.DatabaseError:
        return
    columns = [name for name, *_ in wanted if name in there]
    filled = {
        name: _FILLED.get(kind, "") for name, kind, required, default in wanted
        if name not in there and required and default is None}
    names = ", ".join(f'"{name}"' for name in (*columns, *filled))
    holes = ", ".join("?" for _ in (*columns, *filled))
    if not columns:
        return
    for row in _rows(source, table, columns):
        try:
            target.execute(f'INSERT INTO "{table}" ({names}) VALUES ({holes})', (*row, *filled.values()))
            salvaged.rows += 1
        except sqlite3.DatabaseError as error:
            salvaged.lost.append(
                {"table": table, "row": dict(zip(columns, row, strict=True)), "because": str(error)})


def _rows(source: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """All that can be read: up to a broken page, and then from the first row behind it that can be."""
    listed = ", ".join(f'"{column}"' for column in columns)
    onward = f'SELECT rowid, {listed} FROM "{table}" WHERE rowid > ? ORDER BY rowid'
    back = f'SELECT rowid, {listed} FROM "{table}" WHERE rowid > ? AND rowid <= ? ORDER BY rowid DESC'
    last = -(2**62)
    while True:
        try:
            for row, *values in source.execute(onward, (last,)):
                last = row
                yield tuple(values)
            return
        except sqlite3.DatabaseError:
            behind = _first_behind(source, table, max(last, 0))
        if behind is None:
            return
        with suppress(sqlite3.DatabaseError):   # the search for it went in strides
            for _, *values in source.execute(back, (last, behind)):
                yield tuple(values)
        last = behind


def _first_behind(source: sqlite3.Connection, table: str, last: int) -> int | None:
    """A row that can be read behind one after which none can, found by doubling the stride."""
    stride = 1
    while stride < 2**61:
        try:
            query = f'SELECT rowid, * FROM "{table}" WHERE rowid > ? ORDER BY rowid LIMIT 1'
            found = source.execute(query, (last + stride,)).fetchone()
            return None if found is None else int(found[0])
        except sqlite3.DatabaseError:
            stride *= 2
    return None


def _keep_numbers(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """The numbers that were given stay given."""
    with suppress(sqlite3.DatabaseError):
        for name, number in source.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
            held = target.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
            if held is None:
                target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))
            elif isinstance(number, int) and number > held[0]:
                target.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (number, name))
