"""A mask of what is kept: how it is read, where it counts, and what it changes in a loss."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import Tensor

from db.records import Image, Role
from stylizer.compute.tiling import Tiling
from stylizer.errors import BadMask
from stylizer.loss.encoder import Encoder
from stylizer.loss.linearised import LinearisedObjective
from stylizer.loss.objective import Objective
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Weights
from stylizer.pictures.guidance import PLAIN, Guidance, keep
from stylizer.pictures.keep import TIMES, Keep, read_keep
from stylizer.recipe.model import ContentFormula, Recipe
from stylizer.recipe.presets import GATYS, RECIPES
from stylizer.recipe.size import Measure
from tests.stylizer.catalogued import hash_of

Blobs = Callable[[int, int, int], Tensor]
SQUARE = np.zeros((24, 30), dtype=np.uint8)
SQUARE[4:12, 10:20] = 255


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    Pillow.fromarray(SQUARE).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def image(tmp_path: Path, blobs: Blobs, seed: int, height: int, width: int) -> Image:
    path = tmp_path / f"{seed}.png"
    Pillow.fromarray(blobs(seed, height, width)[0].permute(1, 2, 0).byte().numpy()).save(path)
    return Image(seed, hash_of(path), path, Role.CONTENT, width, height)


def test_a_mask_is_known_by_its_bytes_and_read_by_its_lightness(mask: Path, tmp_path: Path) -> None:
    found = read_keep(mask)
    assert (found.name, found.size) == ("mask.png", (30, 24))
    assert np.array_equal(found.lightness, SQUARE)
    assert Guidance(keep=found).identity() == {"keep": found.sha256}
    assert PLAIN.identity() == {}
    Pillow.new("RGB", (30, 24), (0, 255, 0)).save(tmp_path / "green.png")
    assert set(read_keep(tmp_path / "green.png").lightness.flat) == {150}      # of luma
    assert found.shares(12, 15)[0, 0, 3, 6] == 1
    assert found.shares(12, 15).mean() == pytest.approx(SQUARE.mean() / 255)


def test_a_mask_that_cannot_be_one_is_told_in_a_line(mask: Path, tmp_path: Path, blobs: Blobs) -> None:
    content = image(tmp_path, blobs, 1, 48, 60)
    assert keep(content, str(mask)).name == "mask.png"
    Pillow.new("L", (30, 24)).save(tmp_path / "black.png")
    for said, words in (
        (str(tmp_path / "black.png"), "black.png is black"), ("none.png", "no such file"),
        ("faces", "nothing here detects faces; paint a mask"), ("subject", "nothing here detects subject"),
    ):
        with pytest.raises(BadMask, match=words):
            keep(content, said)
    with pytest.raises(BadMask, match="must have the shape of its picture"):
        keep(replace(content, width=48), str(mask))


@pytest.mark.parametrize("name", ["gatys", "five-layer", "balanced"])
@pytest.mark.parametrize("tile_px", [None, 32])
def test_the_content_counts_more_where_the_mask_is_white_and_as_ever_where_it_is_black(
    name: str, tile_px: int | None, mask: Path, tmp_path: Path, weights: Weights, blobs: Blobs,
) -> None:
    recipe = replace(RECIPES[name], size=60, scales=(1.0,), self_similarity=0.0)
    network = network_for(recipe, weights, tiling=Tiling(tile_px))
    content, style = image(tmp_path, blobs, 1, 48, 60), image(tmp_path, blobs, 2, 40, 40)
    picture = blobs(3, 48, 60)

    def found(guidance: Guidance, kind: type[Objective] = Objective) -> tuple[Objective, Tensor, Tensor]:
        pair = Encoder(network, recipe, guidance).pair(content, style, 0)
        objective = Objective(network, recipe, [pair]) if kind is Objective else kind(network, recipe, pair)
        evaluation = objective.evaluate(picture)
        return objective, evaluation.loss, evaluation.gradient

    plain, masked = found(PLAIN), found(Guidance(keep=read_keep(mask)))
    features = network_for(recipe, weights).features(picture)
    factor = plain[0]._content_share if plain[0]._content_share is not None else torch.ones(1)
    more = 0.0
    for layer, weight in recipe.content_layers:
        squares = (features[layer] - plain[0]._features[layer]).square().sum(1, keepdim=True)
        divisor = {ContentFormula.MEAN_SQUARE: features[layer][0].numel(), ContentFormula.HALF_SUM_SQUARE: 2}
        share = network.shares(read_keep(mask).shares(48, 60))[layer]
        more += recipe.content_weight * weight * (squares * share).sum() * (TIMES - 1) / divisor[recipe.content_formula]
    torch.testing.assert_close(masked[1] - plain[1], factor * more, rtol=1e-3, atol=1e-6 * float(plain[1]))
    black = found(Guidance(keep=Keep("black", "0" * 64, SQUARE * 0)))
    torch.testing.assert_close(black[1:], plain[1:], rtol=1e-6, atol=0)
    if tile_px is None:
        torch.testing.assert_close(found(Guidance(keep=read_keep(mask)), LinearisedObjective)[1:], masked[1:])


def test_the_gradient_of_a_masked_loss_is_the_slope(
    mask: Path, tmp_path: Path, weights: Weights, blobs: Blobs
) -> None:
    recipe: Recipe = replace(GATYS, size=60, scales=(1.0,), style_weight=0.0)
    network = network_for(recipe, weights)
    content, style = image(tmp_path, blobs, 1, 48, 60), image(tmp_path, blobs, 2, 40, 40)
    pair = Encoder(network, recipe, Guidance(keep=read_keep(mask))).pair(content, style, 0)
    objective, picture = Objective(network, recipe, [pair]), blobs(3, 48, 60)
    _, gradient = objective.with_gradient(picture)
    step = gradient / gradient.norm()
    up, down = (objective.terms(picture + size * step).total.item() for size in (0.5, -0.5))
    assert up - down == pytest.approx(gradient.norm().item(), rel=1e-2)


def test_an_exact_size_cuts_the_mask_as_it_cuts_the_content(
    mask: Path, tmp_path: Path, weights: Weights, blobs: Blobs
) -> None:
    recipe = replace(GATYS, size=32, measure=Measure.EXACT, height=48, scales=(1.0,))
    pair = Encoder(network_for(recipe, weights), recipe, Guidance(keep=read_keep(mask))).pair(
        image(tmp_path, blobs, 1, 48, 60), image(tmp_path, blobs, 2, 40, 40), 0)
    assert pair.content.kept is not None
    assert pair.content.kept.shape == (1, 1, 48, 32)
    columns = pair.content.kept[0, 0].amax(0)       # of 60 columns 20 to 40 are white, and 14 to 46 are left
    assert columns.nonzero().flatten().tolist() == list(range(6, 26))
