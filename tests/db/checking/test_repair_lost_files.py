"""What a repair does about a file that is lost: it is fetched, made or taken in again, and then all is as before."""

import os
from pathlib import Path

from db.library import open_library
from db.records import ResultStatus, Role
from tests.db.checking.conftest import execute, picture
from tests.db.checking.damage import flip
from tests.db.checking.mending import checked, repaired, rows


def test_a_lost_slide_is_fetched_again_and_the_library_is_as_if_nothing_had_been(root: Path) -> None:
    query = 'SELECT "index", status, file_id, is_full_size, reason FROM slides'
    before, images = rows(root, query), rows(root, "SELECT id, file_id FROM images")
    with open_library(root) as library:
        assert library.posts.unfinished("1")[0].slides_saved == 2
        path = library.images.get(1).path
    path.unlink()
    repaired(root)
    with open_library(root) as library:
        (state,) = library.posts.unfinished("1")
        assert (state.slides_saved, library.posts.open_slides("10")) == (1, [0, 2])
        assert [image.id for image in library.images.find()] == [2, 3]
        library.posts.slide_saved("10", 0, library.store.put_bytes(picture("red")), "https://x/0.jpg", True)
        assert library.images.get(1).path == path
        assert len(library.results.find(ResultStatus.DONE)) == 2
    assert (rows(root, query), rows(root, "SELECT id, file_id FROM images")) == (before, images)
    assert checked(root) == []


def test_a_lost_result_is_to_be_made_again_whatever_failed_before(root: Path) -> None:
    with open_library(root) as library:
        result = library.results.get(1)
        assert result.path is not None
        os.truncate(result.path, 10)
    repaired(root)
    with open_library(root) as library:
        assert dict(library.results.attempts("r"))[result.record.key] == 0
        again = library.results.get(1)
        assert (again.record.status, again.path) == (ResultStatus.FAILED, None)


def test_pairs_that_failed_of_a_lost_image_are_tried_again(root: Path) -> None:
    execute(root, "UPDATE results SET attempts = 3 WHERE status = 'failed'")
    with open_library(root) as library:
        library.images.get(1).path.unlink()
    repaired(root)
    assert rows(root, "SELECT attempts FROM results WHERE status = 'failed'") == [(0,)]


def test_an_image_of_ones_own_comes_back_from_where_it_was_added(root: Path, tmp_path: Path) -> None:
    origin = tmp_path / "green.png"
    origin.write_bytes(picture("green", "PNG"))
    execute(root, f"UPDATE additions SET origin = '{origin}'")
    with open_library(root) as library:
        path = library.images.get(3).path
    flip(path)
    (done,) = repaired(root)
    assert str(origin) in done.done
    assert path.read_bytes() == origin.read_bytes()
    with open_library(root) as library:
        assert library.images.get(3).role is Role.STYLE


def test_an_image_of_ones_own_that_is_gone_is_no_image_until_it_is_added_again(root: Path) -> None:
    with open_library(root) as library:
        path = library.images.get(3).path
    path.unlink()
    (done,) = repaired(root)
    assert "/own/green.png" in done.done
    with open_library(root) as library:
        assert [image.id for image in library.images.find()] == [1, 2]
        stored = library.store.put_bytes(picture("green", "PNG"))
        assert library.images.add(stored, "/elsewhere.png", Role.STYLE)[0] == 3
    assert rows(root, "SELECT * FROM lost_files") == []
    assert checked(root) == []
