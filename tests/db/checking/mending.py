"""A library repaired and looked at, for the tests of repairs."""

import hashlib
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from db.checking.check import Check, Scope
from db.checking.finding import Finding
from db.library import CATALOG
from db.repairing.repair import Mended, Repair


def repaired(root: Path) -> list[Mended]:
    repair = Repair(root, Scope(), lambda *_: None, lambda _: None)
    done = list(repair.mended())
    assert repair.left == []
    return done


def checked(root: Path) -> list[Finding]:
    return list(Check(root, Scope(), lambda *_: None, lambda _: None).findings())


def contents(root: Path) -> Counter[str]:
    """The bytes of all files of the store and of the quarantine, by their hashes."""
    places = [root / "files", root / "quarantine"]
    paths = [path for place in places for path in place.rglob("*") if path.is_file()]
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        return connection.execute(query).fetchall()
