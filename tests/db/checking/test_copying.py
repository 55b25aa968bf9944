"""One file of a backup: its own bytes, those of its hash, and nothing half under any name."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from db.backups import copying
from tests.db.checking.copies import backed_up
from tests.db.checking.damage import files, flip
from tests.db.checking.mending import checked

NO_HASH = "0" * 64


def test_a_copy_shares_no_bytes_with_the_original(root: Path, tmp_path: Path) -> None:
    backed_up(root, tmp_path / "backup")
    original = files(root)[0]
    copy = tmp_path / "backup" / original.relative_to(root)
    assert copy.stat().st_ino != original.stat().st_ino
    flip(original)
    assert checked(tmp_path / "backup") == []


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
    assert checked(tmp_path / "backup") == []


@pytest.mark.parametrize("source", ["/proc/self/mem", "/dev/null"], ids=["unreadable", "of another hash"])
def test_what_cannot_be_copied_leaves_nothing_of_itself(source: str, tmp_path: Path) -> None:
    with pytest.raises(copying.NotTheSame):
        copying.copy_verified(Path(source), tmp_path / "copy" / "a.jpg", NO_HASH)
    assert list((tmp_path / "copy").iterdir()) == []


@pytest.mark.parametrize("copy", [
    copying.copy_plain, lambda source, target: copying.copy_verified(source, target, NO_HASH)],
    ids=["plain", "verified"])
def test_a_full_disk_leaves_nothing_of_a_copy(
    copy: Callable[[Path, Path], object], noise: bytes, tmp_path: Path,
    full_disk: Callable[[int], AbstractContextManager[None]],
) -> None:
    source = tmp_path / "noise.png"
    source.write_bytes(noise)
    with full_disk(5000), pytest.raises(OSError, match="too large"):
        copy(source, tmp_path / "copy" / "noise.png")
    assert list((tmp_path / "copy").iterdir()) == []
