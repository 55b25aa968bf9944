"""Blends, masks, layers and starts of one's own: real pictures, real weights, a real catalog.

One command is run as a process; the others are the same call in this one, where the weights are at hand.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from console.stylizing import run_stylize
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from db.importing.add import add_images
from db.library import open_library
from db.records import Role
from stylizer.pictures.embedded import read_made
from tests.cli.conftest import Run

Stylize = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A library with a content (1) and three styles (2, 3, 4) of 60 x 40 pixels; their files and masks beside it."""
    generator = np.random.default_rng(5)
    with open_library(tmp_path / "library") as library:
        for name in ("content", "a", "b", "c"):
            path = tmp_path / f"{name}.png"
            Image.fromarray(generator.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize((60, 40)).save(path)
            list(add_images(library, [path], Role.CONTENT if name == "content" else Role.STYLE))
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[:, 30:] = 255
    Image.fromarray(mask).save(tmp_path / "halves.png")
    mask[:20] = 128
    Image.fromarray(mask).save(tmp_path / "three.png")
    Image.fromarray(mask.T.copy()).save(tmp_path / "upright.png")
    return tmp_path


@pytest.fixture
def stylize(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Stylize:
    """`stylize` on content 1 with these styles and options; the JSON lines that it answers."""
    monkeypatch.chdir(root)

    def run(*styles: int, recipe: RecipeOptions | None = None, **choice: Any) -> list[dict[str, Any]]:
        wishes = ImageSelection(content=[1], style=[*styles], **choice)
        options = recipe or RecipeOptions(size="48", steps=2)
        code = run_stylize(Terminal(as_json=True, quiet=True), root / "library", wishes, options, Machine())
        assert code == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return run


def made(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The one result of a run."""
    (result,) = [line for line in lines if line["type"] == "result"]
    return result


def counts(lines: list[dict[str, Any]]) -> tuple[int, int]:
    """How many pictures were made, and how many were there."""
    (report,) = [line for line in lines if line["type"] == "stylize"]
    return report["done"], report["existing"]


def details(result: dict[str, Any]) -> dict[str, Any]:
    """What the file says of itself."""
    with Image.open(result["path"]) as picture:
        found: dict[str, Any] = json.loads(picture.text["stylegram"])
    return found


def test_a_blend_is_one_result_under_its_heaviest_style_and_is_not_made_again(stylize: Stylize) -> None:
    result = made(stylize(2, 3, blend="1:2"))
    assert (result["style_id"], result["mix"]) == (3, "3 67 % + 2 33 %")
    assert [weight for _, weight in details(result)["besides"]["blend"]] == [2 / 3, 1 / 3]
    assert counts(stylize(3, 2, blend="2:1")) == (0, 1)
    assert counts(stylize(2, 3, blend="0.1:0.2")) == (0, 1)
    assert counts(stylize(2, 3, blend="1:3")) == (1, 0)
    assert counts(stylize(3)) == (1, 0)


def test_regions_take_their_styles_from_dark_to_light_or_from_the_style_mask(stylize: Stylize) -> None:
    halves = Path("halves.png")
    result = made(stylize(4, 2, content_mask=halves))
    assert result["mix"] == "#000000 4, #ffffff 2"
    assert {"content_mask", "regions"} == set(details(result)["besides"])
    assert counts(stylize(4, 2, content_mask=halves)) == (0, 1)
    assert counts(stylize(2, 4, content_mask=halves)) == (1, 0)
    assert counts(stylize(2, content_mask=halves, style_mask=Path("three.png"))) == (1, 0)
    assert counts(stylize(2, content_mask=halves, style_mask=halves)) == (1, 0)
    assert counts(stylize(2, content_mask=halves, style_mask=halves)) == (0, 1)


def test_two_regions_of_three_may_have_one_style(stylize: Stylize) -> None:
    result = made(stylize(4, 2, 4, content_mask=Path("three.png")))
    assert result["mix"] == "#000000 4, #808080 2, #ffffff 4"


def test_a_picture_that_begins_without_a_loss_is_told(
    stylize: Stylize, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Console, "print", lambda _, text, **__: said.append(text))
    result = made(stylize(2, recipe=RecipeOptions(recipe="gatys", size="48", steps=2, style_weight=0.0)))
    assert (result["status"], result["total_loss"]) == ("done", 0.0)
    (told,) = said
    assert told.startswith("warning: 1/1 content.png x a.png: the picture is the one that it started from: it has no")


def test_a_picture_of_ones_own_is_where_it_starts_and_part_of_the_identity(stylize: Stylize, root: Path) -> None:
    def start(name: str) -> RecipeOptions:
        return RecipeOptions(size="60", steps=1, init=name)

    result = made(stylize(2, recipe=start("c.png")))
    with Image.open(result["path"]) as picture, Image.open(root / "c.png") as given:
        assert np.abs(np.asarray(picture, dtype=int) - np.asarray(given, dtype=int)).max() <= 1
    assert counts(stylize(2, recipe=start("c.png"))) == (0, 1)
    assert counts(stylize(2, recipe=start("b.png"))) == (1, 0)


def test_layers_of_ones_own_replace_the_recipes(stylize: Stylize) -> None:
    options = RecipeOptions(
        size="48", steps=2, layer_weights="relu1_1=1e-4, relu2_1=2e-5", content_layers="relu3_1")
    recipe = details(made(stylize(2, recipe=options)))["recipe"]
    assert recipe["style_layers"] == [["relu1_1", 1e-4], ["relu2_1", 2e-5]]
    assert recipe["content_layers"] == [["relu3_1", 1.0]]


@pytest.mark.parametrize(("styles", "choice", "words"), [
    ([2], {"blend": "1:2"}, "give it two or more"),
    ([2, 3], {"blend": "1:2:3"}, "2 styles and 3 weights"),
    ([2, 3], {"blend": "1:x"}, "give each style a weight, such as 2:1"),
    ([2, 3], {"blend": "1:0"}, "a weight above 0"),
    ([1, 3], {"blend": "1:1"}, "never painted in its own style"),
    ([2, 3], {"blend": "1:1", "content_mask": Path("halves.png")}, "leave out one of them"),
    ([2], {"style_mask": Path("halves.png")}, "give that, too"),
    ([2], {"content_mask": Path("halves.png")}, "2 regions (#000000, #ffffff, dark to light) and --style names 1"),
    ([2], {"content_mask": Path("three.png"), "style_mask": Path("halves.png")}, "a region in #808080 and halves.png"),
    ([2, 3], {"content_mask": Path("upright.png")}, "a mask must have the shape of its picture"),
    ([2], {"recipe": RecipeOptions(init="contnet")}, "neither content, style, random nor a file"),
    ([2], {"recipe": RecipeOptions(layer_weights="relu1_1=much")}, "give weights as in relu1_1=1,relu2_1=0.5"),
    ([2], {"recipe": RecipeOptions(layer_weights="relu9_1=1")}, "VGG19 has no layer relu9_1"),
], ids=str)
def test_a_mistake_is_told_in_one_line(stylize: Stylize, styles: list[int], choice: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=re.escape(words)) as caught:    # all know their exit code
        stylize(*styles, **choice)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_the_command_line_knows_them_and_results_tell_of_a_mix(here: Run, root: Path) -> None:
    wishes = ("--content", 1, "--style", 2, 3, "--blend", "1:2", "--size", 48, "--steps", 1)
    assert here("stylize", *wishes, "--layer-weights", "relu1_1=1e-4").code == 0
    assert "3 67 % + 2 33 %" in here("results").out
    refused = here("stylize", "--content", 1, "--style", 2, 3, "--content-mask", "none.png")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "none.png" in refused.err


def test_a_mask_of_what_is_kept_makes_another_picture_that_says_so_and_can_be_made_again(
    root: Path, stylize: Stylize, here: Run
) -> None:
    plain, kept = made(stylize(2)), made(stylize(2, keep="halves.png"))
    assert (plain["id"], kept["id"]) == (1, 2)
    assert not [line for line in stylize(2, keep="halves.png") if line["type"] == "result"]
    with open_library(root / "library") as library:
        record = library.results.get(2).record
        told = read_made(Path(kept["path"]))
        assert told.keep is not None
        assert (told.keep.name, record.details["besides"]) == ("halves.png", {"keep": told.keep.sha256})
    like = here("stylize", "--like", kept["path"])
    assert like.code == 2
    assert "mask, which --keep may give, halves.png" in like.err
    again = here("stylize", "--like", kept["path"], "--keep", "halves.png", "--dry-run")
    assert again.out.splitlines()[-1].startswith("would make 0 pictures; 1 exist")


@pytest.mark.parametrize(("arguments", "words"), [
    (["--all", "--keep", "halves.png"], "--keep is a mask of one content: name it with --content"),
    (["--content", "1", "--keep", "upright.png"], "must have the shape of its picture"),
    (["--content", "1", "--keep", "faces"], "nothing here detects faces"),
    (["--content", "1", "--keep", "none.png"], "no such file"),
])
def test_a_mask_of_what_is_kept_that_cannot_be_is_told_in_a_line(
    root: Path, here: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(root)
    done = here("stylize", *arguments, "--size", 48, "--steps", 1)
    assert done.code == 2
    assert words in done.err.splitlines()[-1]


def test_a_grey_content_is_told_once_to_have_no_colours_to_give(
    root: Path, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    with Image.open(root / "content.png") as picture:
        picture.convert("L").convert("RGB").save(root / "grey.jpg", quality=90)
    with open_library(root / "library") as library:
        list(add_images(library, [root / "grey.jpg"], Role.CONTENT))
    size = ("--size", 48, "--steps", 1)
    words = "content 5 is grey and has no colours to give"
    assert here("stylize", "--content", 5, *size, "--colour", "match").err.count(words) == 1
    assert words not in here("stylize", "--content", 5, "--style", 2, *size).err
    assert "no colours" not in here("stylize", "--content", 1, "--style", 2, *size, "--colour", "histogram").err
