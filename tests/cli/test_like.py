"""`stylize --like`: a picture says how it was made, and is made again; what is said besides is changed."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from console.picture_options import PictureOptions
from console.stylizing import run_stylize
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from db.importing.add import add_images
from db.library import open_library
from db.records import Image as Record
from db.records import Role
from stylizer.compute.device import hardware
from stylizer.compute.precision import Precision
from stylizer.pictures import guidance
from stylizer.pictures.embedded import read_made
from stylizer.provenance import provenance
from stylizer.recipe.formats import Format
from stylizer.recipe.model import Init
from stylizer.recipe.presets import GATYS, find
from stylizer.recipe.quality import Quality
from stylizer.run_config import RunConfig
from tests.cli.conftest import Run

RECIPE = RecipeOptions(size="48", steps=3, scales="2", init="random", style_weight=50.0, recipe="gatys")
Stylize = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def stylize(album: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Stylize:
    """`stylize` in the album's library or another; the JSON lines that it answers."""
    monkeypatch.chdir(album)

    def run(choice: ImageSelection, recipe: RecipeOptions | None = None, machine: Machine | None = None,
            library: str = "library", picture: PictureOptions | None = None) -> list[dict[str, Any]]:
        code = run_stylize(Terminal(as_json=True, quiet=True), album / library, choice, recipe or RecipeOptions(),
                           machine or Machine(), picture=picture)
        assert code == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return run


def made(lines: list[dict[str, Any]]) -> Path:
    """The file of a run's one result."""
    (result,) = [line for line in lines if line["type"] == "result"]
    return Path(result["path"])


def counts(lines: list[dict[str, Any]]) -> tuple[int, int]:
    """How many pictures were made, and how many were there."""
    (report,) = [line for line in lines if line["type"] == "stylize"]
    return report["done"], report["existing"]


def said(path: Path) -> dict[str, Any]:
    with Image.open(path) as picture:
        found: dict[str, Any] = json.loads(picture.text["stylegram"])
    return found


def other_library(album: Path, *names: str) -> None:
    """Another library with these of the album's files, so that their ids are others."""
    with open_library(album / "other") as library:
        for name in names:
            list(add_images(library, [album / name], Role.BOTH))


@pytest.mark.parametrize("kind", [Format.PNG, Format.WEBP])
def test_a_picture_is_made_again_to_the_last_bit_from_what_it_says(album: Path, stylize: Stylize, kind: Format) -> None:
    first = made(stylize(ImageSelection(content=[1], style=[3]), RECIPE, Machine(seed=7, tile="32"),
                         picture=PictureOptions(format=kind)))
    assert counts(stylize(ImageSelection(like=first))) == (0, 1)
    copy = shutil.copy(first, album / "exported")
    other_library(album, "b.png", "a.png", "content.png")
    again = made(stylize(ImageSelection(like=Path(copy)), library="other"))
    assert again.read_bytes() == first.read_bytes()


def test_a_blend_has_its_weights_to_the_last_bit_and_may_be_painted_on_another_content(stylize: Stylize) -> None:
    blend = made(stylize(ImageSelection(content=[1], style=[2, 3], blend="3:7"), RECIPE))
    assert counts(stylize(ImageSelection(like=blend))) == (0, 1)
    assert counts(stylize(ImageSelection(like=blend, blend="7:3"))) == (0, 1)      # the heaviest is its first
    assert counts(stylize(ImageSelection(like=blend, blend="1:1"))) == (1, 0)
    plain = made(stylize(ImageSelection(like=blend, style=[2])))
    assert said(plain)["besides"] == {}


def test_masks_and_a_start_are_found_by_their_bytes_or_asked_for(
    album: Path, stylize: Stylize, here: Run
) -> None:
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[:, 30:] = 255
    Image.fromarray(mask).save(album / "halves.png")
    Image.fromarray(mask[:, ::-1]).save(album / "start.png")
    first = made(stylize(ImageSelection(content=[1], style=[2, 3], content_mask=Path("halves.png")),
                         replace(RECIPE, init="start.png")))
    told = here("stylize", "--like", first)
    assert told.code == 2
    assert "mask, which --content-mask may give, halves.png (sha256 " in told.err
    assert "start, which --init may give, start.png (sha256 " in told.err
    given = ImageSelection(like=first, content_mask=Path("halves.png"))
    assert counts(stylize(given, RecipeOptions(init="start.png"))) == (0, 1)
    with open_library(album / "library") as library:
        list(add_images(library, [album / "halves.png", album / "start.png"], Role.CONTENT))
    assert counts(stylize(ImageSelection(like=first))) == (0, 1)


def test_what_is_missing_is_named_all_at_once_by_hash_and_name(album: Path, stylize: Stylize, here: Run) -> None:
    first = made(stylize(ImageSelection(content=[1], style=[2]), RECIPE))
    other_library(album, "b.png")
    told = here("stylize", "--like", first, "--library", "other")
    record = said(first)
    assert told.code == 2
    assert told.err.count("\n") == 1
    for what, key in (("content content.png", "content_sha256"), ("style a.png", "style_sha256")):
        assert f"{what} (sha256 {record[key][:12]})" in told.err
    told = here("stylize", "--like", first, "--library", "other", "--style", 1)
    assert "content content.png" in told.err
    assert "style a.png" not in told.err
    other_library(album, "content.png")
    assert counts(stylize(ImageSelection(like=first, style=[1]), library="other")) == (1, 0)


def test_what_is_said_goes_before_what_the_picture_says(stylize: Stylize) -> None:
    first = made(stylize(ImageSelection(content=[1], style=[2]), RECIPE, Machine(seed=7)))
    changes = RecipeOptions(size="32", style_weight=1.0)
    other = said(made(stylize(ImageSelection(like=first, style=[3]), changes, Machine(seed=0))))
    assert (other["seed"], other["recipe"]["size"], other["recipe"]["style_weight"]) == (0, 32, 1.0)
    assert other["recipe"] | {"size": 48, "style_weight": 50.0} == said(first)["recipe"]
    assert counts(stylize(ImageSelection(like=first, every=True))) == (1, 1)     # every style so, one being there


def test_a_recipe_that_is_said_has_the_pictures_size_and_a_quality_its_own_scales() -> None:
    like = replace(GATYS, size=200, upscale=True, steps=9, scales=(0.3, 1.0), style_weight=2.0)
    assert RecipeOptions().resolve(like) == like
    assert RecipeOptions(init="random", size="99").resolve(like) == replace(like, init=Init.RANDOM, size=99)
    assert RecipeOptions(quality=Quality.DRAFT).resolve(like).scales == (0.5, 1.0)
    other = RecipeOptions(recipe="w2").resolve(like)
    assert (other.name, other.size, other.upscale, other.style_weight) == ("w2", 200, True, find("w2").style_weight)
    assert RecipeOptions().resolve() == RecipeOptions(recipe="balanced").resolve()


def test_row_and_file_say_tiles_processor_and_names(album: Path, stylize: Stylize) -> None:
    path = made(stylize(ImageSelection(content=[1], style=[2]), RECIPE, Machine(tile="32")))
    told = said(path)
    assert told["tiles"] == {"side_px": 32, "memory_bytes": None}
    assert set(told["processor"]) == {"name", "instructions"}
    assert all(told["processor"].values())
    assert told["names"] == {told["content_sha256"]: "content.png", told["style_sha256"]: "a.png"}
    with open_library(album / "library") as library:
        (row,) = library.results.find()
    assert {name: row.record.details[name] for name in ("tiles", "processor", "names")} == {
        name: told[name] for name in ("tiles", "processor", "names")}
    whole = said(made(stylize(ImageSelection(content=[1], style=[3]), RECIPE)))["tiles"]
    assert (whole["side_px"], read_made(path).tile, whole["memory_bytes"] > 10**8) == (None, "32", True)


def test_no_name_of_a_profile_is_kept_with_results_that_outlive_it() -> None:
    def image(number: int, **source: object) -> Record:
        return Record(number, f"{number:064d}", Path("a"), Role.STYLE, 9, 9, **source)      # type: ignore[arg-type]

    own, posted = image(1, name="own.png"), image(2, profile="nasa", post_code="Cx_1", slide=1)
    mixed = guidance.Guidance(guidance.Blend(((own, 0.6), (posted, 0.4))))
    config = RunConfig(GATYS, "hash", 0, "weights", "cpu", guidance=mixed)
    assert provenance(config, hardware("cpu"), image(3, name="c.png"), own)["names"] == {
        own.sha256: "own.png", f"{3:064d}": "c.png"}
    plain = RunConfig(GATYS, "hash", 0, "weights", "cpu")
    assert provenance(plain, hardware("cpu"), posted, own)["names"] == {
        posted.sha256: "nasa Cx_1/2", own.sha256: "own.png"}


def test_differences_of_weights_and_machine_are_told_and_a_foreign_picture_is_one_line(
    album: Path, stylize: Stylize, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(stylize(ImageSelection(content=[1], style=[2]), RECIPE))
    same = here("stylize", "--like", first, "--dry-run")
    assert (same.code, same.err) == (0, "")
    machine = {"processor": "Abacus, beads", "torch": "0.1"}
    elsewhere = replace(read_made(first), machine=machine, weights_sha256="0" * 64, precision=Precision.BF16)
    monkeypatch.setattr("console.stylizing.read_made", lambda _: elsewhere)
    monkeypatch.setattr("stylizer.compute.precision._units", lambda _: [])
    told = here("stylize", "--like", first, "--dry-run")
    assert "made with processor Abacus, beads and torch 0.1: here its pixels may differ by rounding" in told.err
    assert "made with other weights (000000000000): say which with --weights" in told.err
    monkeypatch.undo()
    monkeypatch.chdir(album)
    for name, words in (("a.png", "does not say how it was made"), ("none.png", "does not exist")):
        told = here("stylize", "--like", album / name)
        assert (told.code, words in told.err, "Traceback" in told.err) == (2, True, False)
