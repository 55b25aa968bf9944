"""A file under its final name is whole and verified; a disk that says no breaks nothing."""

import errno
import hashlib
import os
import time
from pathlib import Path

import pytest

from db import atomic, store
from db.disk import storage_errors
from db.errors import PictureRefused, StorageFailed


def stored_files(root: Path) -> list[Path]:
    return [path for path in (root / "files").rglob("*") if path.is_file()]


def test_a_file_is_named_by_its_bytes_and_its_format(library, make_image):
    data = make_image(image_format="JPEG")
    stored = library.store.put_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    assert stored.sha256 == sha256
    assert stored.path == library.root / "files" / sha256[:2] / f"{sha256}.jpg"
    assert stored.path.read_bytes() == data
    assert stored.size_bytes == len(data)


def test_the_same_bytes_are_one_file(library, make_image, tmp_path):
    source = tmp_path / "again.png"
    source.write_bytes(make_image())
    assert library.store.put_bytes(make_image()) == library.store.put_copy(source)
    assert len(stored_files(library.root)) == 1


def test_the_path_in_the_catalog_is_relative_and_leads_back(library, make_image):
    stored = library.store.put_bytes(make_image())
    relative = library.store.relative(stored)
    assert relative == f"files/{stored.sha256[:2]}/{stored.sha256}.png"
    assert library.store.absolute(relative) == stored.path


def test_a_staged_download_is_moved_not_copied(library, make_image):
    staged = library.store.staging_path("1_0.part")
    staged.write_bytes(make_image())
    stored = library.store.commit(staged)
    assert stored_files(library.root) == [stored.path]


def test_a_refused_download_leaves_nothing(library):
    staged = library.store.staging_path("1_0.part")
    staged.write_bytes(b"<html>")
    with pytest.raises(PictureRefused):
        library.store.commit(staged)
    with pytest.raises(PictureRefused):
        library.store.put_bytes(b"{}")
    assert stored_files(library.root) == []


def test_a_copied_source_stays_untouched(library, make_image, tmp_path):
    source = tmp_path / "mine.png"
    source.write_bytes(make_image())
    before = source.stat()
    library.store.put_copy(source)
    assert source.read_bytes() == make_image()
    assert (source.stat().st_mtime_ns, source.stat().st_mode) == (before.st_mtime_ns, before.st_mode)


def test_a_source_that_cannot_be_read_is_one_bad_item(library, make_image, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    large = tmp_path / "large.png"
    large.write_bytes(make_image())     # an image by itself, were it cut at the bound
    os.truncate(large, store.MAX_BYTES + 1)
    for name in ("none.png", "pipe.png", "large.png", "."):
        with pytest.raises(PictureRefused):
            library.store.put_copy(tmp_path / name)
    assert stored_files(library.root) == []


def test_a_damaged_file_is_healed_when_its_bytes_come_again(library, make_image):
    path = library.store.put_bytes(make_image()).path
    path.write_bytes(b"rotten")
    assert library.store.put_bytes(make_image()).path == path
    assert path.read_bytes() == make_image()


def test_the_file_is_durable_before_it_has_its_name_and_the_name_before_we_return(library, make_image, monkeypatch):
    steps = []
    sync, replace = store.sync, Path.replace
    for module in (atomic, store):
        monkeypatch.setattr(module, "sync", lambda path: (steps.append(("sync", path)), sync(path)))
    monkeypatch.setattr(Path, "replace", lambda path, to: (steps.append(("replace", to)), replace(path, to)))
    staged = library.store.staging_path("1_0.part")
    staged.write_bytes(make_image())
    final = library.store.commit(staged).path
    assert steps == [
        ("sync", staged), ("replace", final), ("sync", final.parent), ("sync", library.root / "files"),
    ]


def test_a_full_disk_is_told_and_the_next_try_works(library, noise, full_disk):
    with full_disk(50_000), pytest.raises(StorageFailed, match="File too large"):
        library.store.put_bytes(noise)
    assert stored_files(library.root) == []
    assert library.store.put_bytes(noise).path.read_bytes() == noise


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_to_sync_keeps_the_download_for_the_next_try(code, library, make_image, monkeypatch):
    def fail(handle: int) -> None:
        raise OSError(code, f"so many words of a library's own {code}")

    staged = library.store.staging_path("1_0.part")
    staged.write_bytes(make_image())
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageFailed, match=os.strerror(code)) as caught:
            library.store.commit(staged)
    assert ("full" in str(caught.value)) == (code in (errno.ENOSPC, errno.EDQUOT))
    assert stored_files(library.root) == [staged]
    assert library.store.commit(staged).path.read_bytes() == make_image()


def test_what_cannot_be_stored_is_told_also_where_nothing_can_be_removed(library, noise, monkeypatch):
    """Found by the campaign: the word of the staged file, which stayed, hid that of the disk."""
    def refuse(path, *, missing_ok=False):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(store, "put", lambda *_: refuse("the store"))
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageFailed):
        library.store.put_bytes(noise)


def test_errors_that_are_no_fault_of_the_disk_pass_as_they_are():
    with pytest.raises(NotADirectoryError), storage_errors():
        raise OSError(errno.ENOTDIR, "not a folder")


def test_only_downloads_that_nobody_touched_for_a_week_are_cleared(library):
    fresh, stale, future = (library.store.staging_path(name) for name in ("fresh", "stale", "future"))
    for path, age_days in ((fresh, 6), (stale, 8), (future, -10)):
        path.touch()
        os.utime(path, (time.time() - age_days * 86_400,) * 2)
    assert library.store.clear_stale() == 1
    assert sorted(stored_files(library.root)) == [fresh, future]


def test_the_folders_of_a_new_library_are_durable_before_anything_is_put_into_them(tmp_path, journal):
    store.FileStore(tmp_path).make_folders()
    assert journal.was_synced(tmp_path)
    assert journal.was_synced(tmp_path / "files")


def test_nothing_that_was_synced_stays_open(library, make_image):
    before = len(list(Path("/proc/self/fd").iterdir()))
    library.store.put_bytes(make_image())
    assert len(list(Path("/proc/self/fd").iterdir())) == before
