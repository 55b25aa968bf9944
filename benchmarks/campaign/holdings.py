"""What a folder holds, to be compared with what another one holds: rows by what they say, files by their bytes.

Numbers that the catalog gives, times and what tells of the runs themselves are left out, for they are the runs' own.
"""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

# Of the runs themselves; and of SQLite and its index of words, which `check` holds against the texts.
_ABOUT_RUNS = {"runs", "page_loads", "sqlite_sequence", "sqlite_stat1"}
_NOT_OF_THE_OUTCOME = {"id", "attempts", "seconds", "since", "until"}
_TIMED = ("seconds", "at", "measured_s", "trace")
# In progress, made again when wanted, or dated; what is left over there `check` tells.
_PASSING = {"staging", "live", "jobs", "errands", "cache", "checkpoints", "quarantine", "samples"}
_SUFFIXES = (".lock", ".sqlite", ".sqlite-wal", ".sqlite-shm")
_DATED = {"last-success.json", "backup.json", "check.json"}
_SUMS = "SHA256SUMS"
Holdings = dict[str, list[Any]]


def holdings(folder: Path, dated: Collection[str] = ()) -> Holdings:
    """By the name of a table or "files": sorted rows as JSON, or names with hashes, of all that is in the folder.

    Of files with one of the `dated` names it only counts that they are there, and of sums that they are right.
    """
    found: Holdings = {"files": sorted(_files(folder, _DATED.union(dated)))}
    for catalog in sorted(folder.rglob("*.sqlite")):
        name = catalog.relative_to(folder).as_posix()
        found |= {f"{name} {table}": rows for table, rows in _rows(catalog).items()}
    return found


def differences(found: Holdings, expected: Holdings) -> list[str]:
    """A line for each row or file that is in one of them alone."""
    told = []
    for name in sorted(found.keys() | expected.keys()):
        here, there = found.get(name, []), expected.get(name, [])
        alone = [f"too much in {name}: {row}"[:600] for row in here if row not in there]
        alone += [f"missing in {name}: {row}"[:600] for row in there if row not in here]
        if len(here) != len(there) and not alone:      # one of them has something twice
            alone.append(f"{len(here)} in {name}, not {len(there)}")
        told += alone
    return told


def _files(folder: Path, dated: Collection[str]) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if not path.is_file() or path.name.endswith(_SUFFIXES) or _PASSING & {*relative.parts}:
            continue
        yield relative.as_posix(), "dated" if path.name in dated else _hash(path)
        if path.name == _SUMS:
            lines = [line.split("  ", 1) for line in path.read_text().splitlines()]
            wrong = [name for sha256, name in lines if _hash(path.parent / name) != sha256]
            yield relative.as_posix(), f"wrong: {wrong}" if wrong else "right"


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "gone"


def _rows(catalog: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(catalog)) as connection:
        connection.row_factory = sqlite3.Row
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        names = _Names(connection) if "files" in tables else None
        return {
            table: sorted(
                json.dumps(_said(row, names), default=repr) for row in connection.execute(f'SELECT * FROM "{table}"'))
            for table in tables
            if table not in _ABOUT_RUNS and not table.startswith("image_texts")
        }


class _Names:
    """What a row is to people, by the column that points at it and its number."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.files = {row["id"]: row["sha256"] for row in connection.execute("SELECT id, sha256 FROM files")}
        self.images = self._of(connection, "images", "file_id")
        self.results = self._of(connection, "results", "content_id", "style_id")

    def _of(self, connection: sqlite3.Connection, table: str, *columns: str) -> dict[int, str]:
        try:
            rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        except sqlite3.OperationalError:    # an old catalog
            return {}
        rest = ["recipe_hash"] if table == "results" else []
        return {
            row["id"]: " ".join([*(self.files.get(row[column], "none") for column in columns), *(row[c] for c in rest)])
            for row in rows}

    def of(self, column: str, value: Any) -> Any:
        known = {"file_id": self.files, "content_id": self.files, "style_id": self.files,
                 "image_id": self.images, "result_id": self.results}.get(column)
        return value if known is None or value is None else known.get(value, f"no row {value}")


def _said(row: sqlite3.Row, names: _Names | None) -> dict[str, Any]:
    told = {}
    for column in row.keys():  # noqa: SIM118 - a row is no mapping
        if column in _NOT_OF_THE_OUTCOME or (column.endswith("_at") and column != "taken_at"):
            continue
        value = row[column] if names is None else names.of(column, row[column])
        if column == "details" and value:
            value = {key: part for key, part in json.loads(value).items() if key not in _TIMED}
        told[column] = value
    return told
