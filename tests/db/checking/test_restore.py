"""A library is made of what a backup has whole, in a place where nothing is."""

import tarfile
from pathlib import Path

import pytest

from db.backups.restore import restore
from db.errors import LibraryTooNew, LibraryUnusable
from db.migrate import VERSIONS
from tests.db.checking.conftest import execute
from tests.db.checking.copies import backed_up, kept, restored
from tests.db.checking.damage import files, flip


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
