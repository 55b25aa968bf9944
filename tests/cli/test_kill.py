"""kill -9 in the middle of `scrape`: the same command again ends with the catalog of a run that nothing disturbed."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.library import CATALOG
from demo.accounts import Account
from demo.behaviour import ImageFault
from demo.samples import sample_account, sample_carousel, sample_user
from demo.site import ReplicaSite
from tests.cli.conftest import CLI, Run

NAME = "harbour.light"
# What tells of the runs themselves, and so of the kill.
ABOUT_RUNS = {"runs", "page_loads", "alembic_version"}
Start = Callable[..., "subprocess.Popen[bytes]"]
Scrape = Callable[[Path], None]


def account() -> Account:
    """Two single pictures and, as the newest post, a carousel with a video in it.

    Each in full size: a preview would be looked for again by every visit, killed before or not.
    """
    plain = sample_account(NAME, posts=2, width=240, height=300)
    carousel = sample_carousel(sample_user(NAME), -1)
    slides = tuple(replace(slide, has_candidates=True) for slide in carousel.slides)
    return replace(plain, posts=(replace(carousel, slides=slides), *plain.posts))


@pytest.fixture(scope="module")
def site() -> Iterator[ReplicaSite]:
    """Its clock stands still, so that a picture has the same signed address at every visit."""
    now = time.time()
    with ReplicaSite([account()], clock=lambda: now) as running:
        yield running


@pytest.fixture
def start(site: ReplicaSite, tmp_path: Path) -> Iterator[Start]:
    """Begin a scrape; whatever way it ends, no process of it may be left, Chromium's included."""
    mark = uuid.uuid4().hex

    def begin(root: Path, *dying: object) -> "subprocess.Popen[bytes]":
        program = ("-m", "tests.cli.dying", *map(str, dying)) if dying else (str(CLI),)
        command = ("--library", str(root), "scrape", NAME, "--base-url", site.base_url, "--page-delay", "0")
        return subprocess.Popen(
            [sys.executable, *program, *command],
            cwd=CLI.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"STYLEGRAM_TEST_MARK": mark},
        )

    yield begin
    deadline = time.monotonic() + 20
    while (left := processes_with(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


@pytest.fixture
def scrape(here: Run, site: ReplicaSite) -> Scrape:
    """The next run, in peace, in this process."""
    def run(root: Path) -> None:
        done = here("--library", root, "scrape", NAME, "--base-url", site.base_url, "--page-delay", "0")
        assert done.code == 0, done.err

    return run


def processes_with(mark: str) -> list[str]:
    """The commands of processes that have the mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def finish(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    said, _ = process.communicate(timeout=100)
    return process.returncode, said.decode()


def holdings(root: Path) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """Every row of every table, without its times and with hashes for the ids of files; and every file's hash."""
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        connection.row_factory = sqlite3.Row
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        hashes = dict(connection.execute("SELECT id, sha256 FROM files").fetchall())
        rows = {
            table: sorted((plain(row, hashes) for row in connection.execute(f'SELECT * FROM "{table}"')), key=repr)
            for table in tables
            if table not in ABOUT_RUNS
        }
    files = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (root / "files").rglob("*")
        if path.is_file()
    }
    return rows, files


def plain(row: sqlite3.Row, hashes: dict[int, str]) -> dict[str, Any]:
    """A row without what depends on when it was written."""
    columns = {name: row[name] for name in row.keys() if not name.endswith("_at") or name == "taken_at"}  # noqa: SIM118
    columns.pop("id", None)
    if "file_id" in columns:
        columns["file_id"] = hashes.get(columns["file_id"])
    return columns


@pytest.fixture(scope="module")
def undisturbed(site: ReplicaSite, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a library holds after one run in peace."""
    root = tmp_path_factory.mktemp("undisturbed") / "library"
    command = ("--library", root, "scrape", NAME, "--base-url", site.base_url, "--page-delay", "0")
    subprocess.run([sys.executable, CLI, *command], check=True, capture_output=True, timeout=100)
    rows, files = found = holdings(root)
    assert [slide["status"] for slide in rows["slides"]].count("saved") == len(files) == 4
    return found


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("page read", 1),       # of the profile: nothing is recorded yet
        ("page read", 3),       # of a post, after another was saved
        ("renamed", 1),
        ("renamed", 3),
        ("row written", 1),     # the first slide of a carousel, whose others are open
        ("row written", 4),     # the last: all is done, and the run is not noted as ended
    ],
)
def test_a_scrape_killed_at_any_moment_ends_like_an_undisturbed_one(
    moment: str, number: int, start: Start, scrape: Scrape, undisturbed: Any, tmp_path: Path
) -> None:
    root = tmp_path / "library"
    assert finish(start(root, moment, number))[0] == -signal.SIGKILL
    assert holdings(root) != undisturbed or (moment, number) == ("row written", 4)
    scrape(root)
    assert holdings(root) == undisturbed


def test_a_scrape_killed_with_a_file_half_written_ends_like_an_undisturbed_one(
    site: ReplicaSite, start: Start, scrape: Scrape, undisturbed: Any, tmp_path: Path
) -> None:
    root = tmp_path / "library"
    staging = root / "files" / "staging"
    slow = ImageFault("slow", drip_s=0.5)
    good = account()
    carousel = good.posts[0]
    slides = (replace(carousel.slides[0], fault=slow), *carousel.slides[1:])
    site.replace(replace(good, posts=(replace(carousel, slides=slides), *good.posts[1:])))
    try:
        process = start(root)
        wait_until(lambda: any(path.stat().st_size for path in staging.glob("*")), process)
        process.kill()
        assert finish(process)[0] == -signal.SIGKILL
    finally:
        site.replace(good)
    assert [path for path in staging.iterdir() if path.stat().st_size]
    scrape(root)
    assert holdings(root) == undisturbed


def wait_until(came: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, finish(process)
        try:
            if came():
                return
        except FileNotFoundError:   # renamed between listing and looking
            pass
        time.sleep(0.01)
    raise AssertionError("it never came")
