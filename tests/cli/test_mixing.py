"""Blends, masks, layers and starts of one's own, on the command line: real pictures, real weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run

SMALL = ("--size", "48", "--steps", "2")


@pytest.fixture
def library(run: Run, tmp_path: Path) -> Run:
    """A content (1) and three styles (2, 3, 4) of 60 x 40 pixels in ./library, masks beside it."""
    generator = np.random.default_rng(5)
    for name in ("content", "a", "b", "c"):
        Image.fromarray(generator.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize((60, 40)).save(
            tmp_path / f"{name}.png")
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[:, 30:] = 255
    Image.fromarray(mask).save(tmp_path / "halves.png")
    mask[:20] = 128
    Image.fromarray(mask).save(tmp_path / "three.png")
    Image.fromarray(mask.T.copy()).save(tmp_path / "upright.png")
    run("add", "content.png", "--role", "content")
    for name in "abc":      # one after the other, so that their ids are known
        run("add", f"{name}.png", "--role", "style")
    return run


def test_a_blend_is_one_result_under_its_heaviest_style_and_says_what_is_in_it(
    library: Run, tmp_path: Path,
) -> None:
    made = library("stylize", "--content", 1, "--style", 2, 3, "--blend", "1:2", *SMALL, "--json").lines
    (result,) = [line for line in made if line["type"] == "result"]
    assert (result["style_id"], result["mix"]) == (3, "3 67 % + 2 33 %")
    with Image.open(result["path"]) as picture:
        details = json.loads(picture.text["stylegram"])
    assert [round(weight, 3) for _, weight in details["besides"]["blend"]] == [0.667, 0.333]
    for again in (("--style", 3, 2, "--blend", "2:1"), ("--style", 2, 3, "--blend", "0.25:0.5")):
        line = library("stylize", "--content", 1, *again, *SMALL, "--json").lines[-2]
        assert (line["done"], line["existing"]) == (0, 1)
    for other in (("--style", 2, 3, "--blend", "1:3"), ("--style", 3)):
        line = library("stylize", "--content", 1, *other, *SMALL, "--json").lines[-2]
        assert (line["done"], line["existing"]) == (1, 0)
    assert "3 67 % + 2 33 %" in library("results").out


def test_regions_take_their_styles_from_dark_to_light_or_from_the_style_mask(library: Run) -> None:
    masked = ("stylize", "--content", 1, "--content-mask", "halves.png", *SMALL, "--json")
    line = library(*masked, "--style", 4, 2).lines
    assert next(result["mix"] for result in line if result["type"] == "result") == "#000000 4, #ffffff 2"
    assert library(*masked, "--style", 4, 2).lines[-2]["existing"] == 1
    assert library(*masked, "--style", 2, 4).lines[-2]["done"] == 1
    assert library(*masked, "--style", 2, "--style-mask", "three.png").lines[-2]["done"] == 1
    assert library(*masked, "--style", 2, "--style-mask", "halves.png").lines[-2]["done"] == 1
    assert library(*masked, "--style", 2, "--style-mask", "halves.png").lines[-2]["existing"] == 1


def test_a_picture_of_ones_own_is_where_it_starts_and_part_of_the_identity(library: Run, tmp_path: Path) -> None:
    command = ("stylize", "--content", 1, "--style", 2, "--size", 60, "--steps", 1, "--json", "--init")
    (result,) = [line for line in library(*command, "c.png").lines if line["type"] == "result"]
    with Image.open(result["path"]) as picture, Image.open(tmp_path / "c.png") as start:
        assert np.abs(np.asarray(picture, dtype=int) - np.asarray(start, dtype=int)).max() <= 1
    assert library(*command, "c.png").lines[-2]["existing"] == 1
    assert library(*command, "b.png").lines[-2]["done"] == 1


def test_layers_of_ones_own_replace_the_recipes(library: Run) -> None:
    made = library(
        "stylize", "--content", 1, "--style", 2, *SMALL, "--json",
        "--layer-weights", "relu1_1=1e-4, relu2_1=2e-5", "--content-layers", "relu3_1",
    ).lines
    (result,) = [line for line in made if line["type"] == "result"]
    with Image.open(result["path"]) as picture:
        recipe = json.loads(picture.text["stylegram"])["recipe"]
    assert recipe["style_layers"] == [["relu1_1", 1e-4], ["relu2_1", 2e-5]]
    assert recipe["content_layers"] == [["relu3_1", 1.0]]


@pytest.mark.parametrize(("arguments", "words"), [
    (["--style", 2, "--blend", "1:2"], "give it two or more"),
    (["--style", 2, 3, "--blend", "1:2:3"], "2 styles and 3 weights"),
    (["--style", 2, 3, "--blend", "1:x"], "give each style a weight, such as 2:1"),
    (["--style", 2, 3, "--blend", "1:0"], "a weight above 0"),
    (["--style", 1, 3, "--blend", "1:1"], "never painted in its own style"),
    (["--style", 2, 3, "--blend", "1:1", "--content-mask", "halves.png"], "leave out one of them"),
    (["--style", 2, "--style-mask", "halves.png"], "give that, too"),
    (["--style", 2, "--content-mask", "halves.png"], "2 regions (#000000, #ffffff, dark to light) and there are 1"),
    (["--style", 2, "--content-mask", "three.png", "--style-mask", "halves.png"], "a region in #808080 and halves.png"),
    (["--style", 2, 3, "--content-mask", "upright.png"], "a mask must have the shape of its picture"),
    (["--style", 2, 3, "--content-mask", "none.png"], "none.png"),
    (["--style", 2, "--init", "contnet"], "neither content, style, random nor a file"),
    (["--style", 2, "--layer-weights", "relu1_1=much"], "give weights as in relu1_1=1,relu2_1=0.5"),
    (["--style", 2, "--layer-weights", "relu9_1=1"], "VGG19 has no layer relu9_1"),
], ids=str)
def test_a_mistake_is_one_clear_line(library: Run, arguments: list[object], words: str) -> None:
    done = library("stylize", "--content", 1, *arguments, *SMALL)
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert words in done.err
