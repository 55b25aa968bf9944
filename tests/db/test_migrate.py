"""An upgrade keeps everything, takes a backup first, and is whole or absent; newer catalogs are left alone."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from db import atomic, migrate
from db.engine import make_engine
from db.errors import LibraryBusy, LibraryTooNew, LibraryUnusable, StorageFailed
from db.library import CATALOG, open_library
from db.locks import locked
from db.records import Role
from db.schema import Base

HEAD = "0008"
BACKUP = f"catalog.before-{HEAD}.sqlite"
# Copies the table that others point at, which is what SQLite makes of most changes.
NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "HEAD", None, None


def upgrade():
    with op.batch_alter_table("files") as files:
        files.add_column(sa.Column("note", sa.String(), server_default="none"))
        files.alter_column("media_type", type_=sa.Text())
    BODY
"""
OF_THE_FIRST_SCHEMA = (
    "INSERT INTO profiles VALUES ('1', 'ana', 'Ana', 'content', 0, '2026-01-01 00:00:00', '2026-01-02 00:00:00')",
    "INSERT INTO posts VALUES ('10', 'Cabc', '1', 'carousel', NULL, NULL, '2026-01-01 00:00:00')",
    "INSERT INTO profile_posts VALUES ('1', '10')",
    "INSERT INTO slides (post_pk, \"index\", pk, status, attempts) VALUES ('10', 0, '10-0', 'pending', 0)",
    "INSERT INTO slides (post_pk, \"index\", pk, status, attempts) VALUES ('10', 1, '10-1', 'video', 0)",
    "INSERT INTO runs VALUES (1, 'scrape', 'ana', '2026-01-01 00:00:00', NULL, NULL, '{}')",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
    "INSERT INTO alembic_version VALUES ('0001')",
)
# Images 1, 2 and 6, results 3 and 4, and 5, which a larger file took the place of; what is left out is left to chance.
OF_THE_FOURTH_SCHEMA = (
    *(f"INSERT INTO files VALUES ({number}, '{name}', '{name}.png', 9, 'image/png', 8, 8, '2026-01-01 00:00:00')"
      for number, name in enumerate("abcdef", start=1)),
    *(f"INSERT INTO additions (file_id, origin, role, added_at) VALUES ({number}, '/', 'style', '2026-01-01 00:00:00')"
      for number in (1, 2)),
    "UPDATE additions SET caption = 'an old one' WHERE file_id = 2",
    "UPDATE slides SET status = 'saved', file_id = 6, alt_text = 'old' WHERE \"index\" = 0",
    "INSERT INTO former_files VALUES ('10', 0, 5, '2026-01-01 00:00:00')",
    "INSERT INTO results (content_id, style_id, recipe_hash, recipe, size, steps, seed, status, attempts, file_id, "
    "details, created_at) VALUES (5, 2, 'h', 'gatys', 8, 1, 0, 'done', 1, 3, '{}', '2026-01-01 00:00:00')",
    "UPDATE alembic_version SET version_num = '0004'",
)


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


@pytest.fixture
def next_version(tmp_path, monkeypatch):
    """A stylegram with one more migration, that also does what it is told."""

    def install(body: str = "") -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(migrate.MIGRATIONS, folder)
        head = sorted(path.name[:4] for path in folder.glob("versions/[0-9]*.py"))[-1]
        script = NEXT.replace("BODY", body).replace("HEAD", head)
        (folder / "versions" / "9999_the_next_schema.py").write_text(script)
        monkeypatch.setattr(migrate, "MIGRATIONS", folder)

    return install


@pytest.fixture
def used(root, make_image) -> Path:
    """A library of this version with something in it."""
    with open_library(root) as library:
        library.images.add(library.store.put_bytes(make_image()), "/a.png", Role.STYLE)
    return root


def test_the_migrations_lead_to_the_tables_of_the_code(library):
    engine = make_engine(library.root / CATALOG)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "compare_type": True, "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith("image_texts"),   # of SQLite
        })
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_an_upgrade_keeps_all_data_and_the_backup_is_the_catalog_before_it(used, next_version):
    with open_library(used) as library:
        images = library.images.find()
    next_version()
    with open_library(used) as library:
        assert library.images.find() == images
    assert revision(used / CATALOG) == "9999"
    assert revision(used / BACKUP) == HEAD
    with closing(sqlite3.connect(used / BACKUP)) as backup:
        assert backup.execute("SELECT count(*) FROM files").fetchone() == (1,)
    assert not list(used.glob("*.partial"))


def test_an_upgrade_from_the_first_schema_keeps_posts_slides_and_runs(root):
    first = import_module("db.migrations.versions.0001_the_first_schema")
    root.mkdir()
    engine = make_engine(root / CATALOG)
    with engine.execution_options(write=True).begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            first.upgrade()
        for statement in OF_THE_FIRST_SCHEMA:
            connection.exec_driver_sql(statement)
    engine.dispose()
    with open_library(root) as library:
        assert {"posts": 1, "slides_pending": 1, "slides_video": 1}.items() <= library.posts.counts().items()
        assert library.posts.profile_named("ana").pk == "1"
        assert [run.target for run in library.runs.latest(5)] == ["ana"]
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        assert connection.execute("SELECT pk, is_video FROM slides").fetchall() == [("10-0", 0), ("10-1", 1)]
    assert revision(root / "catalog.before-0001.sqlite") == "0001"


def test_an_upgrade_leaves_every_image_its_number(root, make_image):
    """Of a time when an image's number was that of its file, and a result's file had one, too."""
    root.mkdir()
    engine = make_engine(root / CATALOG)
    with (
        engine.execution_options(write=True).begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        for number in range(1, 5):
            (script,) = (migrate.MIGRATIONS / "versions").glob(f"000{number}_*.py")
            import_module(f"db.migrations.versions.{script.stem}").upgrade()
            for statement in {1: OF_THE_FIRST_SCHEMA, 4: OF_THE_FOURTH_SCHEMA}.get(number, ()):
                connection.exec_driver_sql(statement)
    engine.dispose()
    with open_library(root) as library:
        assert [(image.id, image.sha256) for image in library.images.find()] == [(1, "a"), (2, "b"), (6, "f")]
        with closing(sqlite3.connect(root / CATALOG)) as connection:     # what was said before there was an index
            query = "SELECT rowid FROM image_texts WHERE image_texts MATCH 'old'"
            assert connection.execute(query).fetchall() == [(2,), (6,)]
        (result,) = library.results.find()
        assert (result.content_id, result.style_id, result.path.name) == (5, 2, "c.png")
        stored = library.store.put_bytes(make_image())
        assert library.images.add(stored, "/new.png", Role.STYLE) == (7, True)


def test_an_upgrade_happens_once(used, next_version):
    next_version()
    with open_library(used):
        pass
    before = tree(used)
    with open_library(used):
        pass
    assert tree(used) == before


def test_the_backup_holds_what_a_killed_run_left_in_the_wal(used, next_version, in_child):
    def write_and_die() -> None:
        with open_library(used) as library:
            library.runs.start("scrape", "ana")
            os.kill(os.getpid(), 9)

    assert in_child(write_and_die) == -9
    assert (used / f"{CATALOG}-wal").stat().st_size > 0
    next_version()
    with open_library(used) as library:
        assert len(library.runs.latest(5)) == 1
    with closing(sqlite3.connect(used / BACKUP)) as backup:
        assert backup.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_an_upgrade_that_fails_leaves_the_catalog_as_it_was(used, next_version):
    next_version("raise RuntimeError('in the middle')")
    with pytest.raises(RuntimeError), open_library(used):
        pass
    assert revision(used / CATALOG) == HEAD
    with closing(sqlite3.connect(used / CATALOG)) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(files)")}
        assert "note" not in columns
        assert connection.execute("SELECT count(*) FROM files").fetchone() == (1,)


def test_an_upgrade_killed_in_the_middle_is_done_by_the_next_run(used, next_version, in_child, monkeypatch):
    def upgrade_and_die() -> None:
        monkeypatch.setattr(migrate, "_check_links", lambda _: os.kill(os.getpid(), 9))
        migrate.upgrade(used / CATALOG)

    next_version()
    assert in_child(upgrade_and_die) == -9
    with open_library(used) as library:
        assert len(library.images.find()) == 1
    assert (revision(used / CATALOG), revision(used / BACKUP)) == ("9999", HEAD)


def test_a_backup_killed_in_the_middle_is_made_again(used, next_version, in_child, monkeypatch):
    def back_up_and_die() -> None:
        monkeypatch.setattr(atomic, "sync", lambda _: os.kill(os.getpid(), 9))
        migrate.upgrade(used / CATALOG)

    next_version()
    assert in_child(back_up_and_die) == -9
    assert revision(used / CATALOG) == HEAD
    assert not (used / BACKUP).exists()
    with open_library(used):
        pass
    assert (revision(used / CATALOG), revision(used / BACKUP)) == ("9999", HEAD)


def test_a_creation_killed_in_the_middle_is_done_by_the_next_run(root, in_child, monkeypatch):
    def create_and_die() -> None:
        monkeypatch.setattr(migrate, "_check_links", lambda _: os.kill(os.getpid(), 9))
        with open_library(root):
            pass

    assert in_child(create_and_die) == -9
    with open_library(root) as library:
        assert library.images.find() == []
    assert not list(root.glob("*.before-*"))


def test_an_upgrade_waits_for_another_one_and_not_for_ever(used, next_version, monkeypatch):
    next_version()
    monkeypatch.setattr(migrate, "BUSY_TIMEOUT_S", 0.1)
    with locked(used / "upgrade.lock", "busy"), pytest.raises(LibraryBusy), open_library(used):
        pass
    assert revision(used / CATALOG) == HEAD


def test_an_upgrade_that_another_program_did_meanwhile_is_not_done_again(used, next_version, monkeypatch):
    @contextmanager
    def locked_after_another(*arguments: object) -> Iterator[None]:
        monkeypatch.setattr(migrate, "locked", locked)
        migrate.upgrade(used / CATALOG)
        (used / BACKUP).rename(used / "theirs.sqlite")
        with locked(*arguments):
            yield

    next_version()
    monkeypatch.setattr(migrate, "locked", locked_after_another)
    with open_library(used):
        pass
    assert revision(used / CATALOG) == "9999"
    assert not (used / BACKUP).exists()


def test_an_upgrade_that_would_break_a_link_is_undone(used, next_version):
    next_version('op.execute("DELETE FROM files")')
    with pytest.raises(LibraryUnusable, match="of images without its files"), open_library(used):
        pass
    assert revision(used / CATALOG) == HEAD


def test_without_room_for_the_backup_nothing_is_upgraded(used, next_version, full_disk):
    next_version()
    with full_disk(20_000), pytest.raises(StorageFailed), open_library(used):
        pass
    assert revision(used / CATALOG) == HEAD
    assert not (used / BACKUP).exists()
    with open_library(used) as library:
        assert len(library.images.find()) == 1


@pytest.mark.parametrize("killed", [False, True])
def test_a_newer_catalog_is_refused_untouched(killed, root, in_child):
    def come_from_the_future() -> None:
        with closing(sqlite3.connect(root / CATALOG)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            connection.execute("INSERT INTO alembic_version VALUES ('9999')")
            connection.commit()
            if killed:
                os.kill(os.getpid(), 9)

    root.mkdir()
    assert in_child(come_from_the_future) == (-9 if killed else 0)
    before = tree(root)
    assert set(before) == ({CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm"} if killed else {CATALOG})
    with pytest.raises(LibraryTooNew, match="newer stylegram \\(schema 9999\\)"), open_library(root):
        pass
    shared_memory = f"{CATALOG}-shm"    # holds locks, no data
    after = tree(root)
    assert {name: data for name, data in after.items() if name != shared_memory} == {
        name: data for name, data in before.items() if name != shared_memory
    }
    assert set(after) == set(before)


def test_a_backup_is_durable_before_the_upgrade_begins(used, next_version, journal, monkeypatch):
    begun = []
    monkeypatch.setattr(migrate, "_migrate", lambda *_: begun.append(journal.missing(used / BACKUP)))
    next_version()
    migrate.upgrade(used / CATALOG)
    assert begun == [[]]


def test_the_names_of_the_migrations_tell_their_order() -> None:
    chain = ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions()
    assert migrate.revisions() == [script.revision for script in chain]
