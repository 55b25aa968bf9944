"""Masks and blends: how regions are read, what each of them draws towards, and the pictures that come of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from stylizer.compute.tiling import Tiling
from stylizer.errors import BadMask
from stylizer.loss import terms
from stylizer.loss.objective import Objective
from stylizer.loss.targets import ContentTarget, Pair, blended, by_region, content_target, style_target
from stylizer.network.vgg import Network, Weights
from stylizer.pictures.masks import correspondence, read_mask
from stylizer.recipe.model import StyleFormula
from stylizer.recipe.presets import RECIPES
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]
GATYS = RECIPES["gatys"]


def stripes(height: int, width: int, *, upright: bool) -> Tensor:
    """A texture that nobody takes for the other: red bars upright, or blue ones lying, 6 px wide [1, 3, H, W]."""
    along = torch.arange(width if upright else height) // 6 % 2
    bars = along.expand(height, width) if upright else along[:, None].expand(height, width)
    bright, dark = (torch.tensor(colour)[:, None, None] for colour in (
        ((230.0, 60.0, 40.0), (90.0, 10.0, 10.0)) if upright else ((60.0, 90.0, 240.0), (5.0, 10.0, 80.0))))
    return torch.where(bars.bool(), bright, dark)[None]


def halves(height: int, width: int) -> Tensor:
    """Two regions [1, 2, H, W]: left and right."""
    left = (torch.arange(width) < width // 2).float().expand(height, width)
    return torch.stack((left, 1 - left))[None]


def with_regions(target: ContentTarget, regions: Tensor) -> ContentTarget:
    return replace(target, regions=regions)


def made(network: Network, pair: Pair, steps: int = 25) -> Tensor:
    (outcome,) = transfer(network, replace(GATYS, steps=steps), [pair])
    assert isinstance(outcome, Outcome)
    return outcome.pixels[None].float()


def distance(network: Network, pixels: Tensor, style: Tensor, layer: str) -> float:
    """Between the Gram matrices of two pictures at a layer."""
    ours, theirs = (terms.gram_per_position(network.features(values)[layer]) for values in (pixels, style))
    return float((ours - theirs).square().mean())


def test_each_half_is_nearer_to_its_own_style_than_to_the_other(network: Network, blobs: Blobs) -> None:
    size = 64, 128
    red, blue = stripes(64, 64, upright=True), stripes(64, 64, upright=False)
    style = by_region([style_target(network, GATYS, pixels) for pixels in (red, blue)])
    content = with_regions(content_target(network, GATYS, blobs(1, *size)), halves(*size))
    picture = made(network, Pair(content, style))      # at 64 px the deepest layer has two columns a half
    left, right = picture[..., :64], picture[..., 64:]
    for layer in ("relu1_1", "relu2_1", "relu3_1", "relu4_1"):
        assert distance(network, left, red, layer) < 0.8 * distance(network, left, blue, layer)
        assert distance(network, right, blue, layer) < 0.8 * distance(network, right, red, layer)


@pytest.mark.parametrize("name", ["gatys", "w2"])
def test_styles_in_one_picture_with_a_mask_are_those_of_a_picture_each(
    name: str, weights: Weights,
) -> None:
    recipe = RECIPES[name]
    network = Network(weights, recipe.layers, recipe.pooling, flavour=recipe.flavour)
    red, blue = stripes(64, 64, upright=True), stripes(64, 64, upright=False)
    apart = by_region([style_target(network, recipe, pixels) for pixels in (red, blue)])
    # The other way round, with a mask that says which is which; where they meet the layers see both.
    together = style_target(network, recipe, torch.cat((blue, red), 3), halves(64, 128).flip(1))
    for layer, expected in apart.grams.items():
        found = together.grams[layer]
        assert found.shape == expected.shape
        for mine, own, other in zip(found, expected, expected.flip(0), strict=True):
            assert (mine - own).norm() < 0.5 * (mine - other).norm()


@pytest.mark.parametrize("name", ["gatys", "w2", "weighted"])
def test_the_same_style_in_every_region_of_a_texture_is_that_style_without_regions(
    name: str, weights: Weights, blobs: Blobs,
) -> None:
    """Where both halves hold the same, guided statistics are the plain ones, and so are loss and gradient."""
    recipe = replace(RECIPES[name], content_layers=(), tv_weight=0.0)
    network = Network(weights, recipe.layers, recipe.pooling, flavour=recipe.flavour)
    half = blobs(3, 64, 32)
    picture, style = torch.cat((half, half.flip(3)), 3), style_target(network, recipe, blobs(4, 48, 48))
    content = content_target(network, recipe, picture)
    everywhere = torch.full((1, 2, 64, 64), 0.5)
    plain = Objective(network, recipe, [Pair(content, style)])
    guided = Objective(network, recipe, [Pair(with_regions(content, everywhere), by_region([style, style]))])
    loss, gradient = plain.with_gradient(picture)
    guided_loss, guided_gradient = guided.with_gradient(picture)
    torch.testing.assert_close(guided_loss, loss, rtol=1e-4, atol=0)
    assert (guided_gradient - gradient).norm() <= 1e-4 * gradient.norm()


@pytest.mark.parametrize("name", ["gatys", "w2"])
def test_regions_by_tiles_are_those_of_the_whole(name: str, weights: Weights, blobs: Blobs) -> None:
    recipe = RECIPES[name]
    network = Network(weights, recipe.layers, recipe.pooling, flavour=recipe.flavour)
    found = []
    for tiling in (Tiling(), Tiling(48)):
        network.tiling = tiling
        style = style_target(network, recipe, blobs(2, 30, 100), halves(30, 100))
        content = with_regions(content_target(network, recipe, blobs(1, 28, 118)), halves(28, 118))
        found.append(Objective(network, recipe, [Pair(content, style)]).with_gradient(blobs(5, 28, 118)))
    (loss, gradient), (loss_by_tiles, gradient_by_tiles) = found
    torch.testing.assert_close(loss_by_tiles, loss, rtol=1e-4, atol=0)
    assert (gradient_by_tiles - gradient).norm() <= 1e-4 * gradient.norm()


def test_pairs_with_regions_become_the_same_alone_and_in_a_batch(network: Network, blobs: Blobs) -> None:
    styles = [style_target(network, GATYS, blobs(seed, 40, 40)) for seed in (3, 4)]
    pairs = [
        Pair(with_regions(content_target(network, GATYS, blobs(seed, 48, 64)), halves(48, 64)), by_region(order))
        for seed, order in ((1, styles), (2, styles[::-1]))
    ]
    pictures = torch.cat([pair.content.pixels for pair in pairs])
    together, _ = Objective(network, GATYS, pairs).with_gradient(pictures)
    for at, pair in enumerate(pairs):
        alone, _ = Objective(network, GATYS, [pair]).with_gradient(pictures[at:at + 1])
        torch.testing.assert_close(together[at:at + 1], alone, rtol=1e-5, atol=0)


def test_pairs_with_and_without_regions_are_not_made_together(network: Network, blobs: Blobs) -> None:
    content, style = content_target(network, GATYS, blobs(1, 32, 32)), style_target(network, GATYS, blobs(2, 32, 32))
    masked = Pair(with_regions(content, halves(32, 32)), by_region([style, style]))
    with pytest.raises(ValueError, match="cannot be made together"):
        Objective(network, GATYS, [masked, Pair(content, style)])
    with pytest.raises(ValueError, match="2 regions"):
        Pair(with_regions(content, halves(32, 32)), style)


def test_guided_sums_of_a_hand_made_example() -> None:
    features = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    shares = torch.tensor([[[[1.0, 0.5, 0.0]], [[0.0, 0.5, 1.0]]]])
    sums = terms.style_sums(features, StyleFormula.PAPER, shares)
    assert sums.flatten().tolist() == [1 + 4 / 2, 4 / 2 + 9]


@pytest.mark.parametrize("name", ["gatys", "w2"])
def test_a_blend_lies_between_its_styles_and_nearer_to_the_heavier(name: str, weights: Weights, blobs: Blobs) -> None:
    recipe = RECIPES[name]
    network = Network(weights, recipe.layers, recipe.pooling, flavour=recipe.flavour)
    red, blue = (style_target(network, recipe, stripes(64, 64, upright=upright)) for upright in (True, False))
    for layer, gram in blended([red, blue], [0.75, 0.25]).grams.items():
        torch.testing.assert_close(gram, red.grams[layer] * 0.75 + blue.grams[layer] * 0.25)
    # A picture that is three quarters one style and one quarter the other has nearly these statistics.
    patchwork = torch.cat((stripes(64, 192, upright=True), stripes(64, 64, upright=False)), 3)
    target = content_target(network, recipe, patchwork)
    quiet = replace(recipe, content_layers=(), tv_weight=0.0)
    loss = {
        weight: float(Objective(network, quiet, [Pair(target, blended([red, blue], [weight, 1 - weight]))])
                      .terms(patchwork).total)
        for weight in (1.0, 0.75, 0.25, 0.0)
    }
    assert loss[0.75] == min(loss.values())
    assert loss[0.25] < loss[0.0]


@pytest.fixture
def mask_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes columns of these colours, 20 px wide each, as a picture 30 px high."""
    def write(name: str, *colours: tuple[int, int, int], **options: int) -> Path:
        pixels = np.repeat(np.array([colours], dtype=np.uint8), 20, axis=1).repeat(30, axis=0)
        Image.fromarray(pixels).save(tmp_path / name, **options)
        return tmp_path / name
    return write


def test_regions_are_flat_colours_from_dark_to_light_and_cover_every_pixel_once(
    mask_file: Callable[..., Path],
) -> None:
    mask = read_mask(mask_file("mask.png", (255, 255, 255), (0, 0, 0), (200, 0, 0)))
    assert mask.colours == ((0, 0, 0), (200, 0, 0), (255, 255, 255))
    assert mask.areas() == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    shares = mask.shares(17, 31)
    torch.testing.assert_close(shares.sum(0), torch.ones(17, 31))
    assert shares[:, 8, (0, 15, 30)].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("name", ["soft.jpg", "soft.png"])
def test_soft_borders_and_jpeg_make_no_regions_of_their_own(name: str, mask_file: Callable[..., Path]) -> None:
    path = mask_file("hard.png", (0, 0, 0), (255, 255, 255), (0, 0, 255))
    with Image.open(path) as hard:
        hard.resize((240, 120), Image.Resampling.BICUBIC).save(path.with_name(name))
    mask = read_mask(path.with_name(name))
    assert len(mask.colours) == 3
    assert mask.areas() == pytest.approx((1 / 3, 1 / 3, 1 / 3), abs=0.03)


def test_regions_meet_those_of_the_same_colour(mask_file: Callable[..., Path]) -> None:
    content = read_mask(mask_file("content.png", (255, 0, 0), (0, 0, 255)))
    style = read_mask(mask_file("style.png", (0, 0, 0), (0, 10, 250), (250, 0, 10)))
    assert content.colours == ((0, 0, 255), (255, 0, 0))
    assert [style.colours[at] for at in correspondence(content, style)] == [(0, 10, 250), (250, 0, 10)]


def test_a_region_without_a_counterpart_is_named(mask_file: Callable[..., Path]) -> None:
    content, style = (read_mask(mask_file(name, (0, 0, 0), other)) for name, other in (
        ("content.png", (255, 0, 0)), ("style.png", (0, 0, 255))))
    with pytest.raises(BadMask, match=r"content.png has a region in #ff0000 and style.png has none: it has #000000, #"):
        correspondence(content, style)


@pytest.mark.parametrize(("colours", "words"), [
    ([(9, 9, 9)], "must have 2 to 12 regions, not 1"),
    ([(0, 0, 16 * at) if at < 15 else (at, 255, 16 * at) for at in range(0, 3)], "not 1:"),
    ([(r, g, b) for r in (0, 99, 200) for g in (0, 99, 200) for b in (0, 99)], "not 18:"),
])
def test_a_picture_that_is_no_mask_is_refused(
    colours: list[tuple[int, int, int]], words: str, mask_file: Callable[..., Path],
) -> None:
    with pytest.raises(BadMask, match=words):
        read_mask(mask_file("mask.png", *colours))


def test_a_mask_of_another_shape_is_refused_and_one_of_another_size_is_not(mask_file: Callable[..., Path]) -> None:
    mask = read_mask(mask_file("mask.png", (0, 0, 0), (255, 255, 255)))     # 40 x 30
    mask.must_fit(640, 480)
    mask.must_fit(641, 480)
    with pytest.raises(BadMask, match=r"mask.png is 40 x 30 and its picture 480 x 640"):
        mask.must_fit(480, 640)
