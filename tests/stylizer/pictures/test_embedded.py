"""How a picture was made, out of its own file: what was written is read, and nothing untrue or boundless is."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stylizer.compute.precision import Precision
from stylizer.errors import NoProvenance
from stylizer.pictures import embedded
from stylizer.pictures.embedded import Made, Masked, Named, read_made
from stylizer.pictures.encode import encode
from stylizer.recipe import presets
from stylizer.recipe.formats import Format
from stylizer.recipe.model import MOST_HISTORY, MOST_SCALES, MOST_STEPS, Recipe, recipe_hash
from stylizer.recipe.size import MOST_SIDE_PX, Measure

GATYS = replace(presets.GATYS, source="")       # which is text for people, and not kept
A, B, C, D = ("ab" * 32, "bc" * 32, "cd" * 32, "de" * 32)
Write = Callable[..., Path]


def details_of(recipe: Recipe = GATYS, **changes: Any) -> dict[str, Any]:
    """What a result says, whose hash fits the rest."""
    told = {
        "content_sha256": A, "style_sha256": B, "recipe": json.loads(recipe.canonical_json()), "seed": 7,
        "weights": {"network": "VGG19", "sha256": C}, "precision": "fp32", "time_budget_s": None, "besides": {},
        "names": {A: "кошка.png", B: "night.png"}, "tiles": {"side_px": None, "memory_bytes": 10**9},
        "processor": {"name": "AMD EPYC", "instructions": "AVX512"}, "versions": {"torch": "2.13.0"},
    } | changes
    told["recipe_hash"] = changes.get("recipe_hash") or recipe_hash(
        recipe, seed=told["seed"], weights_sha256=C, time_budget_s=told["time_budget_s"], guidance=told["besides"])
    return told


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """A small picture that says so."""
    folder = tmp_path_factory.mktemp("pictures")

    def write_picture(details: dict[str, Any] | None = None, kind: Format = Format.PNG) -> Path:
        path = folder / f"picture.{kind}"
        path.write_bytes(encode(torch.zeros(3, 8, 8), kind, quality=90, details=details))
        return path
    return write_picture


@pytest.mark.parametrize("kind", Format)
def test_what_is_written_in_any_format_is_read(write: Write, kind: Format) -> None:
    assert read_made(write(details_of(), kind)) == Made(
        Named(A, "кошка.png"), Named(B, "night.png"), GATYS, details_of()["recipe_hash"], 7, C, None, Precision.FP32,
        "auto", None, None, None, {"processor": "AMD EPYC, AVX512", "torch": "2.13.0"})


def test_a_mix_a_start_a_budget_and_every_field_of_a_recipe_are_read(write: Write) -> None:
    recipe = replace(GATYS, name="mine", scales=(0.5, 1.0), tolerance=0.05, size=200, format=Format.WEBP)
    made = read_made(write(details_of(
        recipe, besides={"blend": [[B, 2 / 3], [D, 1 / 3]], "start": A}, time_budget_s=2.5)))
    assert (made.recipe, made.time_budget_s, made.start) == (recipe, 2.5, Named(A, "кошка.png"))
    assert made.mix == ((Named(B, "night.png"), 2 / 3), (Named(D), 1 / 3))
    regions = {"regions": [["#000000", B], ["#ffffff", D]], "content_mask": A}
    assert read_made(write(details_of(besides=regions))).mix == Masked(
        Named(A, "кошка.png"), (Named(B, "night.png"), Named(D)), None)
    one = {"regions": [["#000000", B], ["#ffffff", B]], "content_mask": A, "style_mask": D}
    assert read_made(write(details_of(besides=one))).mix == Masked(
        Named(A, "кошка.png"), (Named(B, "night.png"),), Named(D))


@pytest.mark.parametrize("most", [
    {"steps": MOST_STEPS, "history": MOST_HISTORY},
    {"size": MOST_SIDE_PX}, {"size": 89_000_000, "measure": Measure.PIXELS},
    {"size": MOST_SIDE_PX, "measure": Measure.EXACT, "height": 1000},
    {"scales": tuple((n + 1) / MOST_SCALES for n in range(MOST_SCALES))},
], ids=str)
def test_whatever_recipe_can_run_is_read(write: Write, most: dict[str, Any]) -> None:
    recipe = replace(GATYS, **most)
    assert read_made(write(details_of(recipe))).recipe == recipe


@pytest.mark.parametrize(("tiles", "tile"), [
    ({"side_px": None, "memory_bytes": 9}, "auto"), ({"side_px": 64, "memory_bytes": 9}, "auto"),
    ({"side_px": None, "memory_bytes": None}, "off"), ({"side_px": 64, "memory_bytes": None}, "64"),
    (None, None), ({"side_px": 31, "memory_bytes": None}, None), ({"side_px": "64", "memory_bytes": None}, None),
])
def test_tiles_are_those_that_were_asked_for(write: Write, tiles: object, tile: str | None) -> None:
    assert read_made(write(details_of(tiles=tiles))).tile == tile


def test_what_older_versions_did_not_say_is_not_missed(write: Write) -> None:
    told = details_of()
    for later in ("names", "tiles", "processor", "precision"):
        del told[later]
    made = read_made(write(told))
    assert (made.recipe, made.content.name, made.tile, made.precision) == (GATYS, None, None, None)
    assert str(made.content) == f"sha256 {A[:12]}"


RECIPE = details_of()["recipe"]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"content_sha256": "x"}, "hash of its content"), ({"style_sha256": None}, "hash of its style"),
    ({"recipe": None}, "which recipe"), ({"weights": []}, "which weights"), ({"recipe_hash": D}, "do not fit together"),
    ({"seed": -1}, "no seed"), ({"seed": 2**63}, "no seed"), ({"seed": True}, "no seed"), ({"seed": 8}, "fit together"),
    ({"recipe": RECIPE | {"steps": 10**9}}, "steps must be at most"),
    ({"recipe": RECIPE | {"history": 10**9}}, "history must be at most"),
    ({"recipe": RECIPE | {"size": 10**7}}, "at most 65535 pixels on a side"),
    ({"recipe": RECIPE | {"size": 10**9, "measure": "pixels"}}, "at most 89 megapixels"),
    ({"recipe": RECIPE | {"size": 20000, "measure": "exact", "height": 20000}}, "at most 89 megapixels"),
    ({"recipe": RECIPE | {"scales": [n / 100 for n in range(1, 101)]}}, "scales must be at most 32, not 100"),
    ({"recipe": RECIPE | {"name": "a\u202eb"}}, "printable"), ({"recipe": RECIPE | {"name": "x" * 300}}, "printable"),
    ({"recipe": RECIPE | {"steps": 0}}, "steps must be at least 1"),
    ({"recipe": RECIPE | {"recipe": 1}}, "no field named recipe"),
    ({"recipe": RECIPE | {"of_a_later_version": 1}}, "no field named of_a_later_version"),
    ({"recipe": RECIPE | {"style_weight": 10**400}}, "style_weight must be a number"),
    ({"recipe": RECIPE | {"content_layers": 3}}, "must be layers"),
    ({"recipe": RECIPE | {"content_layers": [["relu9_9", 1.0]]}}, "no layer relu9_9"),
    ({"time_budget_s": -1.0}, "budget"), ({"time_budget_s": 1e300}, "budget"), ({"time_budget_s": "1"}, "budget"),
    ({"besides": {"blend": [[B, 0.5], [D, 0.6]]}}, "weights that cannot be"),
    ({"besides": {"blend": [[B, 2.0], [D, -1.0]]}}, "weights that cannot be"),
    ({"besides": {"blend": [[B, 1 / 99]] * 99}}, "in a way"), ({"besides": {"blend": {}}}, "in a way"),
    ({"besides": {"regions": [["red", B]], "content_mask": A}}, "colours that cannot be"),
    ({"besides": {"regions": [["#000000", B]]}}, "more than this version"),
    ({"besides": {"regions": [["#000000", B]], "content_mask": "/etc/passwd"}}, "hash of its mask"),
    ({"besides": {"start": "../x"}}, "hash of its start"), ({"besides": {"soundtrack": A}}, "more than this version"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_one_line_that_says_so(write: Write, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(NoProvenance, match=words) as caught:
        read_made(write(details_of() | changes))
    assert str(caught.value).startswith("picture.png ")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8),
              st.sampled_from([A, B, "gatys", "pixels", 10**400, 1e999, [["relu4_2", 1.0]]])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6)
PLACES = [(name,) for name in details_of()] + [("recipe", name) for name in RECIPE] + [
    (outer, inner) for outer in ("weights", "besides", "names", "tiles", "processor", "versions")
    for inner in ("sha256", "blend", "regions", "start", "content_mask", "side_px", "name", "torch", A)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(PLACES), JSON, min_size=1, max_size=3))
def test_whatever_stands_in_its_place_there_is_a_picture_that_can_be_made_or_one_line(
    changes: dict[tuple[str, ...], Any]
) -> None:
    told = details_of()
    for place, value in changes.items():
        inside = told
        for name in place[:-1]:
            inside[name] = dict(inside[name]) if isinstance(inside.get(name), dict) else {}
            inside = inside[name]
        inside[place[-1]] = value
    with suppress(embedded._Wrong, embedded.StylizerError):
        made = embedded._made(json.loads(json.dumps(told)))
        assert made.recipe.extent.side_px <= MOST_SIDE_PX
        assert made.recipe.steps <= MOST_STEPS
        assert len(made.recipe.scales) <= MOST_SCALES


def test_a_foreign_or_damaged_picture_is_one_line(write: Write, tmp_path: Path) -> None:
    whole = write(details_of(), Format.JPEG).read_bytes()
    cases = {
        file(tmp_path, "plain.png", write().read_bytes()): "has not made it",
        file(tmp_path, "half.jpg", whole[: len(whole) // 2]): "no picture that can be read",
        file(tmp_path, "note.txt", b"not a picture"): "no picture that can be read",
        file(tmp_path, "empty", b""): "no picture that can be read",
        file(tmp_path, "other.gif", saved("GIF")): "has not made it|does not say",
        file(tmp_path, "other.jpg", saved("JPEG", comment=b"hello")): "has not made it",
        file(tmp_path, "list.png", with_text("[]")): "not stylegram's",
        file(tmp_path, "deep.png", with_text("[" * 100_000)): "damaged",
        file(tmp_path, "nan.png", with_text('{"seed": NaN}')): "damaged",
        file(tmp_path, "cut.png", with_text('{"seed": 1')): "damaged",
        file(tmp_path, "long.png", with_text(json.dumps({"a": "x" * 400_000}))): "more than stylegram ever wrote",
        file(tmp_path, "few.png", write({"a": [1]}).read_bytes()): "does not say",
        tmp_path / "gone.png": "no such file",
    }
    for path, words in cases.items():
        with pytest.raises(NoProvenance, match=words) as caught:
            read_made(path)
        assert "\n" not in str(caught.value)


def file(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def saved(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind, **options)
    return out.getvalue()


def with_text(text: str) -> bytes:
    """A PNG with a text of our name."""
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_itxt("stylegram", text)
    return saved("PNG", pnginfo=chunks)
