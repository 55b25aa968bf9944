"""What of a library goes into a backup: the catalog, the files of its rows, frames and kept pages.

Not what can be made again or is in progress: small pictures, downloads, checkpoints; nor what was set aside.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.checking.relations import is_canonical
from db.checking.snapshot import copy_catalog
from db.engine import catalog_errors, connect_to_read
from db.errors import LibraryDamaged

CATALOG = "catalog.sqlite"
_BESIDES = ("frames/*/*.png", "samples/*.json.gz", "last-success.json")


@dataclass(frozen=True)
class Wanted:
    """A file that a catalog tells of."""

    path: str
    sha256: str
    size_bytes: int


def take_catalog(root: Path, target: Path) -> None:
    """Copies the catalog to `target` as it is at one moment, while others write it.

    Raises LibraryDamaged where SQLite finds the copy broken, and what the disk says.
    """
    target.unlink(missing_ok=True)
    with catalog_errors(root / CATALOG), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode=OFF")
        copy_catalog(root / CATALOG, copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    check_catalog(target)


def check_catalog(catalog: Path) -> None:
    """Raises LibraryDamaged where SQLite finds it broken."""
    with catalog_errors(catalog), closing(connect_to_read(catalog)) as connection:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise LibraryDamaged(f"{catalog}: {found}; `stylegram check` says more")


def files_of(catalog: Path) -> list[Wanted]:
    """Every file that this catalog needs, by hash. Raises LibraryDamaged."""
    with catalog_errors(catalog), closing(connect_to_read(catalog)) as connection:
        has_losses = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lost_files'").fetchone()
        but = "WHERE id NOT IN (SELECT file_id FROM lost_files)" if has_losses else ""
        rows = connection.execute(f"SELECT path, sha256, size_bytes FROM files {but} ORDER BY sha256").fetchall()
    return [Wanted(*row) for row in rows if is_canonical(row[1], row[0])]


def besides(root: Path) -> Iterator[str]:
    """What goes with them and has no hash, by its path below the library."""
    for pattern in _BESIDES:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not path.name.startswith(".") and not path.parent.name.startswith("."):
                yield path.relative_to(root).as_posix()


