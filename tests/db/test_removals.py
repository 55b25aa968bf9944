"""What is taken back goes with what only it needed, and nothing else does; it comes back only by a person's hand."""

import os
import signal
from pathlib import Path

import pytest

from db.library import Library, open_library
from db.records import ResultKey, ResultRecord, ResultStatus, Role
from db.removals import Removed


@pytest.fixture
def wall(library, profile, make_post, make_image):
    """Images 1 (a post's), 2 and 3 (added); results 1 of 1 and 2, 2 of 3 and 2, with frames."""
    library.posts.save(make_post("10", slides=1), profile.pk)
    stored = [library.store.put_bytes(make_image(colour)) for colour in ("red", "lime", "blue")]
    library.posts.slide_saved("10", 0, stored[0], "https://x/1", True)
    for number in (1, 2):
        library.images.add(stored[number], f"/{number}.png", Role.STYLE)
    for number, content in enumerate((0, 2), 1):
        key = ResultKey(stored[content].sha256, stored[1].sha256, "r")
        picture = library.store.put_bytes(make_image("pink", size=(9, number)))
        library.results.save(ResultRecord(key, "gatys", 64, 5, 0, ResultStatus.DONE), picture)
        library.frames.save(key, [(1, b"on the way")])
    return library


def files(library: Library) -> int:
    return len([path for path in library.root.glob("files/??/*") if path.is_file()])


def rows_and_files_agree(library: Library) -> bool:
    known = {image.path for image in library.images.find()} | {result.path for result in library.results.find()}
    return known <= set(library.root.glob("files/??/*"))


def test_an_image_goes_with_its_file_and_its_results_where_they_are_meant_to(wall):
    wall.marks.star_results([1])
    expected = Removed(images=1, results=1, files=2, kept_results=0, starred=1)
    assert wall.removals.preview([1], [], with_results=True) == expected
    assert (len(wall.images.find()), files(wall)) == (3, 5)
    assert wall.removals.remove([1], [], with_results=True) == expected
    assert [image.id for image in wall.images.find()] == [2, 3]
    assert [result.id for result in wall.results.find()] == [2]
    assert (files(wall), len(list(wall.root.glob("frames/*")))) == (3, 1)
    assert rows_and_files_agree(wall)
    assert wall.removals.remove([1], [1], with_results=True) == Removed(0, 0, 0, 0, 0)


def test_results_that_stay_keep_the_file_of_their_original_until_they_go(wall):
    assert wall.removals.remove([1], [], with_results=False) == Removed(1, 0, 0, 1, 0)
    assert [image.id for image in wall.images.find()] == [2, 3]
    assert [result.content_id for result in wall.results.find()] == [1, 3]
    assert files(wall) == 5
    assert wall.removals.remove([], [1], with_results=False) == Removed(0, 1, 2, 0, 0)
    assert files(wall) == 3
    assert [result.id for result in wall.results.find()] == [2]


def test_a_result_goes_alone_and_its_pair_is_missing_again(wall):
    wall.marks.tag_results([2], ["best"])
    assert wall.removals.remove([], [2], with_results=False) == Removed(0, 1, 1, 0, 0)
    assert len(wall.images.find()) == 3
    assert [failures for _, failures in wall.results.attempts("r")] == [None]
    assert wall.marks.tags() == []
    assert len(list(wall.root.glob("frames/*"))) == 1


def test_a_style_goes_with_all_that_was_made_in_it(wall):
    assert wall.removals.remove([2], [], with_results=True) == Removed(1, 2, 3, 0, 0)
    assert (wall.results.find(), files(wall)) == ([], 2)


def test_a_removed_slide_is_not_fetched_again_and_adding_brings_a_picture_back(wall, make_post, make_image):
    wall.removals.remove([1], [], with_results=True)
    state = wall.posts.save(make_post("10", slides=1, caption="seen again"), "1")
    assert (state.complete, state.slides_saved) == (True, 0)
    wall.posts.save(make_post("10", slides=1, videos=(0,)), "1")
    assert (wall.posts.open_slides("10"), wall.posts.counts()["slides_removed"]) == ([], 1)
    stored = wall.store.put_bytes(make_image("red"))
    assert wall.images.add(stored, "/red.png", None) == (4, True)


def test_the_smaller_file_that_a_slide_had_goes_too(wall, make_image):
    wall.posts.slide_saved("10", 0, wall.store.put_bytes(make_image("red", size=(99, 99))), "https://x/2", True)
    assert [image.id for image in wall.images.find()] == [2, 3, 4]
    assert wall.removals.remove([4], [], with_results=True) == Removed(1, 1, 3, 0, 0)     # both, and what was made


def test_a_picture_that_is_an_image_too_stays_when_its_result_goes(wall):
    picture = wall.results.get(1).path
    stored = wall.store.put_copy(picture)
    number, _ = wall.images.add(stored, "/made.png", Role.CONTENT)
    assert wall.removals.remove([], [1], with_results=False) == Removed(0, 1, 0, 0, 0)
    assert wall.images.get(number).path.is_file()


def remove_and_be_killed_before_the_files_go(root: Path) -> None:
    with open_library(root) as library:
        clear_up, calls = library.forgotten.clear_up, []

        def killed() -> int:
            calls.append(None)
            if len(calls) == 2:     # the one after the rows
                os.kill(os.getpid(), signal.SIGKILL)
            return clear_up()

        library.forgotten.clear_up = killed     # type: ignore[method-assign]
        library.removals.remove([1], [], with_results=True)


def test_a_kill_between_rows_and_files_is_healed_by_the_next_time(wall, in_child):
    assert in_child(remove_and_be_killed_before_the_files_go, wall.root) == -9
    assert ([image.id for image in wall.images.find()], files(wall)) == ([2, 3], 5)
    assert wall.forgotten.left_over() == 2
    assert wall.forgotten.clear_up() == 2
    assert (files(wall), len(list(wall.root.glob("frames/*"))), wall.forgotten.left_over()) == (3, 1, None)
    assert rows_and_files_agree(wall)


def test_a_result_whose_file_was_lost_counts_as_never_made_and_keeps_its_marks_when_it_is_made_again(wall, make_image):
    wall.marks.star_results([1])
    lost = wall.results.get(1)
    lost.path.unlink()
    assert [failures for _, failures in wall.results.attempts("r")] == [0, None]
    other = wall.store.put_bytes(make_image("gold", size=(7, 7)))       # as another machine makes it
    assert wall.results.save(lost.record, other) == 1
    assert (wall.results.get(1).path, wall.results.get(1).is_starred) == (other.path, True)
    assert [failures for _, failures in wall.results.attempts("r")] == [None, None]
    assert rows_and_files_agree(wall)
