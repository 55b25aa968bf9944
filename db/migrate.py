"""Bring a catalog to this program's schema with Alembic.

One process at a time, in one transaction, after a backup. A catalog from a newer program, or of another
program, is refused before anything is written: not even SQLite's own -wal file appears beside it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from db.atomic import put
from db.disk import storage_errors
from db.engine import BUSY_TIMEOUT_S, catalog_errors, connect_to_read, make_engine
from db.errors import LibraryTooNew, LibraryUnusable, StorageFailed
from db.locks import locked

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(path: Path) -> None:
    """Run the missing migrations on the catalog at `path`, which is made if it is missing.

    Raises LibraryTooNew, LibraryUnusable, LibraryBusy or StorageFailed.
    """
    config, scripts = _migrations()
    with catalog_errors(path), storage_errors():
        if _revision(path, scripts) == scripts.get_current_head():
            return
        busy = f"another program is upgrading {path}; try again later"
        with locked(path.parent / "upgrade.lock", busy, BUSY_TIMEOUT_S):
            revision = _revision(path, scripts)     # again: whoever held the lock may have done it all
            if revision == scripts.get_current_head():
                return
            if revision is not None:
                _back_up(path, revision)
            _migrate(path, config)


def check_current(path: Path) -> None:
    """Raise StorageFailed if the catalog at `path`, which cannot be written, would have to be upgraded.

    Otherwise as above.
    """
    _, scripts = _migrations()
    with catalog_errors(path), storage_errors():
        if _revision(path, scripts) != scripts.get_current_head():
            raise StorageFailed(f"{path} has to be upgraded first, and {path.parent} is not writable")


def _migrations() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config, ScriptDirectory.from_config(config)


def _revision(path: Path, scripts: ScriptDirectory) -> str | None:
    """The schema revision of the catalog at `path`, None for a new one; reads without leaving a trace."""
    if not path.exists():
        return None
    with closing(connect_to_read(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise LibraryUnusable(f"{path} is the database of another program")
        (revision,) = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise LibraryTooNew(f"{path} was written by a newer stylegram (schema {revision}); upgrade stylegram to use it")
    return str(revision)


def _back_up(path: Path, revision: str) -> None:
    """Copy the catalog through SQLite's own backup, which sees what the WAL still holds."""
    final = path.with_suffix(f".before-{revision}.sqlite")
    partial = final.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
        target.execute("PRAGMA journal_mode=OFF")   # a killed copy is thrown away, never rolled back
        source.backup(target)
    put(partial, final)


def _migrate(path: Path, config: Config) -> None:
    # SQLite alters a table by copying and dropping it, which foreign keys would forbid; they are checked at the end.
    engine = make_engine(path, foreign_keys=False)
    try:
        with engine.execution_options(write=True).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _check_links(connection)
    finally:
        engine.dispose()


def _check_links(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        row, parent = f"row {broken[1]} of {broken[0]}", broken[2]
        raise LibraryUnusable(f"the upgrade would leave {row} without its {parent}; nothing was changed")
