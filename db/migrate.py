"""Bring a catalog to this program's schema with Alembic.

One process at a time, in one transaction, after a backup. A catalog from a newer program, or of another
program, is refused before anything is written: not even SQLite's own -wal file appears beside it.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, StaticPool, create_engine

from db.atomic import put
from db.disk import storage_errors
from db.engine import BUSY_TIMEOUT_S, catalog_errors, connect_to_read, make_engine
from db.errors import LibraryDamaged, LibraryTooNew, LibraryUnusable, StorageFailed
from db.locks import locked
from db.schema import Base

MIGRATIONS = Path(__file__).parent / "migrations"
FILES = "files"                     # the folder that is made once the catalog is
VERSIONS = "alembic_version"        # the table with the revision
AFTER_A_LOSS = "`stylegram restore` puts a backup in its place, `stylegram check --repair` makes a new one"
_REVISION = re.compile(r"[0-9]{4}", re.ASCII)


def upgrade(path: Path) -> None:
    """Run the missing migrations on the catalog at `path`, which is made if it is missing.

    Raises LibraryTooNew, LibraryDamaged, LibraryBusy or StorageFailed.
    """
    head = revisions()[0]
    with catalog_errors(path), storage_errors():
        if _revision(path) == head:
            return
        busy = f"another program is upgrading {path}; try again later"
        with locked(path.parent / "upgrade.lock", busy, BUSY_TIMEOUT_S):
            revision = _revision(path)      # again: whoever held the lock may have done it all
            if revision == head:
                return
            if revision is not None:
                _back_up(path, revision)
            elif (path.parent / FILES).exists():    # made after a catalog, and never before one
                lost = "holds nothing" if path.exists() else "is gone"
                raise LibraryDamaged(f"{path} {lost}, and was a library's; {AFTER_A_LOSS}")
            _migrate(path)


def check_current(path: Path) -> None:
    """Raise StorageFailed if the catalog at `path`, which cannot be written, would have to be upgraded.

    Otherwise as above.
    """
    with catalog_errors(path), storage_errors():
        if _revision(path) is None and (path.parent / FILES).exists():
            raise LibraryDamaged(f"{path} holds nothing, and was a library's; {AFTER_A_LOSS}")
        if _revision(path) != revisions()[0]:
            raise StorageFailed(f"{path} has to be upgraded first, and {path.parent} is not writable")


def is_revision(value: object) -> bool:
    """Whether it is a revision's name, of this version or a later one."""
    return isinstance(value, str) and _REVISION.fullmatch(value) is not None


def revisions() -> list[str]:
    """All that this program knows, the newest first. By their files: Alembic is loaded by who upgrades alone."""
    return sorted((path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")), reverse=True)


def empty_catalog(revision: str = "head") -> sqlite3.Connection:
    """A catalog of this revision in memory, made by the migrations."""
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: made, poolclass=StaticPool)
    with engine.connect() as connection:
        _upgrade(connection, revision)
        connection.commit()
    return made


def _upgrade(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, revision)


def _revision(path: Path) -> str | None:
    """The schema revision of the catalog at `path`, None for a new one; reads without leaving a trace."""
    if not path.exists():
        return None
    with closing(connect_to_read(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if VERSIONS not in tables:
            ours = tables & Base.metadata.tables.keys()
            what = f"has lost its table {VERSIONS}" if len(ours) > 1 else "is the database of another program"
            raise LibraryDamaged(f"{path} {what}; {AFTER_A_LOSS}")
        (revision,) = connection.execute(f"SELECT max(version_num) FROM {VERSIONS}").fetchone()
    if not is_revision(revision):
        raise LibraryDamaged(f"{path} does not say which version wrote it; {AFTER_A_LOSS}")
    if revision not in revisions():
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


def _migrate(path: Path) -> None:
    # SQLite alters a table by copying and dropping it, which foreign keys would forbid; they are checked at the end.
    engine = make_engine(path, foreign_keys=False)
    try:
        with engine.execution_options(write=True).begin() as connection:
            _upgrade(connection, "head")
            _check_links(connection)
    finally:
        engine.dispose()


def _check_links(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        row, parent = f"row {broken[1]} of {broken[0]}", broken[2]
        raise LibraryUnusable(f"the upgrade would leave {row} without its {parent}; nothing was changed")
