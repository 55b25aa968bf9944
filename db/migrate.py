"""Bring a catalog to this program's schema with Alembic.

An upgrade takes a backup first; a catalog from a newer program is refused untouched.
"""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from db.errors import LibraryTooNew

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, path: Path) -> None:
    """Run the missing migrations on the catalog at `path`. Raises LibraryTooNew."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None:
        if current not in {script.revision for script in scripts.walk_revisions()}:
            raise LibraryTooNew(
                f"{path} was written by a newer stylegram (schema {current}); upgrade stylegram to use it"
            )
        _back_up(path, current)
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _back_up(path: Path, revision: str) -> None:
    """Copy the catalog through SQLite's own backup, which sees what the WAL still holds."""
    source, target = sqlite3.connect(path), sqlite3.connect(path.with_suffix(f".before-{revision}.sqlite"))
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
