"""Rows that are right by themselves and do not fit together."""

import re
import sqlite3
from collections.abc import Iterator

from db.checking.finding import Finding, Kind

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_EXTENSION = re.compile(r"\.[a-z0-9]{1,5}", re.ASCII)
# What must not be, each: the table, its columns that are to blame, the condition, and what is said of it.
_RULES = (
    ("slides", "file_id", "status = 'saved' AND file_id IS NULL", "it is saved and has no file"),
    ("results", "file_id", "status = 'done' AND file_id IS NULL", "it is done and has no picture"),
    *(("results", f"{of}_id", f"NOT EXISTS (SELECT 1 FROM images WHERE file_id = results.{of}_id)",
       f"its {of} is no image any more") for of in ("content", "style")),
    *((table, "file_id", f"file_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM images WHERE file_id = {table}.file_id)",
       "its file has no number as an image") for table in ("slides", "additions")),
    ("posts", "owner_pk", "pk NOT IN (SELECT post_pk FROM profile_posts) "
     "AND owner_pk IN (SELECT pk FROM profiles)", "it is on no profile, not even its owner's"),
)


def is_canonical(sha256: object, path: object) -> bool:
    """Whether a file of this hash is where the store puts it, inside the library."""
    if not isinstance(sha256, str) or not isinstance(path, str) or not _SHA256.fullmatch(sha256):
        return False
    start = f"files/{sha256[:2]}/{sha256}"
    return path.startswith(start) and _EXTENSION.fullmatch(path[len(start):]) is not None


def _rows(catalog: sqlite3.Connection, table: str, condition: str) -> list[int]:
    try:
        return [row for (row,) in catalog.execute(f"SELECT rowid FROM {table} WHERE {condition}")]
    except sqlite3.OperationalError as error:
        if not str(error).startswith("no such"):
            raise
        return []       # an older version has no such table; of one that is lost the schema tells


def misfits(catalog: sqlite3.Connection) -> Iterator[Finding]:
    """Rows that no command would have left like this; a reference that leads nowhere is found elsewhere."""
    dangling = {(table, row) for table, row, _, _ in catalog.execute("PRAGMA foreign_key_check")}
    for table, column, condition, what in _RULES:
        for row in _rows(catalog, table, condition):
            if (table, row) not in dangling:
                yield Finding(Kind.BAD_ROW, f"row {row} of {table}", what, table=table, row=row, column=column)
    for row, sha256, path in catalog.execute("SELECT id, sha256, path FROM files"):
        if not is_canonical(sha256, path):
            what = f"its path is not that of its hash: {str(path)[:120]!r}"
            yield Finding(Kind.BAD_ROW, f"row {row} of files", what, table="files", row=row, column="path")
