"""The door for programs: what it takes, what it gives, and what it says when that cannot be."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags, ImageCms

import stylizer
from db.errors import DbError, OutputRefused, PictureRefused
from db.importing.add import add_images
from db.library import open_library
from db.records import Role
from stylizer import Recipe, Stylizer, stylize
from stylizer.api import resolve
from stylizer.batch import run_plan
from stylizer.engines import worker
from stylizer.engines.protocol import Stepped
from stylizer.errors import BadMask, BadRecipe, Diverged, ImageTooSmall, OutOfMemory, StylizerError, UnknownRecipe
from stylizer.evaluation.looks import Looks
from stylizer.loss import encoder
from stylizer.network.vgg import Weights
from stylizer.options import Options, RecipeFields
from stylizer.pictures.embedded import read_made
from stylizer.pictures.given import GivenImages
from stylizer.pictures.keep import read_keep
from stylizer.plan import make_plan
from stylizer.recipe.formats import Format
from stylizer.recipe.model import Init, Recolouring
from tests.stylizer.minimising import SHALLOW

QUICK = replace(SHALLOW, size=48, steps=2, history=2, scales=(1.0,))


def noise(seed: int, height: int = 40, width: int = 60) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return np.array(PIL.Image.fromarray(coarse).resize((width, height)))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    PIL.Image.fromarray(noise(1)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    PIL.Image.fromarray(noise(2)).save(tmp_path / "painting.png")
    return tmp_path / "painting.png"


def test_the_picture_is_that_of_the_command_line(photo: Path, painting: Path, tmp_path: Path) -> None:
    recipe = replace(QUICK, init=Init.RANDOM, strength=60.0, recolour=Recolouring.LINEAR)
    with open_library(tmp_path / "library") as library:
        for path, role in ((photo, Role.CONTENT), (painting, Role.STYLE)):
            list(add_images(library, [path], role))
        plan = make_plan(
            library, library.images.find(Role.CONTENT), library.images.find(Role.STYLE), recipe, seed=5)
        run_plan(library, plan, lambda event: None)
        (row,) = library.results.find()
        assert row.path is not None
        made = row.path.read_bytes()
    steps: list[Stepped] = []
    result = stylize(photo, str(painting), recipe=recipe, seed=5, on_step=steps.append)
    assert result.data == made
    assert (result.losses.total, list(result.trace)) == (row.record.total_loss, row.record.details["trace"])
    assert result.details["recipe_hash"] == row.record.key.recipe_hash
    assert [(step.step, step.steps, step.loss) for step in steps] == [
        (n, 2, loss) for n, loss in enumerate(result.trace, start=1)]


def test_a_mask_of_what_is_kept_makes_another_picture_and_the_measures_are_told(
    photo: Path, painting: Path, tmp_path: Path
) -> None:
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[:, 30:] = 255
    PIL.Image.fromarray(mask).save(tmp_path / "mask.png")
    plain = stylize(photo, painting, recipe=QUICK)
    kept = stylize(photo, painting, recipe=QUICK, keep=tmp_path / "mask.png")
    assert kept.details["besides"] == {"keep": read_keep(tmp_path / "mask.png").sha256}
    assert (plain.data != kept.data, kept.details["recipe_hash"] != plain.details["recipe_hash"]) == (True, True)
    assert Looks.from_json(dict(plain.measures)) is not None
    assert "measures" not in plain.details
    PIL.Image.fromarray(mask.T.copy()).save(tmp_path / "upright.png")
    with pytest.raises(BadMask, match="must have the shape of its picture"):
        stylize(photo, painting, recipe=QUICK, keep=tmp_path / "upright.png")


def test_every_field_of_a_recipe_can_be_asked_for() -> None:
    asked = {*RecipeFields.__annotations__, *Options.__annotations__} - {"recipe", "quality", "on_step"}
    assert asked - {"seed", "time_budget_s", "keep"} == {field.name for field in fields(Recipe)}
    as_it_is = {name: getattr(QUICK, name) for name in RecipeFields.__annotations__}
    assert resolve("gatys", size=QUICK.size, **as_it_is) == QUICK


def test_names_are_made_at_standard_quality_and_recipes_as_they_are() -> None:
    assert resolve("gatys", size=512).scales == (0.25, 0.5, 1.0)
    assert resolve("gatys", size=512, quality="draft").steps < resolve("gatys", size=512).steps
    said = resolve("gatys", steps=7, content_weight=2)
    assert (said.steps, said.scales, said.content_weight) == (7, (1.0,), 2.0)
    assert resolve("gatys", quality="draft", steps=9).steps == 9
    assert resolve(QUICK) == QUICK
    assert resolve(QUICK, size="640x480").extent.in_words() == "640 x 480 px"
    assert resolve(QUICK, quality="fine").steps > QUICK.steps


def test_pictures_in_memory_are_seen_as_their_files_are(tmp_path: Path) -> None:
    """Whatever their mode, orientation and profile: the same pixels come out of a file and of the picture in it."""
    images = GivenImages(QUICK)
    pixels = noise(3)
    turned = PIL.Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = PIL.Image.fromarray(pixels)
    alpha = PIL.Image.fromarray(np.dstack((pixels, noise(4)[..., 0])))
    for number, (picture, options) in enumerate((
        (plain, {"exif": turned}), (plain.convert("L"), {}), (plain.convert("P"), {}), (alpha, {"exif": turned}),
        (plain.convert("1"), {}), (alpha.convert("LA"), {}), (plain, {"icc_profile": wide}),
        (PIL.Image.fromarray(pixels[..., 0].astype(np.uint16) * 257), {}),
    )):
        path = tmp_path / f"{number}.png"
        picture.save(path, **options)
        with PIL.Image.open(path) as opened:
            held, filed = images.take(opened, Role.CONTENT), images.take(path, Role.CONTENT)
        assert (held.width, held.height) == (filed.width, filed.height), path
        for here, there in zip(images.content(held), images.content(filed), strict=True):
            assert np.array_equal(here, there), path
        opacities = images.opacity(held), images.opacity(filed)
        assert (opacities[0] is None) == (opacities[1] is None)
        if opacities[0] is not None:
            assert np.array_equal(*opacities), path


def test_one_picture_has_one_hash_in_whatever_form_it_is_given() -> None:
    images, pixels = GivenImages(QUICK), noise(5)
    forms = [pixels, PIL.Image.fromarray(pixels), pixels / 255, (pixels / 255).astype(np.float32)]
    assert len({images.take(form, Role.STYLE).sha256 for form in forms}) == 1
    grey = pixels[..., 0]
    assert len({images.take(form, Role.STYLE).sha256 for form in (grey, grey[..., None], np.dstack([grey] * 3))}) == 1


def test_pictures_are_let_go_when_nobody_needs_them() -> None:
    images = GivenImages(QUICK)
    first, again = images.take(noise(5), Role.STYLE), images.take(noise(5), Role.CONTENT)
    images.release([first])
    images.style(again)
    images.release([again])
    with pytest.raises(PictureRefused):
        images.style(again)


@pytest.mark.parametrize(("given", "words"), [
    ("none.png", "none.png: no such file"), (".", "not a file"), ("a\0b", "null"), (None, "no image: a NoneType"),
    (b"bytes", "no image: a bytes"), (np.zeros((4, 4, 7)), "shape"), (np.zeros(9), "shape"),
    (np.zeros((0, 4)), "shape"),
    (np.full((40, 40), 1.5), "0..1"), (np.full((40, 40), np.nan), "0..1"), (np.zeros((40, 40), np.int64), "int64"),
    (PIL.Image.new("RGB", (0, 4)), "0 x 4"),
])
def test_what_is_no_image_is_refused_in_words(given: Any, words: str) -> None:
    with pytest.raises(PictureRefused, match=words):
        stylize(given, noise(1), recipe=QUICK)


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"recipe": "gatis"}, UnknownRecipe, "did you mean 'gatys'"), ({"recipe": 7}, BadRecipe, "a recipe is a name"),
    ({"size": "large"}, BadRecipe, "size 'large'"), ({"size": 3}, BadRecipe, "at least 16"),
    ({"quality": "drift"}, BadRecipe, "quality must be one of draft"), ({"device": "gpu"}, BadRecipe, "device must be"),
    ({"precision": "fp8"}, BadRecipe, "precision must be"), ({"tile": 5}, BadRecipe, "at least 32"),
    ({"seed": -1}, BadRecipe, "seed"), ({"seed": 1.5}, BadRecipe, "seed"), ({"time_budget_s": 0}, BadRecipe, "above 0"),
    ({"content_wieght": 1}, BadRecipe, "did you mean content_weight"), ({"steps": "many"}, BadRecipe, "steps must be"),
    ({"weights": "none.pth"}, StylizerError, "cannot read the weights"),
], ids=str)
def test_what_cannot_be_is_told_in_words(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        stylize(noise(1), noise(2), **({"recipe": QUICK} | options))


def test_a_pairs_failure_has_its_own_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImageTooSmall, match="the content is 4 x 4 pixels") as found:
        stylize(noise(1, 4, 4), noise(2), recipe="gatys", size=48, steps=1)
    assert "--size" not in str(found.value)

    def diverges(*_: object, **__: object) -> list[Diverged]:
        return [Diverged("the loss is no number", (3.0, 4.0))]

    def is_full(*_: object, **__: object) -> list[Diverged]:
        raise MemoryError

    def breaks(*_: object, **__: object) -> list[Diverged]:
        raise RuntimeError("a shape of torch's")

    monkeypatch.setattr(worker, "transfer", diverges)
    with pytest.raises(Diverged, match="no number") as diverged:
        stylize(noise(1), noise(2), recipe=QUICK)
    assert diverged.value.trace == (3.0, 4.0)
    monkeypatch.setattr(worker, "transfer", is_full)
    with pytest.raises(OutOfMemory, match="try a smaller size"):
        stylize(noise(1), noise(2), recipe=QUICK)
    monkeypatch.setattr(worker, "transfer", breaks)
    with pytest.raises(StylizerError, match="RuntimeError: a shape of torch's"):
        stylize(noise(1), noise(2), recipe=QUICK)


def test_what_on_step_raises_reaches_the_program() -> None:
    def stop(step: Stepped) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        stylize(noise(1), noise(2), recipe=QUICK, on_step=stop)


def test_a_matrix_is_in_order_and_encodes_each_image_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []

    def counted(name: str) -> None:
        encode = getattr(encoder, name)
        monkeypatch.setattr(encoder, name, lambda *given, **named: encoded.append(name) or encode(*given, **named))

    counted("content_target")
    counted("style_target")
    monkeypatch.setattr("stylizer.api.most_together", lambda *_: 4)
    keeper = Stylizer()
    contents, styles = [noise(1), noise(2), noise(3, 60, 40)], [noise(4), noise(5)]
    results = list(keeper.matrix(contents, styles, recipe=QUICK))
    images = GivenImages(QUICK)
    wanted = [(images.take(content, Role.CONTENT).sha256, images.take(style, Role.STYLE).sha256)
              for content in contents for style in styles]
    assert [(one.details["content_sha256"], one.details["style_sha256"]) for one in results] == wanted
    assert sorted(encoded) == ["content_target"] * 3 + ["style_target"] * 2
    assert keeper.stylize(noise(3, 60, 40), noise(5), recipe=QUICK).data == results[5].data
    assert len(encoded) == 5, "what is known is not encoded again"


def test_a_file_is_written_in_the_format_of_its_name_with_how_it_was_made(photo: Path, tmp_path: Path) -> None:
    clear = np.dstack((noise(6), np.full((40, 60), 128, np.uint8)))
    result = stylize(clear, photo, recipe=QUICK)
    assert (result.image.mode, result.image.size) == ("RGBA", (48, 32))
    for name in ("a.png", "a.webp", "a.tif", "a.JPG"):
        path = result.save(tmp_path / "new folder" / name)
        assert read_made(path).recipe_hash == result.details["recipe_hash"]
    assert (tmp_path / "new folder" / "a.png").read_bytes() == result.data
    with PIL.Image.open(tmp_path / "new folder" / "a.webp") as written:
        assert written.mode == "RGBA"
    assert json.loads(json.dumps(result.details)) == result.details
    for refused in (tmp_path, tmp_path / "a.gif", tmp_path / "plain"):
        with pytest.raises(OutputRefused):
            result.save(refused)
    deep = stylize(noise(1), photo, recipe=QUICK, format="png16")
    assert (deep.recipe.format, deep.image.mode) == (Format.PNG16, "RGB")
    assert deep.save(tmp_path / "deep.png").read_bytes() == deep.data


def test_an_interrupted_save_leaves_what_was_there(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = stylize(noise(1), photo, recipe=QUICK)
    target = tmp_path / "kept.png"
    target.write_bytes(b"before")

    def fails(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fails)
        with pytest.raises(DbError):
            result.save(target)
    assert [target.read_bytes(), *tmp_path.glob(".*")] == [b"before"]


def test_names_are_those_of_the_door_and_nothing_else_is_loaded_for_them() -> None:
    assert {name: getattr(stylizer, name) for name in stylizer.__all__}.keys() == stylizer._HOMES.keys()
    assert stylizer.recipes["gatys"] == resolve("gatys", steps=300)
    assert isinstance(stylizer.recipes["w2"], Recipe)
    with pytest.raises(AttributeError, match="no attribute 'stylise'"):
        stylizer.stylise    # noqa: B018
    program = ("import sys, stylizer; from stylizer import Recipe, recipes, StylizerError\n"
               "assert not {'torch', 'PIL', 'numpy'} & set(sys.modules)")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr


def test_a_module_of_the_programs_that_has_the_name_of_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text("")
    root = str(Path(__file__).parents[2])
    program = f"import sys; sys.path[1:1] = [{root!r}]; import db; from stylizer import stylize"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("ImportError: stylegram has a package 'db'")


def test_weights_are_loaded_once_for_many_pairs(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def load(*what: object) -> Weights:
        asked.append(what)
        return weights

    monkeypatch.setattr("stylizer.api.load_weights", load)
    keeper = Stylizer()
    for seed in (1, 2):
        keeper.stylize(noise(1), noise(2), recipe=QUICK, seed=seed)
    assert len(asked) == 1
