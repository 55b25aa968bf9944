"""`stylize --engine ray` on two real nodes of this machine: one dies, and every pair is there once, as made here."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from console.engine_options import EngineName, EngineOptions
from console.errors import BadRequest
from console.stylizing import run_stylize
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from db.importing.add import add_images
from db.library import open_library, read_library
from db.records import Role
from stylizer.errors import EngineMissing
from tests.cli.conftest import CLI, Run
from tests.cli.test_kill import processes_with

TOKEN = "0123456789abcdef" * 4
STEPS = 8
ROOT = CLI.parent
pytestmark = pytest.mark.timeout(300)     # a cluster starts within ten seconds, where nothing else is at work


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """That of every process of a test; none of them may be left at its end."""
    mark = uuid.uuid4().hex
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    # A worker of Ray imports what its node finds: this checkout, wherever it lies.
    yield kept | {
        "STYLEGRAM_TEST_MARK": mark, "PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    deadline = time.monotonic() + 30
    while (left := processes_with(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


@pytest.fixture
def nodes(environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """The process that holds the two nodes; see `two_nodes.py`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.two_nodes"], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    yield process
    process.communicate(timeout=60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A library with two contents and three styles of 60 x 40 pixels."""
    generator = np.random.default_rng(5)
    with open_library(tmp_path / "library") as library:
        for number in range(5):
            path = tmp_path / f"{number}.png"
            Image.fromarray(generator.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize((60, 40)).save(path)
            list(add_images(library, [path], Role.CONTENT if number < 2 else Role.STYLE))
    return tmp_path / "library"


def stylize(
    root: Path, environment: dict[str, str], *options: str, cwd: Path = ROOT
) -> "subprocess.Popen[str]":
    command = ("--library", str(root), "stylize", "--all", "--size", "48", "--steps", str(STEPS), "--json", *options)
    return subprocess.Popen(
        [sys.executable, CLI, *command], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, cwd=cwd,
    )


def results(process: "subprocess.Popen[str]", after: int, then: Callable[[], Any]) -> list[dict[str, Any]]:
    """The results that a command tells of; something happens once it has told of so many."""
    found = []
    for line in process.stdout or ():
        record = json.loads(line)
        if record["type"] == "result":
            found.append(record)
            if len(found) == after:
                then()
    return found


def pictures(root: Path) -> dict[tuple[str, str], bytes]:
    """What the pictures of a library show, by their pairs; each was made in one attempt."""
    with read_library(root) as library:
        found = library.results.find()
        assert all(attempts is None for _, attempts in library.results.attempts(found[0].record.key.recipe_hash))
        return {
            (result.record.key.content_sha256, result.record.key.style_sha256):
            np.asarray(Image.open(result.path)).tobytes()    # type: ignore[arg-type]
            for result in found
        }


def test_a_node_is_killed_half_way_and_every_pair_is_made_once_as_it_is_made_here(
    root: Path, tmp_path: Path, nodes: "subprocess.Popen[str]", environment: dict[str, str]
) -> None:
    here = tmp_path / "here"
    shutil.copytree(root, here)
    recipe = RecipeOptions(size="48", steps=STEPS)
    assert run_stylize(Terminal(quiet=True), here, ImageSelection(every=True), recipe, Machine()) == 0
    assert nodes.stdout is not None
    assert nodes.stdin is not None

    def kill_a_node() -> None:
        print(file=nodes.stdin, flush=True)

    address = nodes.stdout.readline().strip()
    with stylize(root, environment, "--engine", "ray", "--address", address) as process:
        told = results(process, 2, kill_a_node)
        said = process.stderr.read() if process.stderr else ""
    assert process.returncode == 0, said
    assert len({(record["content_id"], record["style_id"]) for record in told}) == len(told) == 6
    assert "is gone; what it had in hand is made again" in said
    assert pictures(root) == pictures(here)


def test_ctrl_c_on_a_ray_of_its_own_keeps_what_is_done(
    root: Path, environment: dict[str, str], namesakes: Path
) -> None:
    """Begun in a folder with modules of the same names as the program's, which Ray puts before all others."""
    with stylize(root, environment, "--engine", "ray", cwd=namesakes) as process:
        told = results(process, 1, lambda: process.send_signal(signal.SIGINT))
        said = process.stderr.read() if process.stderr else ""
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert 1 <= len(told) <= len(pictures(root)) < 6     # one may be kept already and not told yet


def test_ctrl_c_at_a_terminal_ends_workers_that_are_just_starting(
    root: Path, environment: dict[str, str]
) -> None:
    with stylize(root, environment, "--workers", "2") as process:
        deadline = time.monotonic() + 60
        while len(spawned(environment)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)       # a terminal tells all processes of the command
        out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert json.loads(out.splitlines()[-1]) == {"type": "summary", "exit_code": 130}


def spawned(environment: dict[str, str]) -> list[str]:
    """The workers among the processes of a test."""
    return [command for command in processes_with(environment["STYLEGRAM_TEST_MARK"]) if "spawn_main" in command]


@pytest.mark.parametrize(("options", "code", "words"), [
    (EngineOptions(address="auto"), 2, "say --engine ray"),
    (EngineOptions(EngineName.RAY, workers=2), 2, "--workers is for --engine local"),
    (EngineOptions(EngineName.RAY, address="here"), 2, "HOST:PORT"),
    (EngineOptions(EngineName.RAY, address="here:0"), 2, "HOST:PORT"),
    (EngineOptions(batch="0"), 2, "batch '0'"),
    (EngineOptions(batch="many"), 2, "batch 'many'"),
    (EngineOptions(EngineName.RAY, address="10.0.0.5:6379"), 78, "RAY_AUTH_MODE=token"),
    (EngineOptions(EngineName.RAY, address="auto"), 78, "RAY_AUTH_MODE=token"),
], ids=str)
def test_a_mistake_is_told_before_anything_is_loaded(
    options: EngineOptions, code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with pytest.raises((BadRequest, EngineMissing), match=re.escape(words)) as caught:
        options.check()
    assert caught.value.exit_code == code


def test_without_ray_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineMissing, match=re.escape("pip install 'stylegram[cluster]'")):
        EngineOptions(EngineName.RAY).check()


def test_an_address_where_nothing_answers_is_75(root: Path, run: Run) -> None:
    address = ("--engine", "ray", "--address", "127.0.0.1:9")
    finished = run("--library", root, "stylize", "--all", "--size", "48", "--steps", "1", *address)
    assert finished.code == 75, finished.err
    (line,) = [line for line in finished.err.splitlines() if line.startswith("error:")]
    assert "nothing answers at 127.0.0.1:9" in line
