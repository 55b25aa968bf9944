"""A library opens anywhere or says why not, and one run of a kind works on it at a time."""

import os
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

import pytest

from db.errors import LibraryBusy, LibraryUnusable, StorageFailed
from db.library import CATALOG, open_library
from db.records import Role


def tree(root: Path) -> dict[str, bytes | None]:
    """Every file below a folder with its bytes, every folder with None."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None for path in root.rglob("*")
    }


@pytest.fixture
def open_folder():
    """A folder that everybody may enter and nobody but its owner may write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_new_library_is_made_with_its_parents(tmp_path):
    root = tmp_path / "deep" / "library"
    with open_library(root) as library:
        assert library.root == root
        assert library.posts.counts()["posts"] == 0
    assert (root / CATALOG).is_file()


def test_opening_again_finds_everything_and_changes_nothing(root, make_image):
    with open_library(root) as library:
        library.images.add(library.store.put_bytes(make_image()), "/a.png", Role.STYLE)
        images = library.images.find()
    before = tree(root)
    with open_library(root, create=False) as library:
        assert library.images.find() == images
    assert tree(root) == before


@pytest.mark.parametrize("name", ["with space", "50% off", "what?", "#1", "a?mode=ro#b", "ünï ☃", "%20", "'\"", "~"])
def test_a_library_may_have_any_name(name, tmp_path, make_image):
    root = tmp_path / name
    for expected in (0, 1):
        with open_library(root) as library:
            assert len(library.images.find()) == expected
            library.images.add(library.store.put_bytes(make_image()), "/a.png", Role.STYLE)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (root / CATALOG).is_file()


def test_a_relative_library_stays_where_it_was_when_the_program_moves(tmp_path, monkeypatch, make_image):
    monkeypatch.chdir(tmp_path)
    with open_library(Path("library")) as library:
        monkeypatch.chdir("/")
        library.images.add(library.store.put_bytes(make_image()), "/a.png", Role.STYLE)
        assert library.images.find()[0].path.is_file()
    assert (tmp_path / "library" / CATALOG).is_file()


def test_a_library_that_was_moved_still_finds_its_files(root, make_image):
    with open_library(root) as library:
        library.images.add(library.store.put_bytes(make_image()), "/a.png", Role.STYLE)
    with open_library(root.rename(root.with_name("moved"))) as library:
        assert library.images.find()[0].path.read_bytes() == make_image()


def test_without_create_a_missing_library_is_told_and_not_made(root):
    with pytest.raises(LibraryUnusable, match="there is no library"), open_library(root, create=False):
        pass
    assert not root.exists()


def test_what_is_not_a_folder_is_refused(tmp_path):
    file, loop = tmp_path / "file", tmp_path / "loop"
    file.write_text("precious")
    loop.symlink_to(loop)
    for root in (file, file / "library", loop, tmp_path / ("x" * 300)):
        with pytest.raises(LibraryUnusable), open_library(root):
            pass
    assert file.read_text() == "precious"


def test_a_catalog_that_is_a_folder_is_refused(root):
    (root / CATALOG).mkdir(parents=True)
    with pytest.raises(LibraryUnusable, match="not a file"), open_library(root):
        pass


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_catalog_that_is_no_database_is_refused_untouched(content, root):
    root.mkdir()
    (root / CATALOG).write_bytes(content)
    with pytest.raises(LibraryUnusable, match="damaged"), open_library(root):
        pass
    assert tree(root) == {CATALOG: content}


def test_the_database_of_another_program_is_refused_untouched(root):
    root.mkdir()
    with sqlite3.connect(root / CATALOG) as connection:
        connection.execute("CREATE TABLE cookies (value TEXT)")
    connection.close()
    before = tree(root)
    with pytest.raises(LibraryUnusable, match="another program"), open_library(root):
        pass
    assert tree(root) == before


def test_an_empty_catalog_left_by_a_kill_becomes_a_library(root):
    root.mkdir()
    (root / CATALOG).touch()
    with open_library(root, create=False) as library:
        assert library.images.find() == []


def test_a_read_only_folder_is_told(open_folder, as_nobody):
    def attempt() -> None:
        for root in (open_folder, open_folder / "library"):
            with pytest.raises(StorageFailed), open_library(root):
                pass

    if os.getuid() != 0:
        open_folder.chmod(0o555)
    assert as_nobody(attempt) == 0
    assert list(open_folder.iterdir()) == []


def test_a_folder_that_may_not_be_entered_is_told(open_folder, as_nobody):
    def attempt() -> None:
        with pytest.raises(StorageFailed), open_library(open_folder / "closed" / "library"):
            pass

    (open_folder / "closed").mkdir(mode=0)
    assert as_nobody(attempt) == 0


def test_a_read_only_catalog_is_told(open_folder, as_nobody):
    def attempt() -> None:
        with open_library(open_folder) as library, pytest.raises(StorageFailed, match="readonly"):
            library.runs.start("scrape", "ana")

    with open_library(open_folder):
        pass
    for path in (open_folder, *open_folder.rglob("*")):
        path.chmod(0o777)
    (open_folder / CATALOG).chmod(0o444)
    assert as_nobody(attempt) == 0


def test_a_second_run_of_the_same_kind_is_refused_at_once(root, in_child):
    def attempt() -> None:
        with open_library(root) as library, library.lock("stylize"):
            start = time.monotonic()
            with pytest.raises(LibraryBusy, match="another scrape run"), library.lock("scrape"):
                pass
            assert time.monotonic() - start < 5

    with open_library(root) as library, library.lock("scrape"):
        with pytest.raises(LibraryBusy), library.lock("scrape"):
            pass
        assert in_child(attempt) == 0


def test_a_lock_is_free_after_its_run_also_when_that_failed(library):
    with pytest.raises(ZeroDivisionError), library.lock("scrape"):
        raise ZeroDivisionError
    with library.lock("scrape"):
        pass


def test_a_killed_run_blocks_nobody(root, library, in_child):
    def work_and_die() -> None:
        with open_library(root) as own, own.lock("scrape"):
            own.posts.counts()
            os.kill(os.getpid(), 9)

    assert in_child(work_and_die) == -9
    with library.lock("scrape"):
        pass


def test_a_run_told_to_wait_gets_the_lock_when_it_is_free(library):
    held, about_to_let_go = threading.Event(), threading.Event()

    def hold_for_a_moment() -> None:
        with library.lock("scrape"):
            held.set()
            time.sleep(0.3)
            about_to_let_go.set()

    other = threading.Thread(target=hold_for_a_moment)
    other.start()
    held.wait()
    with library.lock("scrape", wait_s=30):
        assert about_to_let_go.is_set()
    other.join()


def test_a_lock_that_cannot_be_made_is_told(library):
    (library.root / "scrape.lock").symlink_to("/nowhere/at/all")
    with pytest.raises(LibraryUnusable, match=r"cannot lock .*scrape\.lock"), library.lock("scrape"):
        pass
