"""Several programs may make, read and write one library at the same time; nothing is lost and nothing doubled."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from db.errors import LibraryBusy
from db.library import open_library
from db.records import PostRecord, ProfileRecord, Role, SlideRecord

FORK = multiprocessing.get_context("fork")
WRITERS = 3
ITEMS = 4


def at_once(function: Callable[..., None], *arguments: object) -> list[int | None]:
    """Exit codes of as many processes as there are writers; each is told its number."""
    processes = [FORK.Process(target=function, args=(number, *arguments)) for number in range(WRITERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def write(number: int, root: Path, make_image: Callable[..., bytes]) -> None:
    """A post and images of its own, and images that every writer adds."""
    with open_library(root) as library:
        library.posts.save_profile(ProfileRecord("1", "ana", Role.CONTENT))
        slides = tuple(SlideRecord(item, f"{number}-{item}") for item in range(ITEMS))
        library.posts.save(PostRecord(str(number), f"C{number}", "1", "carousel", slides), "1")
        for item in range(ITEMS):
            own = library.store.put_bytes(make_image(size=(10 + number, 10 + item)))
            library.posts.slide_saved(str(number), item, own, "https://example", True)
            shared = library.store.put_bytes(make_image(size=(5, 5 + item)))
            library.images.add(shared, f"/{item}.png", Role.STYLE)


def test_writers_that_start_on_a_library_that_is_not_there_yet_lose_nothing(root, make_image):
    assert at_once(write, root, make_image) == [0] * WRITERS
    with open_library(root) as library:
        counts = library.posts.counts()
        assert (counts["posts"], counts["slides_saved"]) == (WRITERS, WRITERS * ITEMS)
        assert len(library.images.find(Role.CONTENT)) == WRITERS * ITEMS
        assert len(library.images.find(Role.STYLE)) == ITEMS
        assert all(image.path.is_file() for image in library.images.find())
    assert list((root / "files" / "staging").iterdir()) == []


def test_of_runs_that_start_together_one_works_and_the_others_leave(root):
    def work(number: int) -> None:
        with open_library(root) as library:
            together.wait(60)
            try:
                with library.lock("scrape"):
                    done.wait(60)
            except LibraryBusy:
                done.wait(60)
                raise SystemExit(LibraryBusy.exit_code) from None

    together, done = FORK.Barrier(WRITERS), FORK.Barrier(WRITERS)
    assert sorted(code or 0 for code in at_once(work)) == [0] + [75] * (WRITERS - 1)


@pytest.mark.parametrize("attempt", range(2))
def test_a_library_made_by_many_at_once_is_made_once(attempt, root):
    def make(number: int) -> None:
        together.wait(60)
        with open_library(root) as library:
            library.runs.start("scrape", str(number))

    together = FORK.Barrier(WRITERS)
    assert at_once(make) == [0] * WRITERS
    with open_library(root) as library:
        assert {run.target for run in library.runs.latest(10)} == {str(number) for number in range(WRITERS)}
