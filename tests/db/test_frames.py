"""The pictures on the way: a folder whole or absent, and gone with what they were made from."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.frames import Frames
from db.records import ResultKey
from tests.conftest import Journal

KEY = ResultKey("ab" * 32, "cd" * 32, "ef" * 32)


def test_frames_are_found_in_order_and_replaced_as_a_whole(tmp_path: Path) -> None:
    frames = Frames(tmp_path)
    assert (frames.has(KEY), frames.find(KEY)) == (False, [])
    frames.save(KEY, [(1, b"one"), (20, b"twenty"), (3, b"three")])
    assert [(frame.evaluation, frame.path.read_bytes()) for frame in frames.find(KEY)] == [
        (1, b"one"), (3, b"three"), (20, b"twenty")]
    frames.save(KEY, [(1, b"new")])
    assert [frame.path.read_bytes() for frame in frames.find(KEY)] == [b"new"]
    assert len(list((tmp_path / "frames").iterdir())) == 1


def test_a_kill_while_they_are_written_leaves_the_old_ones(tmp_path: Path, in_child: Callable[..., int]) -> None:
    Frames(tmp_path).save(KEY, [(1, b"old"), (2, b"old")])

    def be_killed() -> None:
        def some() -> Iterator[tuple[int, bytes]]:
            yield 1, b"new"
            os.kill(os.getpid(), signal.SIGKILL)
        Frames(tmp_path).save(KEY, some())

    assert in_child(be_killed) != 0
    assert [frame.path.read_bytes() for frame in Frames(tmp_path).find(KEY)] == [b"old", b"old"]
    Frames(tmp_path).save(KEY, [(1, b"new")])
    assert [frame.path.read_bytes() for frame in Frames(tmp_path).find(KEY)] == [b"new"]
    assert len(list((tmp_path / "frames").iterdir())) == 1


def test_those_of_an_image_go_whatever_it_was_for_and_no_others(tmp_path: Path) -> None:
    frames = Frames(tmp_path)
    other = ResultKey("11" * 32, "22" * 32, "ab" * 32)      # its recipe has the hash of an image, by chance
    for key in (KEY, ResultKey("33" * 32, "ab" * 32, "44" * 32), other):
        frames.save(key, [(1, b"x")])
    frames.forget(["ab" * 32])
    assert [path.name for path in (tmp_path / "frames").iterdir()] == ["-".join(("11" * 8, "22" * 8, "ab" * 8))]
    frames.forget(["55" * 32])


def test_they_are_durable_before_they_take_the_place_of_the_old_ones(tmp_path: Path, journal: Journal) -> None:
    frames = Frames(tmp_path)
    for data in (b"old", b"new"):
        frames.save(KEY, [(1, data), (2, data)])
        assert journal.missing(frames.find(KEY)[0].path.parent) == []


def test_a_kill_between_the_two_renames_is_healed_by_the_next_run(tmp_path: Path, in_child: Callable[..., int]) -> None:
    Frames(tmp_path).save(KEY, [(1, b"old")])

    def be_killed() -> None:
        rename = Path.rename

        def once(path: Path, target: Path) -> None:
            rename(path, target)
            os.kill(os.getpid(), signal.SIGKILL)

        Path.rename = once      # type: ignore[method-assign, assignment]
        Frames(tmp_path).save(KEY, [(1, b"new")])

    def cut_short() -> Iterator[tuple[int, bytes]]:
        yield 1, b"half"
        raise RuntimeError

    assert in_child(be_killed) != 0
    with pytest.raises(RuntimeError):
        Frames(tmp_path).save(KEY, cut_short())
    assert [frame.path.read_bytes() for frame in Frames(tmp_path).find(KEY)] == [b"old"]
