"""kill -9 at each step of `forget`: the same command again ends where a run that nothing disturbed ended."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.engine.default import DefaultDialect

import cli
from db.forgotten import Kind
from db.importing.add import add_images
from db.library import CATALOG, open_library
from db.records import PostRecord, ProfileRecord, ResultKey, ResultRecord, ResultStatus, Role, SlideRecord, StoredFile
from tests.cli.conftest import Run

FORK = multiprocessing.get_context("fork")
# All that `forget` does to the disk goes through these.
STEPS = ((Path, "unlink"), (shutil, "rmtree"), (DefaultDialect, "do_commit"))
PROFILE, POST = "ana", "https://www.instagram.com/p/DcvZZqTktaH/"
PK = "3976508710566680199"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library in which a post of ana's has a file, a result with frames, and all kinds of progress."""
    folder = tmp_path_factory.mktemp("full")
    with open_library(folder / "library") as library:

        def stored(colour: str) -> StoredFile:
            path = folder / "picture.png"
            Image.new("RGB", (20, 20), colour).save(path)
            return library.store.put_copy(path)

        library.posts.save_profile(ProfileRecord("1", "ana", Role.CONTENT))
        record = PostRecord(PK, "DcvZZqTktaH", "1", "image", (SlideRecord(0, PK),))
        library.posts.save(record, "1")
        content, style = stored("red"), stored("blue")
        library.posts.slide_saved(PK, 0, content, "https://x/1.jpg", True)
        library.images.add(style, "/own/blue.png", Role.STYLE)
        key = ResultKey(content.sha256, style.sha256, "r")
        library.results.save(ResultRecord(key, "gatys", 64, 5, 0, ResultStatus.DONE), stored("pink"))
        library.frames.save(key, [(1, b"on the way")])
        library.follows.add("ana", None, None)
        library.samples.keep("profile", "ana", {"kind": "profile", "name": "ana", "of": PK})
        for path in (library.root / "checkpoints/ab.pt", library.store.staging_path(f"{PK}_0")):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"x")
    return folder


@contextmanager
def steps(act: Callable[[], None]) -> Iterator[None]:
    """Does `act` after each step that is taken in the block."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            patch.setattr(owner, name, _then(getattr(owner, name), act))
        yield


def _then(work: Callable[..., Any], act: Callable[[], None]) -> Callable[..., Any]:
    def work_and_act(*arguments: Any, **options: Any) -> Any:
        result = work(*arguments, **options)
        act()
        return result

    return work_and_act


def forget(folder: Path, target: str, act: Callable[[], None]) -> None:
    os.chdir(folder)
    with steps(act):
        assert cli.run(["forget", target, "--yes"]) == 0


def forget_and_die(folder: Path, target: str, at: int) -> None:
    taken = count(1)

    def die() -> None:
        if next(taken) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    forget(folder, target, die)


def outcome(folder: Path) -> tuple[dict[str, list[Any]], set[str]]:
    """What a library holds: the rows but for those of runs, and the files but for the catalog and the locks."""
    root = folder / "library"
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name != "runs"}
        assert connection.execute("SELECT count(*) FROM runs WHERE ended_at IS NULL").fetchone() == (0,)
    rows["forgotten"] = [row[:-1] for row in rows["forgotten"]]     # the last is when
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return rows, {name for name in files if not name.startswith(CATALOG) and not name.endswith(".lock")}


def copy(full: Path, to: Path) -> Path:
    shutil.copytree(full, to)
    return to


@pytest.mark.parametrize("target", [PROFILE, POST])
def test_a_kill_at_each_step_is_healed_by_the_same_command(
    full: Path, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    taken = count()
    undisturbed = copy(full, tmp_path / "undisturbed")
    forget(undisturbed, target, lambda: [next(taken)])
    expected = outcome(undisturbed)
    assert not [name for name in expected[1] if name.startswith(("checkpoints", "frames", "samples", "files/staging"))]
    assert len(expected[1]) == 1        # the user's own style
    seen = set()
    for step in range(1, next(taken) + 1):
        killed = copy(full, tmp_path / f"killed-{step}")
        child = FORK.Process(target=forget_and_die, args=(killed, target, step))
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        seen.add(len(list(killed.glob("library/files/??/*"))))
        forget(killed, target, lambda: None)
        assert outcome(killed) == expected, f"killed after step {step}"
    assert seen == {1, 2, 3}            # files were there, half of them, none


def killed_between_rows_and_files(full: Path, to: Path) -> Path:
    folder = copy(full, to)
    with open_library(folder / "library") as library, pytest.MonkeyPatch.context() as patch:
        patch.setattr(library.forgotten, "clear_up", lambda: 0)
        library.forgotten.forget(Kind.PROFILE, "1", "ana")
    return folder


def kept(tmp_path: Path) -> int:
    return len(list(tmp_path.glob("library/files/??/*")))


def test_without_yes_what_was_left_is_told_and_stays(full: Path, tmp_path: Path, here: Run) -> None:
    killed_between_rows_and_files(full, tmp_path / "k")
    shown = here("--library", "k/library", "forget", "ana")
    assert "still there, to go with --yes: 2 files" in shown.out
    assert "forgotten already" in shown.out
    assert kept(tmp_path / "k") == 3
    told = here("--library", "k/library", "forget", "ana", "--json").lines[0]
    assert (told["type"], told["files"], told["done"]) == ("left_over", 2, False)
    done = here("--library", "k/library", "forget", "ana", "--yes")
    assert "gone: 2 files of what was forgotten before" in done.out
    assert kept(tmp_path / "k") == 1
    assert "2 files" not in here("--library", "k/library", "forget", "ana", "--yes").out


@pytest.mark.parametrize(
    "arguments", [["ana", "--take-back"], ["nobody", "--yes"], [POST, "--yes"], [POST, "--take-back"]]
)
def test_every_way_of_the_command_clears_up_first(
    full: Path, tmp_path: Path, here: Run, arguments: list[str]
) -> None:
    killed_between_rows_and_files(full, tmp_path / "k")
    here("--library", "k/library", "forget", *arguments)
    assert kept(tmp_path / "k") == 1


def test_taking_back_waits_for_nobody_unless_there_is_something_to_clear_up(
    full: Path, tmp_path: Path, here: Run
) -> None:
    killed_between_rows_and_files(full, tmp_path / "k")
    with open_library(tmp_path / "k/library") as library, library.lock("scrape"):
        assert here("--library", "k/library", "forget", "ana", "--take-back").code == 75
        assert kept(tmp_path / "k") == 3
    assert here("--library", "k/library", "forget", "ana", "--take-back").code == 0
    with open_library(tmp_path / "k/library") as library, library.lock("scrape"):
        assert here("--library", "k/library", "forget", "ana", "--take-back").code == 0


def test_what_a_row_has_taken_up_again_stays(full: Path, tmp_path: Path, here: Run) -> None:
    killed_between_rows_and_files(full, tmp_path / "k")
    Image.new("RGB", (20, 20), "red").save(tmp_path / "own.png")
    with open_library(tmp_path / "k/library") as library:
        list(add_images(library, [tmp_path / "own.png"], Role.STYLE))
    assert "gone: a file of" in here("--library", "k/library", "forget", "ana", "--yes").out
    assert kept(tmp_path / "k") == 2
