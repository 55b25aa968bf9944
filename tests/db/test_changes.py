"""Whether the catalog has changed: by this process, by another, and not by looking."""

import sqlite3
from pathlib import Path

from db.changes import Changes
from db.library import open_library
from db.records import Role
from tests.gallery.conftest import picture


def test_a_change_is_told_once_whoever_made_it(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        changes = library.watch()
        assert changes.any()
        library.images.find()
        assert not changes.any()
        library.images.add(library.store.put_bytes(picture("red", (6, 4))), "/pictures/a.png", Role.CONTENT)
        assert changes.any()
        assert not changes.any()
        with sqlite3.connect(tmp_path / "catalog.sqlite") as other:
            other.execute("UPDATE additions SET role = 'style'")
        other.close()
        assert changes.any()
        assert not changes.any()


def test_who_asks_takes_nothing_from_another_who_asks(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        first, second = library.watch(), library.watch()
        assert [first.any(), second.any()] == [True, True]
        library.images.add(library.store.put_bytes(picture("red", (6, 4))), "/pictures/a.png", Role.CONTENT)
        assert [first.any(), second.any(), first.any()] == [True, True, False]


def test_of_a_catalog_that_nobody_can_write_there_is_one_state(tmp_path: Path) -> None:
    changes = Changes(tmp_path / "none.sqlite", is_writable=False)
    assert [changes.any(), changes.any()] == [True, False]
    changes.close()
