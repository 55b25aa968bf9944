"""Stars, tags, roles, exclusions and removals by command: what is said, what is refused, and what a lock keeps out."""

from pathlib import Path

import pytest

from db.library import Library
from db.records import ResultKey, ResultRecord, ResultStatus, Role
from tests.cli.conftest import Run


@pytest.fixture
def made(album: Path, library: Library) -> Library:
    """The album with two results: 1 in 2, and 1 in 3."""
    images = library.images.find()
    for number in (1, 2):
        key = ResultKey(images[0].sha256, images[number].sha256, "r" * 64)
        stored = library.store.put_copy(album / "a.png" if number == 1 else album / "b.png")
        library.results.save(ResultRecord(key, "gatys", 60, 5, 0, ResultStatus.DONE), stored)
    return library


def test_stars_tags_and_roles_are_told_and_shown(made: Library, here: Run) -> None:
    assert here("star", 1, "r2").out == "1 image and 1 result starred\n"
    assert here("star", "1-2", "r2").out == "1 image starred; 2 were so already\n"
    assert here("unstar", "*").out == "2 images and 1 result no longer starred\n"
    assert here("tag", "Best,sea", "a.png", "r1").out == "1 image and 1 result tagged #best #sea\n"
    assert here("tag", "sea", "#best", "--off").out == "1 image and 1 result no longer tagged #sea\n"
    assert here("tag").out == "tag\timages\tresults\nbest\t1\t1\n"
    assert here("tag", "best", 2).out == "nothing changed; 1 was so already\n"
    assert here("role", "both", "1-3,-a.png").out == "2 images for both now\n"
    assert made.images.get(1).role is Role.BOTH
    assert here("role", "source", 1, 3).out == "2 images of the role of their source again\n"
    assert here("exclude", "--role", "style", "--min-side", 40).out == "2 images left out of --all from now on\n"
    assert here("include", 3).out == "1 image part of --all again\n"
    head, first, *_ = here("images", 2).out.splitlines()
    assert (head.split("\t")[5], first.split("\t")[5]) == ("marks", "excluded #best")
    assert here("results", "#best", "--columns", "id,marks").out == "id\tmarks\n1\t#best\n"


def test_removing_says_what_goes_and_does_it_when_told(made: Library, here: Run) -> None:
    said = here("remove", "b.png", "r1")
    assert said.code == 0
    assert said.out.splitlines() == [
        "image 3: b.png", "1 image, 1 result, 0 files would go",
        "1 result made of them stays; with --with-results they go, too",
        "nothing was changed; with --yes it goes, and removed slides are not fetched again",
    ]
    unsaid = here("remove", "b.png", "--yes")
    assert (unsaid.code, unsaid.err.count("\n")) == (2, 1)
    assert "say --with-results or --keep-results" in unsaid.err
    assert len(made.images.find()) == 3
    done = here("remove", "b.png", "r1", "--with-results", "--yes", "--json")
    assert done.lines[0] == {
        "type": "remove", "image_ids": [3], "result_ids": [1], "images": 1, "results": 2, "files": 1,
        "kept_results": 0, "starred": 0, "done": True}
    assert here("results", "--json").lines == [{"type": "summary", "exit_code": 0}]


@pytest.mark.parametrize(("command", "said"), [
    (["remove"], "say which are meant"), (["remove", ""], "a selection that is empty"),
    (["remove", "-1", "--yes"], "say which are meant"), (["remove", "r9"], "no result 9"),
    (["remove", "content.pgn"], "near it: content.png"),
    (["remove", "1", "--profile", "x"], "no image of a profile x"),
    (["star"], "say which are meant"), (["star", "#none"], "nothing is tagged #none"),
    (["tag", "a b", "1", "--off", "x"], "nothing is called 'x'"), (["tag", "*", "1"], "is no tag"),
    (["tag", ",", "1"], "say which tag"), (["exclude", "r1"], "said of images alone"),
    (["role", "painting", "1"], "painting"), (["role", "style"], "say which are meant"),
    (["unstar", "*"], "nothing is starred"), (["star", "r1", "--aspect", "square"], "filters narrow images"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_is_not_clear_changes_nothing(made: Library, here: Run, command: list[str], said: str) -> None:
    before = made.images.find(), made.results.find()
    done = here(*command)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
    assert said in done.err
    assert (made.images.find(), made.results.find()) == before


def test_nothing_is_removed_while_a_run_works(made: Library, here: Run) -> None:
    with made.lock("stylize"):
        done = here("remove", 1, "--with-results", "--yes")
        assert (done.code, done.err.count("\n")) == (75, 1)
        assert here("remove", 1).code == 0
    assert len(made.images.find()) == 3
