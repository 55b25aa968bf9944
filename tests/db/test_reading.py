"""A library that cannot be written is read as it stands, and nobody who wants to write to it is misled."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db.errors import LibraryUnusable, StorageFailed
from db.library import CATALOG, open_library, read_library
from db.records import Role


@pytest.fixture
def sealed(make_image) -> Iterator[Path]:
    """A library with one image, on which nobody but root may write anything."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with open_library(root) as library:
            library.images.add(library.store.put_bytes(make_image()), "/a.png", Role.STYLE)
        seal(root)
        yield root
        for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
            folder.chmod(0o755)


def seal(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_what_is_there_is_read_and_nothing_is_left_behind(sealed, as_nobody):
    def read() -> None:
        with read_library(sealed) as library, library.lock("matrix"):
            (image,) = library.images.find(Role.STYLE)
            assert image.path.is_file()
            assert library.posts.counts()["posts"] == 0

    before = sorted(sealed.rglob("*"))
    assert as_nobody(read) == 0
    assert sorted(sealed.rglob("*")) == before


def test_whoever_wants_to_write_is_told(sealed, as_nobody):
    def write() -> None:
        with pytest.raises(StorageFailed, match="not writable"), open_library(sealed, create=False):
            pass
        with read_library(sealed) as library, pytest.raises(StorageFailed, match="cannot be written"):
            library.runs.start("scrape", "ana")

    assert as_nobody(write) == 0


def test_what_a_killed_run_left_in_the_wal_is_read_too(sealed, as_nobody, in_child):
    def write_and_die() -> None:
        with open_library(sealed) as library:
            library.runs.start("scrape", "ana")
            os.kill(os.getpid(), 9)

    def read() -> None:
        with read_library(sealed) as library:
            assert [run.target for run in library.runs.latest(5)] == ["ana"]

    for path in (sealed, *sealed.rglob("*")):
        path.chmod(0o755)
    assert in_child(write_and_die) == -9
    assert (sealed / f"{CATALOG}-wal").stat().st_size
    seal(sealed)
    assert as_nobody(read) == 0


def test_one_that_would_have_to_be_upgraded_first_says_so(sealed, as_nobody):
    def read() -> None:
        with pytest.raises(StorageFailed, match="has to be upgraded first"), read_library(sealed):
            pass

    sealed.chmod(0o755)
    (sealed / CATALOG).chmod(0o644)
    with closing(sqlite3.connect(sealed / CATALOG)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    for leftover in sealed.glob(f"{CATALOG}-*"):
        leftover.unlink()
    seal(sealed)
    assert as_nobody(read) == 0


def test_a_writable_one_is_opened_as_ever(root):
    with pytest.raises(LibraryUnusable, match="there is no library"), read_library(root):
        pass
    assert not root.exists()
    with open_library(root):
        pass
    shutil.rmtree(root / "files")
    with read_library(root) as library:
        library.runs.start("scrape", "ana")
    assert (root / "files" / "staging").is_dir()
