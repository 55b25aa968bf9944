"""`stylize --frames` and `timelapse`, by the calls behind them and as commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.errors import BadRequest
from console.matrix import run_timelapse
from console.stylizing import run_stylize
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from db.library import open_library
from tests.cli.conftest import Run

Stylize = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def stylize(album: Path, capsys: pytest.CaptureFixture[str]) -> Stylize:
    """`stylize` of content 1 in style 2: how many were made, and the results."""
    def run(frames: str | None = None) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        options = RecipeOptions(size="48", steps=6, scales="2")
        chosen = ImageSelection(content=[1], style=[2])
        code = run_stylize(Terminal(as_json=True, quiet=True), album / "library", chosen,
                           options, Machine(frames=frames))
        assert code == 0
        *results, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return summary["done"], results
    return run


def test_a_result_without_frames_is_made_again_with_them_and_is_the_same(album: Path, stylize: Stylize) -> None:
    _, (first,) = stylize()
    with pytest.raises(BadRequest, match="--frames auto --content 1 --style 2"):
        run_timelapse(Terminal(quiet=True), album / "library", first["id"], album / "a.webp", 1.0)
    done, (second,) = stylize("2")
    assert (done, second["id"], second["path"]) == (1, first["id"], first["path"])
    assert stylize("2")[0] == 0
    assert stylize()[0] == 0
    with open_library(album / "library") as library:
        frames = library.frames.find(library.results.get(first["id"]).record.key)
    assert [frame.evaluation for frame in frames] == [1, 2, 4, 6]


def test_the_time_lapse_of_a_result(album: Path, stylize: Stylize, here: Run) -> None:
    stylize("auto")
    done = here("timelapse", 1, "--seconds", 2)
    assert (done.code, done.out) == (0, f"6 pictures in 3.5 s: {album / 'timelapse-1.webp'}\n")
    for arguments, words in (
        (["timelapse", 9], "no result 9"),
        (["timelapse", 1, "-o", "x.avi"], "x.avi: a time-lapse is a"),
        (["stylize", "--all", "--frames", "never"], "frames 'never': say auto"),
    ):
        done = here(*arguments)
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert words in done.err
