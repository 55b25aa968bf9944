"""Whole or absent, and nothing removed that is not ours."""

import errno
from pathlib import Path

import pytest

from db.atomic import whole_file, whole_folder
from db.errors import OutputRefused, StorageFailed
from tests.conftest import Journal


def anything(folder: Path) -> None:
    """Every folder may go."""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_that_was_cut_short_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write() -> None:
        with whole_file(target) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert target.read_text() == "old"
    assert names(tmp_path) == {"a.txt"}


def test_a_file_takes_its_place_and_makes_the_way(tmp_path: Path) -> None:
    with whole_file(tmp_path / "new" / "way" / "a.txt") as part:
        part.write_text("whole")
    assert (tmp_path / "new" / "way" / "a.txt").read_text() == "whole"


def test_a_folder_that_was_cut_short_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "page"
    target.mkdir()
    (target / "old").touch()

    def write() -> None:
        with whole_folder(target, anything) as building:
            (building / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert names(target) == {"old"}
    assert names(tmp_path) == {"page"}


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "way" / "page"
    for name in ("first", "second"):
        with whole_folder(target, anything) as building:
            (building / name).touch()
    assert names(target) == {"second"}
    assert names(target.parent) == {"page"}


def test_a_kill_between_the_two_renames_is_healed_by_the_next_run(tmp_path: Path) -> None:
    (tmp_path / ".page.stylegram-old").mkdir()
    (tmp_path / ".page.stylegram-old" / "kept").touch()
    (tmp_path / ".page.stylegram-new").mkdir()
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "page", anything):
        raise RuntimeError("and this run fails, too")
    assert names(tmp_path) == {"page"}
    assert names(tmp_path / "page") == {"kept"}


def test_a_folder_that_may_not_go_is_refused_before_and_after_the_work(tmp_path: Path) -> None:
    target = tmp_path / "page"

    def only_empty(folder: Path) -> None:
        if names(folder):
            raise OutputRefused("not empty")

    def write() -> None:
        with whole_folder(target, only_empty):
            target.mkdir()
            (target / "came in between").touch()

    with pytest.raises(OutputRefused):
        write()
    assert names(target) == {"came in between"}
    with pytest.raises(OutputRefused), whole_folder(target, only_empty):
        pytest.fail("the work began")
    assert names(tmp_path) == {"page"}


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    with whole_folder(tmp_path / "link", anything) as building:
        (building / "page").touch()
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == {"page"}


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed), whole_folder(tmp_path / "page", anything):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == set()


def test_a_file_is_durable_before_it_takes_the_place_of_the_old_one(tmp_path: Path, journal: Journal) -> None:
    for text in ("old", "new"):
        with whole_file(tmp_path / "a.txt") as part:
            part.write_text(text)
        assert journal.missing(tmp_path / "a.txt") == []


def test_a_folder_is_durable_with_all_that_is_in_it_before_it_takes_the_place_of_the_old_one(
    tmp_path: Path, journal: Journal
) -> None:
    for text in ("old", "new"):
        with whole_folder(tmp_path / "page", anything) as building:
            (building / "images").mkdir()
            for path in (building / "index.html", building / "images" / "1.png"):
                path.write_text(text)
        assert journal.missing(tmp_path / "page") == []
