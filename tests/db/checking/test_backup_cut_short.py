"""A backup or a restore that a kill or a full disk cuts short: what was there before is there, and the next goes on."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from db.backups.restore import restore
from db.errors import LibraryUnusable, StorageFailed
from db.library import CATALOG, open_library
from db.records import Role
from tests.db.checking.conftest import picture
from tests.db.checking.copies import backed_up, kept, restored, rows
from tests.db.checking.killing import killed_at


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


def test_a_first_backup_that_is_killed_at_any_step_is_no_backup_yet_and_the_next_one_is(
    root: Path, tmp_path: Path
) -> None:
    step, killed = 0, True
    while killed:
        step += 1
        target, copy = tmp_path / f"at-{step}", tmp_path / f"copy-{step}"
        killed = killed_at(step, lambda target=target: backed_up(root, target))
        if killed and not (target / CATALOG).exists():
            with pytest.raises(LibraryUnusable):
                restored(target, copy)
            assert not copy.exists()
        backed_up(root, target)
        assert rows(restored(target, tmp_path / f"whole-{step}")) == rows(root)
    assert step > 9


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
    with full_disk(room), pytest.raises(StorageFailed):
        restore(tmp_path / "backup", tmp_path / "copy", lambda *_: None)
    assert not (tmp_path / "copy").exists()
    assert rows(restored(tmp_path / "backup", tmp_path / "copy")) == before
    assert backed_up(root, tmp_path / "backup").copied == 1
