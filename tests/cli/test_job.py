"""The main job through the command line alone: a site in Chromium, the network with its real weights, real files."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from demo.behaviour import Behaviour, Dialog, Wall
from demo.samples import sample_account
from demo.site import ReplicaSite
from tests.cli.conftest import CLI, Run

IMAGE_FIELDS = [
    "type", "id", "sha256", "path", "role", "width", "height", "profile", "post_code", "slide", "taken_at",
    "caption", "source_url", "is_full_size", "permalink", "alt_text", "name", "tags", "starred", "excluded",
    "perceptual_hash", "sharpness", "brightness", "grey",
]
RESULT_FIELDS = [
    "type", "id", "content_id", "style_id", "recipe", "size", "steps", "seed", "status", "path",
    "content_loss", "style_loss", "total_loss", "seconds",
]
SCRAPE_FIELDS = [
    "type", "profile", "pk", "stop_reason", "posts_seen", "posts_new", "images_new", "images_known",
    "images_failed", "images_withheld", "posts_unread", "nodes_unread", "videos_skipped", "page_loads",
    "not_before",
]


@pytest.fixture(scope="module")
def site() -> Iterator[ReplicaSite]:
    def account(name: str, **behaviour: object) -> object:
        return sample_account(name, posts=14, behaviour=Behaviour(**behaviour), width=96, height=120)

    accounts = [
        sample_account("harbour.light", posts=2, width=96, height=120),
        sample_account("locked.away", posts=2, is_private=True),
        account("dialog", dialogs=(Dialog(),)),
        account("wall", walls=(Wall("login_page"),)),
        account("shell", walls=(Wall("throttled"),)),
        account("renamed", renamed=True),
    ]
    with ReplicaSite(accounts) as running:
        yield running


def test_from_a_profile_to_a_matrix_and_again(run: Run, here: Run, site: ReplicaSite, tmp_path: Path) -> None:
    Image.effect_mandelbrot((90, 70), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(tmp_path / "style.png")
    common = ("--library", "lib")

    def scrape(run: Run) -> list[dict[str, object]]:
        return run(
            *common, "scrape", "@harbour.light", "--base-url", site.base_url, "--page-delay", "0", "--json"
        ).lines

    def stylize(run: Run, **environment: str) -> list[dict[str, object]]:
        return run(*common, "stylize", "--all", "--size", "48", "--steps", "3", "--json", **environment).lines

    first = scrape(run)[0]
    assert list(first) == SCRAPE_FIELDS
    assert (first["stop_reason"], first["images_new"], first["page_loads"]) == ("end_of_timeline", 2, 3)
    site.forget_requests()
    again = scrape(here)[0]
    assert (again["images_new"], again["images_known"], again["page_loads"]) == (0, 2, 1)
    assert site.count("image") == 0

    here(*common, "add", "style.png", "--role", "style")
    images = here(*common, "images", "--json").lines[:-1]
    assert all(list(image) == IMAGE_FIELDS for image in images)
    assert [(image["role"], image["is_full_size"]) for image in images] == [
        ("content", True), ("content", True), ("style", None),
    ]
    assert images[0]["taken_at"].endswith("+00:00")

    report = stylize(run, OMP_NUM_THREADS="2")[-2]      # the two pairs side by side, as on any machine of two cores
    assert (report["done"], report["failed"], report["existing"]) == (2, 0, 0)
    assert stylize(here)[-2]["existing"] == 2
    results = here(*common, "results", "--json").lines[:-1]
    assert all(list(result)[: len(RESULT_FIELDS)] == RESULT_FIELDS for result in results)
    with Image.open(results[0]["path"]) as picture:
        made = json.loads(picture.text["stylegram"])
        assert max(picture.size) == 48
    assert made["total_loss"] == results[0]["total_loss"] == pytest.approx(made["content_loss"] + made["style_loss"])
    (content,) = (image for image in images if image["id"] == results[0]["content_id"])
    assert made["content_sha256"] == content["sha256"]
    assert {result["content_id"] for result in results} == {1, 2}
    assert made["recipe"]["name"] == "balanced"
    assert {"stylegram", "torch"} <= set(made["versions"])

    done = here(*common, "matrix", "-o", "m.png", "--html", "wall")
    assert done.code == 0
    assert (tmp_path / "m.png").is_file()
    assert (tmp_path / "wall/index.html").is_file()


@pytest.mark.parametrize(
    ("profile", "code", "stop_reason", "images"),
    [
        ("nobody", 69, "not_found", 0),
        ("locked.away", 69, "private", 0),
        ("dialog", 0, "login_wall", 12),
        ("wall", 75, "login", 0),
        ("shell", 75, "throttled", 0),
        ("renamed", 76, "page_changed", 0),
    ],
)
def test_every_end_of_a_visit_has_its_exit_code(
    here: Run, site: ReplicaSite, profile: str, code: int, stop_reason: str, images: int
) -> None:
    done = here("--library", "lib", "scrape", profile, "--base-url", site.base_url, "--page-delay", "0", "--json")
    scraped, summary = done.lines
    assert (scraped["stop_reason"], scraped["images_new"]) == (stop_reason, images)
    assert summary == {"type": "summary", "exit_code": done.code}
    assert done.code == code
    assert code == 0 or done.err.splitlines()[-1].startswith(f"error: {profile}: ")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_keeps_what_is_done_and_the_next_goes_on(
    here: Run, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    for name, colours in (("a", (-2, -1.5, 1, 1.5)), ("b", (-1, -1, 1, 1)), ("s", (-0.5, -0.5, 0.3, 0.3))):
        Image.effect_mandelbrot((64, 48), colours, 30).convert("RGB").save(tmp_path / f"{name}.png")
    here("--library", "lib", "add", "a.png", "b.png")
    here("--library", "lib", "add", "s.png", "--role", "style")
    process = subprocess.Popen(
        [sys.executable, CLI, "--library", "lib", "stylize", "--all", "--size", "48", "--steps", "24", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_for(process, "balanced, 48 px")
    blocked = here("--library", "lib", "stylize", "--all", "--size", "48", "--steps", "2")
    _wait_for(process, "1/2")
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert blocked.code == 75
    assert process.returncode == code
    assert json.loads(out.splitlines()[-1]) == {"type": "summary", "exit_code": code}
    planned = here("--library", "lib", "stylize", "--all", "--size", "48", "--steps", "24", "--json", "--dry-run").lines
    assert [line["type"] for line in planned] == ["pair", "summary"]


def _wait_for(process: subprocess.Popen[str], start: str) -> None:
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith(start):
        assert line, f"ended before it said {start!r}"
