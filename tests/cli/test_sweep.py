"""The command `sweep`: its axes, its results and its ranking."""

import json
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import pytest
from PIL import Image

from console.errors import BadRequest
from console.picture_options import PictureOptions
from console.sweep_grid import Options, combinations, parse_axes
from console.transfer_options import Machine, RecipeOptions
from db.library import open_library
from gallery.entries import MEASURES_AT_ONCE
from gallery.report_text import measure
from stylizer.evaluation.looks import Looks
from stylizer.evaluation.review import Reviewer
from stylizer.pictures.embedded import read_made
from stylizer.recipe.model import Colour, Pooling
from tests.cli.conftest import Run

OPTIONS = Options(RecipeOptions(size="48", steps=2), PictureOptions(), Machine())


@pytest.mark.parametrize(("text", "values"), [
    ("style-weight=1e2,1000", [100.0, 1000.0]),
    ("--history=5,10", [5, 10]),
    ("pooling=max, avg", [Pooling.MAX, Pooling.AVERAGE]),
    ("color=match", [Colour.MATCH]),
    ("unbounded=no,yes", [False, True]),
    ("content-layer=relu3_2,relu4_2", ["relu3_2", "relu4_2"]),
    ("content_layers=relu3_2,relu3_1=0.5+relu4_1", ["relu3_2", "relu3_1=0.5,relu4_1"]),
    ("scales=1,1/2+1", ["1", "1/2,1"]),
    ("recipe=gatys,w2", ["gatys", "w2"]),
    ("seed=1,2", [1, 2]),
])
def test_values_mean_what_they_mean_behind_their_option(text: str, values: list[object]) -> None:
    (axis,) = parse_axes([text], OPTIONS)
    assert [value for _, value in axis.values] == values


@pytest.mark.parametrize(("texts", "words"), [
    ([], "say what to vary"),
    (["style-wight=1"], "did you mean style-weight"),
    (["frames=1,2"], "no option 'frames'"),
    (["style-weight"], "give its values"),
    (["style-weight=1,x"], "'x' is not a number"),
    (["history=1.5"], "'1.5' is not a whole number"),
    (["pooling=min"], "'min' is not one of max, avg, l2"),
    (["unbounded=perhaps"], "'perhaps' is not true or false"),
    (["style-weight=1,1"], "stands there twice"),
    (["seed=1", "seed=2"], "seed is varied twice"),
    (["size=64,96"], "leave out --size"),
    (["seed=1", "history=2", "pooling=max"], "vary two at a time"),
])
def test_a_mistake_names_the_axis(texts: list[str], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        parse_axes(texts, OPTIONS)


def test_the_last_axis_runs_fastest_and_the_rest_stays() -> None:
    axes = parse_axes(["tv-weight=0,1", "seed=3,4"], OPTIONS)
    found = list(combinations(axes, OPTIONS))
    assert [words for words, _ in found] == [("0", "3"), ("0", "4"), ("1", "3"), ("1", "4")]
    assert (found[2][1].recipe.tv_weight, found[2][1].machine.seed, found[2][1].recipe.steps) == (1.0, 3, 2)


def settings(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == "setting"]


def test_settings_become_results_like_any_other_and_are_not_made_again(album: Path, here: Run) -> None:
    pair = ("--content", 1, "--style", 2, "--size", 48, "--steps", 2, "--json", "-q")
    by_hand = here("stylize", *pair, "--style-weight", 100).lines[0]
    varied = ("sweep", *pair, "--vary", "style-weight=100,1e4", "--vary", "seed=0,1", "--no-measures")
    planned = settings(here(*varied, "--dry-run").lines)
    assert [line["exists"] for line in planned] == [True, False, False, False]
    first = here(*varied)
    assert first.code == 0, first.err
    made = settings(first.lines)
    assert {line["result"]["id"] for line in made} == {1, 2, 3, 4}
    (same,) = [line for line in made if line["values"] == {"style-weight": "100", "seed": "0"}]
    assert same["result"]["path"] == by_hand["path"]
    with Image.open(album / "sweep.png") as sheet:
        assert sheet.width > 2 * 288
    assert [line["result"]["id"] for line in settings(here(*varied).lines)] == [
        line["result"]["id"] for line in made]
    with open_library(album / "library") as library:
        assert len(library.results.find()) == 4


def test_the_ranking_is_by_the_score_and_a_failed_setting_is_last(album: Path, here: Run) -> None:
    done = here("sweep", "--content", 1, "--style", 2, "--size", 48, "--vary", "steps=1,4", "--json", "-q")
    lines = settings(done.lines)
    scores = [line["measures"]["score"] for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert lines[0]["result"]["id"] == next(line for line in done.lines if line["type"] == "sweep")["best"]
    failing = here("sweep", "--content", 1, "--style", 2, "--size", 48, "--vary", "optimizer=lbfgs,adam", "--steps", 2,
                   "--style-weight", "1e38", "--recipe", "gatys", "--json", "-q", "--no-measures")
    assert failing.code == 3
    assert json.loads(failing.out.splitlines()[-1])["exit_code"] == 3


def test_a_setting_that_hardly_changes_the_photograph_does_not_win(album: Path, here: Run) -> None:
    done = here("sweep", "--content", 1, "--style", 2, "--size", 64, "--steps", 12, "--recipe", "gatys",
                "--vary", "content-weight=1e9,1,1e7", "--json", "-q")
    first, *others = settings(done.lines)
    assert first["values"] == {"content-weight": "1"}
    assert all(other["measures"]["score"] < first["measures"]["score"] / 2 for other in others)
    assert all(other["measures"]["coherence"] > first["measures"]["coherence"] for other in others)
    assert all(other["measures"]["effectiveness"] < first["measures"]["effectiveness"] for other in others)


def test_measures_are_kept_with_a_result_and_are_those_of_a_later_look(album: Path, here: Run) -> None:
    pair = ("--content", 1, "--style", 2, "--size", 64, "--steps", 3, "-q")
    assert here("stylize", *pair).code == 0
    assert here("stylize", *pair, "--seed", 1, "--no-measures").code == 0
    with open_library(album / "library") as library:
        with_measures, without = library.results.find()
        images = {image.id: image for image in library.images.find()}
    assert "measures" not in without.record.details
    kept = Looks.from_json(with_measures.record.details["measures"])
    assert kept is not None
    told, without_any, *_ = here("results", "--json").lines
    assert Looks.from_json(told["measures"]) == kept
    assert without_any["measures"] is None
    table = here("results", "--columns", "id," + ",".join(MEASURES_AT_ONCE)).out.splitlines()
    assert table[1].split() == ["1", *(measure(value) for value in kept.as_json().values())]
    assert table[2].split() == ["2", *"-" * 8]
    found = Reviewer(images, "bundled").look(with_measures)
    assert found is not None
    assert found.as_json() == pytest.approx(kept.as_json(), rel=1e-3)
    assert with_measures.path is not None
    assert read_made(with_measures.path).recipe_hash == with_measures.record.key.recipe_hash


def test_the_command_tells_what_it_made_and_its_mistakes_in_one_line(album: Path, here: Run) -> None:
    pair = ("--content", 1, "--style", 2, "--size", 48, "--steps", 1)
    done = here("sweep", *pair, "--vary", "tv-weight=0,5", "-o", "a.png", "--no-measures")
    assert (done.code, done.out.splitlines()[-1]) == (0, f"1 x 2 settings: {album / 'a.png'}")
    for arguments, words in (
        (["sweep", *pair], "say what to vary"),
        (["sweep", *pair, "--vary", "content-layers=relu9_9"], "VGG19 has no layer relu9_9"),
        (["sweep", *pair, "--vary", "tv-weight=0,0.0"], "0 and 0.0 are the same setting"),
        (["sweep", *pair, "--vary", "seed=1,2", "-o", "x.jpg"], "let the name end in .png"),
        (["sweep", "--content", 1, 3, "--style", 2, "--vary", "seed=1,2"], "a sweep is of one pair"),
        (["sweep", "--content", 1, "--style", 1, "--vary", "seed=1,2"], "never painted in its own style"),
        (["sweep", "--content", 9, "--style", 2, "--vary", "seed=1,2"], "no image 9"),
    ):
        done = here(*arguments)
        assert done.code == 2, done.err
        assert words in done.err.splitlines()[-1]
    with open_library(album / "library") as library:
        assert len(library.results.find()) == 2     # a mistake is told before anything is made


def test_the_weights_of_a_sweep_are_loaded_once(
    album: Path, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stylizer.network import weights

    loaded: list[object] = []
    load = weights.load_bundled
    monkeypatch.setattr(weights, "_bundled", WeakValueDictionary())     # whatever other tests hold
    monkeypatch.setattr(weights, "load_bundled", lambda: loaded.append(0) or load())
    done = here("sweep", "--content", 1, "--style", 2, "--size", 48, "--steps", 1, "--vary", "seed=0,1",
                "--no-measures", "-q")
    assert done.code == 0, done.err
    assert len(loaded) == 1
