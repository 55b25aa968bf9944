"""`--strength` from the command line to the file and back: the photograph at 0, above one setting like any other."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from db.library import open_library
from tests.cli.conftest import Run

PAIR = ("--content", 1, "--style", 2, "--size", 60, "--steps", 3, "--scales", 2)


def details(path: str) -> dict[str, object]:
    with Image.open(path) as picture:
        found: dict[str, object] = json.loads(picture.text["stylegram"])
    return found


@pytest.mark.parametrize("recipe", ["balanced", "gatys"])
def test_at_nought_the_file_shows_the_photograph(album: Path, here: Run, recipe: str) -> None:
    done = here("stylize", *PAIR, "--recipe", recipe, "--strength", 0, "--json", "-q")
    assert (done.code, done.err) == (0, "")
    with Image.open(done.lines[0]["path"]) as made, Image.open(album / "content.png") as photograph:
        assert np.array_equal(np.asarray(made), np.asarray(photograph))


def test_a_strength_is_part_of_the_picture_and_told_by_it(album: Path, here: Run) -> None:
    first = here("stylize", *PAIR, "--strength", 30, "--json", "-q").lines[0]
    found = details(first["path"])
    assert isinstance(found["recipe"], dict)
    assert found["recipe"]["strength"] == 30
    assert isinstance(found["balance"], float)
    assert here("stylize", *PAIR, "--strength", 30, "--json", "-q").lines[-2]["existing"] == 1
    assert here("stylize", *PAIR, "--strength", 31, "--json", "-q").lines[-2]["existing"] == 0
    assert here("stylize", "--like", first["path"], "--json", "-q").lines[-2]["existing"] == 1
    told = here("report", "r1", "-o", "told.json", "-q")
    assert told.code == 0, told.err
    ((result,),) = [setting["pairs"] for setting in json.loads((album / "told.json").read_text())["batches"]]
    assert result["notes"] == []        # the losses of its file are those that were told
    assert sum(result["layers"]["content"].values()) == pytest.approx(result["content_loss"], rel=1e-4)


@pytest.mark.parametrize(("said", "words"), [
    (("--strength", 101), "--strength"),
    (("--strength", 50, "--only", "style"), "one of them is alone"),
    (("--strength", 50, "--content-weight", 3), "say one or the other"),
    (("--strength", "nan"), "strength"),
], ids=str)
def test_what_does_not_go_together_is_told_in_one_line(
    album: Path, here: Run, said: tuple[object, ...], words: str
) -> None:
    done = here("stylize", *PAIR, *said)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert words in done.err


def test_a_sweep_of_strengths_is_a_film_strip(album: Path, here: Run) -> None:
    done = here("sweep", *PAIR, "--vary", "strength=0,40,100", "--no-measures", "--json", "-q")
    assert done.code == 0, done.err
    with open_library(album / "library") as library:
        found = {result.record.details["recipe"]["strength"]: result for result in library.results.find()}
        assert set(found) == {0, 40, 100}
        far = {}
        for strength, result in found.items():
            assert result.path is not None
            with Image.open(result.path) as made, Image.open(album / "content.png") as photograph:
                far[strength] = np.abs(np.asarray(made, dtype=float) - np.asarray(photograph, dtype=float)).mean()
    assert far[0] == 0 < far[40] < far[100]
