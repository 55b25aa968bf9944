"""A backup is whole at every moment, and a library that is restored is the one that it was made of."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest

from db.backups import backup as making
from db.backups import copying
from db.backups.backup import BackupReport, back_up
from db.backups.restore import restore
from db.checking.check import Check, Scope
from db.checking.finding import Finding
from db.errors import LibraryBusy, LibraryTooNew, LibraryUnusable, OutputRefused, StorageFailed
from db.library import CATALOG, open_library
from db.locks import locked
from db.migrate import VERSIONS
from db.records import Role
from tests.db.checking.conftest import execute, picture
from tests.db.checking.damage import files, flip

FORK = multiprocessing.get_context("fork")


def backed_up(root: Path, target: Path) -> BackupReport:
    return back_up(root, target, lambda *_: None)


def restored(source: Path, root: Path) -> Path:
    assert restore(source, root, lambda *_: None).damage == []
    return root


def rows(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        tables = [name for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in tables}


def kept(root: Path) -> dict[str, str]:
    places = ("files/??/*", "frames/*/*.png", "samples/*.json.gz")
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for place in places for path in root.glob(place)}


def check(root: Path) -> list[Finding]:
    return list(Check(root, Scope(), lambda *_: None, lambda _: None).findings())


@pytest.fixture(params=["backup", "backup.tar"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "disk" / request.param


def test_what_is_restored_is_what_was_backed_up(root: Path, target: Path, tmp_path: Path) -> None:
    assert backed_up(root, target).copied == 5
    copy = restored(target, tmp_path / "copy")
    assert (rows(copy), kept(copy)) == (rows(root), kept(root))
    assert check(copy) == []
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
    assert check(tmp_path / "backup") == []


def test_a_backup_keeps_what_the_library_has_no_more(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    with open_library(root) as library:
        made = library.results.get(1).path
        assert made is not None
    execute(root, "DELETE FROM results WHERE id = 1", "DELETE FROM files WHERE path LIKE '%/" + made.name + "'")
    made.unlink()
    assert backed_up(root, tmp_path / "backup").known == 4
    assert (tmp_path / "backup" / made.relative_to(root)).exists()
    assert [finding for finding in check(tmp_path / "backup") if finding.kind.is_damage] == []
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
    assert check(tmp_path / "backup") == []


def test_a_copy_shares_no_bytes_with_the_original(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    original = files(root)[0]
    copy = tmp_path / "backup" / original.relative_to(root)
    assert copy.stat().st_ino != original.stat().st_ino
    flip(original)
    assert check(tmp_path / "backup") == []


def test_where_the_file_system_clones_the_clone_is_verified(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clones: list[int] = []

    def clone(source: int, target: int) -> bool:
        clones.append(target)
        os.write(target, os.pread(source, 1 << 20, 0))
        return True

    monkeypatch.setattr(copying, "_clone", clone)
    assert (backed_up(root, tmp_path / "backup").copied, len(clones)) == (5, 5)
    assert check(tmp_path / "backup") == []


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
        assert check(tmp_path / "backup") == []
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


def dying(step: int, work: Callable[[], object]) -> None:
    """Work that is killed at this fsync or rename of it."""
    steps = 0

    def then_die(act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments, **options)
        return counted

    os.fsync = then_die(os.fsync)                                   # type: ignore[assignment]
    Path.replace, Path.rename = then_die(Path.replace), then_die(Path.rename)   # type: ignore[method-assign]
    work()


def killed_at(step: int, work: Callable[[], object]) -> bool:
    process = FORK.Process(target=dying, args=(step, work))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def test_a_backup_that_is_killed_at_any_step_is_the_old_one_or_the_new_one(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    backed_up(root, old)
    before = rows(restored(old, tmp_path / "before"))
    with open_library(root) as library:
        library.images.add(library.store.put_bytes(picture("white")), "/own/white.jpg", Role.CONTENT)
    after, step, killed = rows(root), 0, True
    while killed:
        step += 1
        target, copy = tmp_path / f"at-{step}", tmp_path / f"copy-{step}"
        shutil.copytree(old, target)
        killed = killed_at(step, lambda target=target: backed_up(root, target))
        assert rows(restored(target, copy)) in (before, after)
        assert backed_up(root, target).damage == []
        shutil.rmtree(copy)
        assert rows(restored(target, copy)) == after
    assert step > 5


@pytest.mark.parametrize("form", ["backup", "backup.tar"])
def test_a_restore_that_is_killed_at_any_step_leaves_a_whole_library_or_none(
    root: Path, tmp_path: Path, form: str
) -> None:
    backed_up(root, tmp_path / form)
    step, killed, wanted = 0, True, rows(root)
    while killed:
        step += 1 if step < 3 else 9
        copy = tmp_path / f"copy-{step}"
        killed = killed_at(step, lambda copy=copy: restored(tmp_path / form, copy))
        assert not copy.exists() or rows(copy) == wanted
        if not copy.exists():
            restored(tmp_path / form, copy)
        assert (rows(copy), kept(copy)) == (wanted, kept(root))
    assert step > 12


def test_a_first_backup_that_was_killed_is_no_backup_yet(root: Path, tmp_path: Path) -> None:
    assert killed_at(6, lambda: backed_up(root, tmp_path / "backup"))
    with pytest.raises(LibraryUnusable, match="never finished"):
        restored(tmp_path / "backup", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    backed_up(root, tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "copy")


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


def test_a_damaged_backup_gives_back_what_is_whole_and_tells_the_rest(
    root: Path, target: Path, tmp_path: Path
) -> None:
    backed_up(root, target)
    if target.is_dir():
        path = files(target)[0]
        flip(path)
        wanted = path.relative_to(target).as_posix()
    else:
        with tarfile.open(target) as tar:
            member = next(member for member in tar if member.name.startswith("files/"))
        wanted, data = member.name, bytearray(target.read_bytes())
        data[member.offset_data + 5] ^= 1
        target.write_bytes(data)
    report = restore(target, tmp_path / "copy", lambda *_: None)
    assert (report.files, [path for path, _ in report.damage]) == (4, [wanted])
    assert not (tmp_path / "copy" / wanted).exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 10240])
def test_what_is_no_backup_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    (tmp_path / "folder").mkdir()
    for source in (tmp_path / "x.tar", tmp_path / "folder"):
        with pytest.raises(LibraryUnusable):
            restored(source, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_an_archive_cut_short_gives_nothing(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "b.tar")
    data = (tmp_path / "b.tar").read_bytes()
    for size in (700, len(data) // 2):
        (tmp_path / "b.tar").write_bytes(data[:size])
        with pytest.raises(LibraryUnusable):
            restored(tmp_path / "b.tar", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_names_of_an_archive_lead_nowhere_else(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "b.tar")
    (tmp_path / "evil").write_text("evil")
    with tarfile.open(tmp_path / "b.tar", "a") as tar:
        for name in ("../evil-out", "/tmp/evil-out", "frames/../../evil-out", "samples/../../evil.json.gz", "x.py"):
            tar.add(tmp_path / "evil", name)
    copy = restored(tmp_path / "b.tar", tmp_path / "copy")
    assert not list(tmp_path.rglob("evil-out"))
    assert kept(copy) == kept(root)
    assert not (copy / "x.py").exists()


def test_the_backup_of_a_newer_program_is_refused(root: Path, target: Path, tmp_path: Path) -> None:
    execute(root, f"UPDATE {VERSIONS} SET version_num = '9998'")
    backed_up(root, target)
    with pytest.raises(LibraryTooNew):
        restored(target, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("room", [100, 5_000, 40_000, 150_000])
def test_a_full_disk_is_told_and_the_backup_before_it_stays(
    root: Path, tmp_path: Path, full_disk: Callable[[int], AbstractContextManager[None]], room: int, noise: bytes
) -> None:
    backed_up(root, tmp_path / "backup")
    before = rows(root)
    with open_library(root) as library:
        library.images.add(library.store.put_bytes(noise), "/own/noise.png", Role.CONTENT)
    with full_disk(room), pytest.raises(StorageFailed):
        backed_up(root, tmp_path / "backup")
    assert not list((tmp_path / "backup" / "files").rglob("*.partial"))
    with full_disk(room), pytest.raises(StorageFailed):
        restore(tmp_path / "backup", tmp_path / "copy", lambda *_: None)
    assert not (tmp_path / "copy").exists()
    assert rows(restored(tmp_path / "backup", tmp_path / "copy")) == before
    assert backed_up(root, tmp_path / "backup").copied == 1


def test_the_note_says_when_it_was_last_whole(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    note = json.loads((tmp_path / "backup" / "backup.json").read_text())
    assert (note["finished"], note["files"], note["damaged"]) == (True, 5, 0)
