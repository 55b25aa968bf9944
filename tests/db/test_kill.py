"""A kill at any moment loses at most the item in hand, and the next run ends where an undisturbed one would."""

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine.default import DefaultDialect

from db import atomic
from db.library import CATALOG, open_library
from db.records import PostRecord, ProfileRecord, Role, SlideRecord

COLOURS = ("red", "lime", "blue")
POST = PostRecord("10", "C10", "1", "carousel", tuple(SlideRecord(n, f"10-{n}") for n in range(len(COLOURS))))


def work(root: Path, make_image: Callable[..., bytes], before_slide: Callable[[int], None]) -> None:
    """A run in miniature: whatever is still open of one post is fetched, stored and recorded."""
    with open_library(root) as library:
        library.posts.save_profile(ProfileRecord("1", "ana", Role.CONTENT))
        library.posts.save(POST, "1")
        for index in library.posts.open_slides("10"):
            before_slide(index)
            stored = library.store.put_bytes(make_image(COLOURS[index]))
            library.posts.slide_saved("10", index, stored, f"https://example/{index}", True)


def outcome(root: Path) -> tuple[list[object], dict[str, bytes]]:
    """What a library holds: its rows without the times, and its files."""
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute(
            'SELECT "index", status, attempts, source_url, files.id, sha256, path FROM slides '
            'LEFT JOIN files ON files.id = file_id ORDER BY "index"'
        ).fetchall()
    staging = root / "files" / "staging"
    files = [path for path in (root / "files").rglob("*") if path.is_file() and path.parent != staging]
    return rows, {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: object, name: str) -> None:
    setattr(owner, name, die)


def after(owner: object, name: str) -> None:
    original = getattr(owner, name)

    def act_and_die(*arguments: object) -> None:
        original(*arguments)
        die()

    setattr(owner, name, act_and_die)


# In the order in which a slide goes through them: when to die, and how many slides are saved by then.
MOMENTS = {
    "before anything is staged": (before, Path, "write_bytes", 1),
    "after the file is staged": (after, Path, "write_bytes", 1),
    "after the file is durable": (after, atomic, "sync", 1),
    "before the rename": (before, Path, "replace", 1),
    "after the rename": (after, Path, "replace", 1),
    "before the commit": (before, DefaultDialect, "do_commit", 1),
    "after the commit": (after, DefaultDialect, "do_commit", 2),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_is_healed_by_the_next_run(moment, tmp_path, make_image, in_child):
    patch, owner, name, saved = MOMENTS[moment]

    def die_at_the_second_slide(index: int) -> None:
        if index == 1:
            patch(owner, name)

    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    assert in_child(work, killed, make_image, die_at_the_second_slide) == -signal.SIGKILL
    rows, files = outcome(killed)
    assert [row[1] for row in rows].count("saved") == saved
    for *_, sha256, path in rows:
        assert sha256 is None or path in files      # no row ever points at a missing file

    work(killed, make_image, lambda _: None)
    work(undisturbed, make_image, lambda _: None)
    assert outcome(killed) == outcome(undisturbed)


def test_running_again_changes_nothing(tmp_path, make_image):
    work(tmp_path, make_image, lambda _: None)
    first = outcome(tmp_path)
    work(tmp_path, make_image, lambda index: pytest.fail(f"slide {index} is fetched again"))
    assert outcome(tmp_path) == first
