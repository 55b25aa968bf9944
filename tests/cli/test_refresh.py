"""The nightly run, in a process of its own, against the replica site in a real Chromium."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.library import open_library
from demo.behaviour import Behaviour, Wall
from demo.samples import sample_account
from demo.site import ReplicaSite
from scraper.delays import DEFAULT_PAGES_PER_HOUR
from scraper.site import site_at
from stylizer.recipe import quality
from tests.cli.conftest import CLI, Run


@pytest.fixture
def site() -> Iterator[ReplicaSite]:
    accounts = [sample_account(name, posts=1, width=48, height=60) for name in ("ana", "ben")]
    walled = sample_account("wall", posts=1, behaviour=Behaviour(walls=(Wall("login_page"),)))
    with ReplicaSite([*accounts, walled]) as running:
        yield running


def refresh(site: ReplicaSite, *more: str) -> list[str]:
    return ["--library", "lib", "-q", "refresh", "--base-url", site.base_url, "--page-delay", "0", *more]


def success(tmp_path: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((tmp_path / "lib/last-success.json").read_text())
    return content


def test_a_quiet_night_is_one_line_and_an_unchanged_profile_one_page(
    run: Run, here: Run, site: ReplicaSite, tmp_path: Path
) -> None:
    here("--library", "lib", "follow", "ana", "ben")
    first = run(*refresh(site))
    assert (first.code, first.err) == (0, "")
    assert first.out.count("\n") == 1
    dated, _, said = first.out.partition(" ")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(dated)) < timedelta(minutes=10)
    assert said.startswith("2 of 2 followed profiles visited")
    assert success(tmp_path)["images_new"] == 2
    age = datetime.now(UTC) - datetime.fromisoformat(str(success(tmp_path)["finished_at"]))
    assert age < timedelta(minutes=10)

    site.forget_requests()
    lines = here(*refresh(site, "--json")).lines
    assert [line["type"] for line in lines] == ["scrape", "scrape", "refresh", "summary"]
    assert [line["profile"] for line in lines[:2]] == ["ana", "ben"]
    assert (lines[2]["visited"], lines[2]["images_new"]) == (2, 0)
    assert datetime.fromisoformat(lines[2]["finished_at"]) >= datetime.fromisoformat(dated)
    assert (site.count("profile"), site.count("post"), site.count("image")) == (2, 0, 0)
    assert success(tmp_path)["images_new"] == 0
    assert not list(tmp_path.glob("lib/*.partial"))


def test_a_wall_ends_the_run_and_is_not_the_first_to_be_tried_at_the_next(
    here: Run, site: ReplicaSite, tmp_path: Path
) -> None:
    here("--library", "lib", "follow", "wall")
    with open_library(tmp_path / "lib") as library:
        library.follows.add("zoe", None, None)      # after "wall" in the alphabet, and visited neither
    done = here(*refresh(site))
    assert done.code == 75
    assert done.err.startswith("error: wall: ")
    assert site.count("profile") == 1
    assert not (tmp_path / "lib/last-success.json").exists()
    with open_library(tmp_path / "lib") as library:
        assert [follow.username for follow in library.follows.all()] == ["zoe", "wall"]


def test_a_run_that_spends_the_pages_of_the_hour_says_so_like_one_that_finds_none_left(
    here: Run, site: ReplicaSite, tmp_path: Path
) -> None:
    here("--library", "lib", "follow", "ana", "ben")
    with open_library(tmp_path / "lib") as library:
        for _ in range(DEFAULT_PAGES_PER_HOUR - 1):
            library.politeness.page_loaded(site_at(site.base_url).key, datetime.now(UTC))
    slow = [word.replace("0", "0.01") if word == "0" else word for word in refresh(site)]
    spent = here(*slow)
    assert (spent.code, site.count("profile"), site.count("post")) == (75, 1, 0)
    assert spent.err.startswith("error: ana: ")
    assert "the next one at" in spent.err
    assert "1 of 2 followed profiles visited" in spent.out
    none_left = here(*slow)
    assert (none_left.code, site.count("profile")) == (75, 1)
    assert "the next one at" in none_left.err
    assert not (tmp_path / "lib/last-success.json").exists()


def test_refresh_can_make_the_missing_pictures_of_what_it_found_and_makes_none_twice(
    here: Run, site: ReplicaSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `refresh` makes pictures of the default quality, whose evaluations prove nothing here that a few do not.
    monkeypatch.setitem(quality.FULL_SIZE, quality.Quality.STANDARD, 2)
    here("--library", "lib", "follow", "ana")
    here("--library", "lib", "follow", "ben", "--role", "style")
    first = here(*refresh(site, "--stylize", "--json"))
    assert (first.code, first.err) == (0, "")
    [result] = [line for line in first.lines if line["type"] == "result"]
    assert result["status"] == "done"
    assert Path(result["path"]).is_file()
    [told] = [line for line in first.lines if line["type"] == "refresh"]
    assert (told["images_new"], told["pictures_made"]) == (2, 1)
    again = here(*refresh(site, "--stylize", "--json"))
    [told] = [line for line in again.lines if line["type"] == "refresh"]
    assert (again.code, told["images_new"], told["pictures_made"]) == (0, 0, 0)


def test_a_second_run_leaves_at_once_and_a_killed_one_blocks_nobody(
    here: Run, site: ReplicaSite, tmp_path: Path
) -> None:
    here("--library", "lib", "follow", "ana")
    waiting = subprocess.Popen([sys.executable, CLI, *refresh(site, "--spread", "720")], cwd=tmp_path)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "lib/refresh.lock").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        blocked = here(*refresh(site))
        assert (blocked.code, blocked.err.count("\n")) == (75, 1)
        assert "another refresh run" in blocked.err
    finally:
        waiting.kill()
        waiting.wait(30)
    assert here(*refresh(site)).code == 0
    assert site.count("profile") == 1


def test_the_wait_before_a_run_can_be_interrupted(here: Run, site: ReplicaSite, tmp_path: Path) -> None:
    here("--library", "lib", "follow", "ana")
    process = subprocess.Popen(
        [sys.executable, CLI, *refresh(site, "--spread", "720")], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    while not (tmp_path / "lib/refresh.lock").exists():
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(10) == 143
    assert site.count("profile") == 0


def test_when_the_time_is_up_the_run_ends_in_order_and_the_next_goes_on(
    run: Run, here: Run, site: ReplicaSite, tmp_path: Path
) -> None:
    here("--library", "lib", "follow", "ana", "ben")
    done = run(*refresh(site, "--max-minutes", "0.001", "--json"))
    assert (done.code, done.err) == (0, "")
    assert done.lines[-2]["time_up"] is True
    assert done.lines[-2]["images_new"] == 0
    with open_library(tmp_path / "lib") as library:
        assert library.runs.latest(1)[0].outcome == "done"
    assert here(*refresh(site, "--json")).lines[-2]["images_new"] == 2
