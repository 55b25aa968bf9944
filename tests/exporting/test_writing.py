"""Files while they are written: all of their bytes, and nothing left open."""

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from pathlib import Path

import pytest

from db import hashing
from db.errors import StorageFailed
from exporting.writing import Hashed, OnTheWay
from tests.exporting.conftest import Collection, noise


def test_a_system_that_takes_less_at_a_time_gets_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, memoryview(data)[:100_000]))
    data = noise(9, "PNG", size=(900, 900))
    assert len(data) > hashing.PIECE_BYTES
    file = Hashed(str(tmp_path / "a.png"))
    assert file.write(data) == file.tell() == len(data)
    os.close(file.handle)
    assert ((tmp_path / "a.png").read_bytes(), file.sha256()) == (data, hashing.sha256_of(data))


def test_what_another_writes_behind_it_is_hashed_as_well(tmp_path: Path) -> None:
    """Small pieces, none at all, and one of several reads."""
    file = Hashed(str(tmp_path / "a"))
    data = os.urandom(3_000_000)
    with Path(file.path).open("ab", buffering=0) as other:
        for start, end in pairwise((0, 1, 10, 5_000, 5_000, 900_000, len(data))):
            other.write(data[start:end])
            file.take_up()
            assert (file.tell(), file.sha256()) == (end, hashing.sha256_of(data[:end]))
    os.close(file.handle)


def test_of_files_on_their_way_no_more_are_open_than_was_said(tmp_path: Path) -> None:
    before = open_handles()
    on_the_way = OnTheWay(3)
    for number in range(9):
        handle = os.open(tmp_path / str(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(handle, b"some bytes")
        on_the_way.add(handle)
        assert open_handles() == before + min(number + 1, 3)
    on_the_way.close()
    assert open_handles() == before


def test_files_on_their_way_are_closed_where_the_disk_fails_at_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close, before = os.close, open_handles()
    on_the_way = OnTheWay()
    handles = [os.open(tmp_path / str(number), os.O_WRONLY | os.O_CREAT) for number in range(5)]
    for handle in handles:
        on_the_way.add(handle)

    def failing(handle: int) -> None:
        close(handle)
        if handle == handles[2]:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "close", failing)
    with pytest.raises(OSError, match="Input/output"):
        on_the_way.close()
    on_the_way.close()
    assert open_handles() == before


@pytest.mark.parametrize("is_full", [False, True])
def test_an_export_leaves_nothing_open(
    small: Collection, is_full: bool, full_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    small.export()      # what is loaded on the way opens files of its own
    small.own("large.png", noise(9, "PNG", size=(300, 300)))
    before = open_handles()
    with full_disk(8_000) if is_full else nullcontext(), pytest.raises(StorageFailed) if is_full else nullcontext():
        small.export()
    assert open_handles() == before


def open_handles() -> int:
    return len(list(Path("/dev/fd").iterdir()))
