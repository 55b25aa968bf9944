"""A library backed up and restored, and what is in it, for the tests of both."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from db.backups.backup import BackupReport, back_up
from db.backups.restore import restore
from db.library import CATALOG


def backed_up(root: Path, target: Path) -> BackupReport:
    return back_up(root, target, lambda *_: None)


def restored(source: Path, root: Path) -> Path:
    assert restore(source, root, lambda *_: None).damage == []
    return root


def rows(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        tables = [name for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in tables}


def kept(root: Path) -> dict[str, str]:
    places = ("files/??/*", "frames/*/*.png", "samples/*.json.gz")
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for place in places for path in root.glob(place)}
