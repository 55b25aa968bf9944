"""Forgetting: everything that hangs on a profile or a post goes, nothing else does, and it stays gone."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.forgotten import Kind, Removal
from db.library import Library, open_library
from db.records import ProfileRecord, ResultKey, ResultRecord, ResultStatus, Role, StoredFile

POST = Kind.POST


@pytest.fixture
def save(library: Library, make_post: Any, make_image: Any) -> Callable[..., StoredFile]:
    """A saved post with one slide of the given colour, on a profile of the given id."""

    def save_post(pk: str, profile: str, colour: str, *also_on: str, owner: str | None = None) -> StoredFile:
        stored = library.store.put_bytes(make_image(colour))
        for on in (profile, *also_on):
            library.posts.save_profile(ProfileRecord(on, f"user{on}", Role.CONTENT))
            library.posts.save(make_post(pk, slides=1, owner_pk=owner or profile), on)
        library.posts.slide_saved(pk, 0, stored, f"https://x/{pk}.jpg", True)
        return stored

    return save_post


def add_result(library: Library, content: StoredFile, style: StoredFile, picture: bytes) -> StoredFile:
    stored = library.store.put_bytes(picture)
    key = ResultKey(content.sha256, style.sha256, "r")
    library.results.save(ResultRecord(key, "gatys", 64, 5, 0, ResultStatus.DONE), stored)
    return stored


def files(library: Library) -> set[str]:
    return {path.name for path in library.root.glob("files/??/*")}


def test_a_profile_goes_with_its_posts_files_results_and_follow(
    library: Library, save: Callable[..., StoredFile], make_image: Any
) -> None:
    mine, theirs = save("10", "1", "red"), save("20", "2", "lime")
    style = save("21", "2", "blue")
    gone = add_result(library, mine, style, make_image("pink"))
    kept = add_result(library, theirs, style, make_image("gold"))
    for content in (mine, theirs):
        library.frames.save(ResultKey(content.sha256, style.sha256, "r"), [(1, b"on the way")])
    library.follows.add("user1", None, None)
    assert library.forgotten.removal(Kind.PROFILE, "1", "user1") == Removal(posts=1, results=1, files=2)
    assert {mine.path.name, gone.path.name} <= files(library)

    assert library.forgotten.forget(Kind.PROFILE, "1", "user1") == Removal(posts=1, results=1, files=2)
    assert files(library) == {each.path.name for each in (theirs, style, kept)}
    assert [profile.username for profile in library.posts.profiles()] == ["user2"]
    assert library.posts.states(["10", "20"]).keys() == {"20"}
    assert [result.record.key.content_sha256 for result in library.results.find()] == [theirs.sha256]
    assert library.follows.all() == []
    assert not library.frames.has(ResultKey(mine.sha256, style.sha256, "r"))
    assert library.frames.has(ResultKey(theirs.sha256, style.sha256, "r"))
    assert library.forgotten.has_profile("1")
    assert library.forgotten.forget(Kind.PROFILE, "1", "user1") == Removal(0, 0, 0)


def test_a_picture_that_something_else_uses_stays_with_its_results(
    library: Library, save: Callable[..., StoredFile], make_image: Any
) -> None:
    added, twice = save("10", "1", "red"), save("11", "1", "lime")
    save("20", "2", "lime")
    library.images.add(added, "/somewhere/red.png", Role.STYLE)
    picture = add_result(library, twice, added, make_image("pink"))
    assert library.forgotten.forget(Kind.PROFILE, "1", "user1") == Removal(posts=2, results=0, files=0)
    assert files(library) == {each.path.name for each in (added, twice, picture)}
    assert [(image.profile, image.name) for image in library.images.find()] == [(None, "red.png"), ("user2", None)]


def test_a_post_of_two_profiles_goes_with_its_owner_only(
    library: Library, save: Callable[..., StoredFile]
) -> None:
    save("10", "1", "red", "2")
    save("20", "2", "lime", "1")
    assert library.forgotten.forget(Kind.PROFILE, "1", "user1").posts == 1
    assert library.posts.states(["10", "20"]).keys() == {"20"}
    assert library.forgotten.posts({"10": "1", "20": "2", "30": "1", "40": None}) == {"10", "30"}


def test_a_post_goes_alone_also_before_it_is_known(library: Library, save: Callable[..., StoredFile]) -> None:
    save("10", "1", "red")
    save("11", "1", "lime")
    assert library.forgotten.forget(POST, "10", "C10") == Removal(1, 0, 1)
    assert library.forgotten.forget(POST, "99", "C99") == Removal(0, 0, 0)
    assert library.forgotten.posts({"10": "1", "11": "1", "99": None}) == {"10", "99"}
    assert library.posts.states(["10", "11"]).keys() == {"11"}


def test_what_is_taken_back_may_be_fetched_again(library: Library, save: Callable[..., StoredFile]) -> None:
    save("10", "1", "red")
    library.forgotten.forget(Kind.PROFILE, "1", "user1")
    assert library.forgotten.has(Kind.PROFILE, "user1")
    assert library.forgotten.take_back(Kind.PROFILE, "user1")
    assert not library.forgotten.take_back(Kind.PROFILE, "user1")
    assert not library.forgotten.has_profile("1")
    assert library.forgotten.posts({"10": "1"}) == frozenset()


def left(library: Library) -> set[str]:
    folders = ("samples", "checkpoints", "files/staging")
    return {path.name for folder in folders for path in library.root.glob(f"{folder}/*")}


def test_what_no_row_knows_of_goes_too_kept_pages_checkpoints_and_downloads_begun(
    library: Library, save: Callable[..., StoredFile]
) -> None:
    save("10", "1", "red")
    save("20", "2", "lime")
    for name, mentioned in {"user1": "", "C10": "", "C30": "1", "C40": "", "user2": "20"}.items():
        library.samples.keep("page", name, {"name": name, "documents": [{"by": mentioned}]})
    checkpoint = library.root / "checkpoints/ab.pt"
    checkpoint.parent.mkdir()
    for path in (checkpoint, library.store.staging_path("10_0"), library.store.staging_path("20_0")):
        path.write_bytes(b"x")
    before = left(library)
    assert library.forgotten.removal(Kind.PROFILE, "1", "user1").samples == 3
    assert left(library) == before
    assert library.forgotten.forget(Kind.PROFILE, "1", "user1").samples == 3
    assert left(library) == {"page-C40.json.gz", "page-user2.json.gz", "20_0"}
    assert library.forgotten.forget(POST, "99", "C40").samples == 1     # of a post that the catalog does not know
    assert library.forgotten.forget(POST, "20", "C20").samples == 1
    assert left(library) == set()


def forget_and_be_killed_before_the_files_go(root: Path) -> None:
    with open_library(root) as library:
        clear_up, calls = library.forgotten.clear_up, []

        def killed() -> None:
            calls.append(None)
            if len(calls) == 2:     # the one after the rows
                os.kill(os.getpid(), signal.SIGKILL)
            clear_up()

        library.forgotten.clear_up = killed     # type: ignore[method-assign]
        library.forgotten.forget(Kind.PROFILE, "1", "user1")


def test_a_kill_between_rows_and_files_is_healed_by_the_next_time(
    library: Library, save: Callable[..., StoredFile], in_child: Callable[..., int], make_image: Any
) -> None:
    red, lime = save("10", "1", "red"), save("11", "1", "lime")
    assert in_child(forget_and_be_killed_before_the_files_go, library.root) == -9
    assert library.images.find() == []
    assert files(library) == {red.path.name, lime.path.name}
    library.images.add(library.store.put_bytes(make_image("lime")), "/own.png", Role.STYLE)     # taken up again
    library.forgotten.clear_up()
    assert files(library) == {lime.path.name}
    assert [run.outcome for run in library.runs.latest(1)] == ["done"]


def test_the_number_of_a_forgotten_image_is_given_to_no_other(
    library: Library, save: Callable[..., StoredFile], make_image: Any
) -> None:
    save("10", "1", "red")
    save("20", "2", "blue")
    (red, blue) = library.images.find()
    library.forgotten.forget(Kind.PROFILE, "2", "user2")
    stored = library.store.put_bytes(make_image("lime"))
    number, _ = library.images.add(stored, "/lime.png", Role.STYLE)
    assert number > blue.id > red.id
