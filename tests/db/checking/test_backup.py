"""A backup is whole at every moment, and a library that is restored is the one that it was made of."""

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from db.backups import backup as making
from db.errors import LibraryBusy, OutputRefused
from db.library import CATALOG, open_library
from db.locks import locked
from db.records import Role
from tests.db.checking.conftest import execute, picture
from tests.db.checking.copies import backed_up, kept, restored, rows
from tests.db.checking.damage import files, flip
from tests.db.checking.mending import checked

FORK = multiprocessing.get_context("fork")


def test_what_is_restored_is_what_was_backed_up(root: Path, target: Path, tmp_path: Path) -> None:
    assert backed_up(root, target).copied == 5
    copy = restored(target, tmp_path / "copy")
    assert (rows(copy), kept(copy)) == (rows(root), kept(root))
    assert checked(copy) == []
    with open_library(copy, create=False) as library:
        assert len(library.images.find()) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "disk", "library"]
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_only_what_is_new_is_copied(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    backed_up(root, target)
    times = {path: path.stat().st_mtime_ns for path in target.glob("files/??/*")}
    with open_library(root) as library:
        library.images.add(library.store.put_bytes(picture("white")), "/own/white.jpg", Role.CONTENT)
    report = backed_up(root, target)
    assert (report.copied, report.known, report.damage) == (1, 5, [])
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    assert rows(restored(target, tmp_path / "copy")) == rows(root)


def test_a_backup_is_a_library_that_can_be_checked(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    assert checked(tmp_path / "backup") == []


def test_a_backup_keeps_what_the_library_has_no_more(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    with open_library(root) as library:
        made = library.results.get(1).path
        assert made is not None
    execute(root, "DELETE FROM results WHERE id = 1", "DELETE FROM files WHERE path LIKE '%/" + made.name + "'")
    made.unlink()
    assert backed_up(root, tmp_path / "backup").known == 4
    assert (tmp_path / "backup" / made.relative_to(root)).exists()
    assert [finding for finding in checked(tmp_path / "backup") if finding.kind.is_damage] == []
    assert not (restored(tmp_path / "backup", tmp_path / "copy") / made.relative_to(root)).exists()


def test_what_is_damaged_is_told_and_takes_the_place_of_nothing_good(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    good = kept(tmp_path / "backup")
    first, second, third = files(root)[:3]
    flip(first)
    second.unlink()
    with open_library(root) as library:
        stored = library.store.put_bytes(picture("white"))
        library.images.add(stored, "/own/white.jpg", Role.CONTENT)
    flip(stored.path)
    report = backed_up(root, tmp_path / "backup")
    assert [path for path, _ in report.damage] == [stored.path.relative_to(root).as_posix()]
    assert kept(tmp_path / "backup") == good
    report = backed_up(root, tmp_path / "b.tar")
    assert {path for path, _ in report.damage} == {
        path.relative_to(root).as_posix() for path in (first, second, stored.path)}
    assert third.is_file()


def test_a_copy_that_became_short_is_made_again(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    os.truncate(files(tmp_path / "backup")[0], 10)
    assert backed_up(root, tmp_path / "backup").copied == 1
    assert checked(tmp_path / "backup") == []


def test_what_a_run_has_not_checkpointed_is_in_the_backup(root: Path, target: Path, tmp_path: Path) -> None:
    with open_library(root) as library:
        library.images.add(library.store.put_bytes(picture("white")), "/own/white.jpg", Role.CONTENT)
        assert (root / f"{CATALOG}-wal").exists()
        backed_up(root, target)
        copy = restored(target, tmp_path / "copy")
    assert rows(copy) == rows(root)


def test_beside_a_run_that_writes_every_backup_is_whole(root: Path, tmp_path: Path) -> None:
    def run() -> None:
        with open_library(root) as library:
            for number in range(40):
                stored = library.store.put_bytes(picture(f"#{number:02x}00ff"))
                library.images.add(stored, f"/own/{number}.jpg", Role.CONTENT)

    process = FORK.Process(target=run)
    process.start()
    backups = 0
    while process.is_alive() or not backups:
        assert backed_up(root, tmp_path / "backup").damage == []
        assert checked(tmp_path / "backup") == []
        backups += 1
    process.join()
    assert process.exitcode == 0


def test_what_is_forgotten_while_it_is_copied_is_no_damage(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_library(root) as library:
        path = library.images.get(3).path
    copy_one, done = making._copy_one, []

    def forgotten(*arguments: Any) -> None:
        if not done:
            done.append(1)
            execute(root, "PRAGMA foreign_keys = OFF", "DELETE FROM results", "DELETE FROM additions",
                    "DELETE FROM images WHERE id = 3", "DELETE FROM files WHERE id = 3")
            path.unlink()
        copy_one(*arguments)

    monkeypatch.setattr(making, "_copy_one", forgotten)
    assert backed_up(root, tmp_path / "backup").damage == []
    assert rows(restored(tmp_path / "backup", tmp_path / "copy")) == rows(root)


def test_nothing_is_ever_overwritten(root: Path, target: Path, tmp_path: Path) -> None:
    backed_up(root, target)
    before = rows(root)
    for place in (root, tmp_path):
        with pytest.raises(OutputRefused, match="holds something"):
            restored(target, place)
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OutputRefused):
        restored(target, tmp_path / "file")
    assert (rows(root), (tmp_path / "file").read_text()) == (before, "precious")
    (tmp_path / "empty").mkdir()
    assert rows(restored(target, tmp_path / "empty")) == before


def test_a_folder_of_something_else_is_no_place_for_a_backup(root: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"precious")
    for place in (tmp_path / "photos", tmp_path / "photos" / "a.jpg", root / "inside", root, tmp_path):
        with pytest.raises(OutputRefused):
            backed_up(root, place)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["a.jpg"]
    assert not (root / "inside").exists()


def test_one_backup_is_written_at_a_time(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    with locked(tmp_path / "backup" / "backup.lock", "busy"), pytest.raises(LibraryBusy):
        backed_up(root, tmp_path / "backup")


def test_the_note_says_when_it_was_last_whole(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    note = json.loads((tmp_path / "backup" / "backup.json").read_text())
    assert (note["finished"], note["files"], note["damaged"]) == (True, 5, 0)
