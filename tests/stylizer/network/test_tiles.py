"""Tiles against the whole picture: real weights, every layer, odd sides."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.errors import BadRecipe
from stylizer.loss import terms
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.tiles import cut
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Architecture, Edge, Optimizer, Pooling, Recipe
from stylizer.recipe.overrides import Only, alone, override
from stylizer.recipe.presets import RECIPES
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]
GATYS = RECIPES["gatys"]


def network_for(weights: Weights, recipe: Recipe, tile_px: int | None = None) -> Network:
    return Network(
        weights, recipe.layers, recipe.pooling, flavour=recipe.flavour, tiling=Tiling(tile_px), edge=recipe.edge)


def textured(blobs: Blobs, seed: int, height: int, width: int) -> Tensor:
    """Blobs with grain, so that every layer has something to see everywhere."""
    grain = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 80 - 40
    return (blobs(seed, height, width) + grain).clamp(0, 255)


@pytest.mark.parametrize(("name", "height", "width", "tile_px"), [
    ("gatys", 109, 141, 64),        # neither side is a multiple of anything
    ("mirrored", 109, 20, 32),
    ("gatys", 106, 18, 32),         # of the last tile nothing is left for the deepest layer
    # Strips: a tile sees what is beside it to both sides and not all of it, in a third of the time.
    ("gatys-paper", 173, 20, 32),   # average pooling, layers before the ReLU
    ("w2", 20, 168, 32),            # moments, and variation
    ("five-layer", 171, 17, 32),    # content on five layers, sums instead of means
    ("three-loss", 21, 205, 32),    # features as deep as relu5_2, variation
    ("balanced", 173, 20, 32),      # moments by those of the photograph, self-similarity
])
def test_loss_and_gradient_by_tiles_are_those_of_the_whole(
    name: str, height: int, width: int, tile_px: int, weights: Weights, blobs: Blobs,
) -> None:
    recipe = RECIPES[name] if name in RECIPES else replace(GATYS, edge=Edge.MIRROR)
    network = network_for(weights, recipe)
    pair = Pair(
        content_target(network, recipe, textured(blobs, 1, height, width)),
        style_target(network, recipe, textured(blobs, 2, 40, 56)),
    )
    picture = textured(blobs, 3, height, width)
    loss, gradient = Objective(network, recipe, [pair]).with_gradient(picture)
    tiled = Objective(network_for(weights, recipe, tile_px), recipe, [pair])
    loss_by_tiles, gradient_by_tiles = tiled.with_gradient(picture)
    assert len(tiled._tiles) >= 4
    torch.testing.assert_close(loss_by_tiles, loss, rtol=1e-5, atol=0)
    assert (gradient_by_tiles - gradient).norm() <= 1e-4 * gradient.norm()
    assert (gradient_by_tiles - gradient).abs().max() <= 1e-4 * gradient.abs().max()
    torch.testing.assert_close(tiled.terms(picture).total, loss, rtol=1e-5, atol=0)


@pytest.mark.parametrize("only", Only)
def test_content_or_style_alone_by_tiles_is_that_of_the_whole(only: Only, weights: Weights, blobs: Blobs) -> None:
    recipe = alone(GATYS, only)
    network = network_for(weights, recipe)
    pair = Pair(
        content_target(network, recipe, textured(blobs, 1, 28, 100)),
        style_target(network, recipe, textured(blobs, 2, 40, 56)),
    )
    picture = textured(blobs, 3, 28, 100)
    loss, gradient = Objective(network, recipe, [pair]).with_gradient(picture)
    loss_by_tiles, gradient_by_tiles = Objective(
        network_for(weights, recipe, 48), recipe, [pair]).with_gradient(picture)
    torch.testing.assert_close(loss_by_tiles, loss, rtol=1e-5, atol=0)
    assert (gradient_by_tiles - gradient).norm() <= 1e-4 * gradient.norm()


@pytest.mark.parametrize("name", ["gatys", "w2", "five-layer", "balanced"])
def test_targets_by_tiles_are_those_of_the_whole(name: str, weights: Weights, blobs: Blobs) -> None:
    recipe = RECIPES[name]
    networks = [network_for(weights, recipe, tile_px) for tile_px in (None, 48)]
    pixels = textured(blobs, 4, 53, 109)
    whole, by_tiles = (content_target(network, recipe, pixels).features for network in networks)
    for layer, features in whole.items():
        torch.testing.assert_close(by_tiles[layer], features, rtol=1e-4, atol=1e-3 * features.abs().max().item())
    whole, by_tiles = (style_target(network, recipe, pixels).grams for network in networks)
    for layer, gram in whole.items():
        assert (by_tiles[layer] - gram).norm() <= 1e-5 * gram.norm()


def test_a_batch_by_tiles_keeps_its_samples_apart(network: Network, blobs: Blobs) -> None:
    network.tiling = Tiling(48)
    pairs = [
        Pair(content_target(network, GATYS, textured(blobs, seed, 30, 96)),
             style_target(network, GATYS, textured(blobs, seed + 5, 40, 40)))
        for seed in (1, 2)
    ]
    pictures = torch.cat([textured(blobs, seed, 30, 96) for seed in (8, 9)])
    losses_, gradients = Objective(network, GATYS, pairs).with_gradient(pictures)
    for at, pair in enumerate(pairs):
        loss, gradient = Objective(network, GATYS, [pair]).with_gradient(pictures[at:at + 1])
        torch.testing.assert_close(losses_[at:at + 1], loss, rtol=1e-5, atol=0)
        assert (gradients[at:at + 1] - gradient).norm() <= 1e-5 * gradient.norm()


def test_the_same_tiles_give_the_same_bytes_twice(network: Network, blobs: Blobs) -> None:
    pair = Pair(content_target(network, GATYS, blobs(1, 24, 80)), style_target(network, GATYS, blobs(2, 40, 40)))
    picture = textured(blobs, 3, 24, 80)
    network.tiling = Tiling(32)
    first, second = (Objective(network, GATYS, [pair]).with_gradient(picture) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


@pytest.mark.parametrize(("architecture", "layer", "halo"), [
    (Architecture.VGG19, "conv1_1", 1), (Architecture.VGG19, "relu2_1", 2 + 2),
    (Architecture.VGG19, "relu5_1", 2 * 1 + 2 * 2 + 4 * 4 + 4 * 8 + 16),
    (Architecture.VGG19, "pool1", 2),
])
def test_the_margin_is_as_wide_as_the_network_sees_and_no_wider(
    architecture: Architecture, layer: str, halo: int, weights: Weights,
) -> None:
    network = Network(weights, [layer], Pooling.AVERAGE)
    assert weights.network is architecture
    assert network.halo == halo
    side = 2 * -(-halo // network.stride) * network.stride + network.stride
    lit = torch.full((1, 3, side, side), 99.0, requires_grad=True)
    middle = side // network.strides[layer] // 2
    network.features(lit)[layer][..., middle, middle].sum().backward()
    assert lit.grad is not None
    seen = lit.grad.abs().sum((0, 1, 3))
    # What is left of a difference of large numbers is not sight: a fast convolution rounds beyond its margin.
    rows = (seen > 1e-5 * seen.max()).nonzero().flatten()
    assert int(rows.min()) >= middle * network.strides[layer] - halo
    assert int(rows.max()) < (middle + 1) * network.strides[layer] + halo
    assert int(rows.max() - rows.min()) + 1 >= network.strides[layer] + 2 * halo - 4


@pytest.mark.parametrize("edge", Edge)
@pytest.mark.parametrize(("height", "width", "tile_px"), [(200, 264, 64), (33, 1000, 100), (64, 64, 64), (47, 31, 32)])
def test_every_position_of_every_layer_belongs_to_one_tile(
    height: int, width: int, tile_px: int, edge: Edge, weights: Weights,
) -> None:
    network = Network(weights, ["relu1_1", "relu2_1", "relu3_1", "relu4_1"], edge=edge)
    for name, stride in network.strides.items():
        count = torch.zeros(network.positions(name, height, width))
        for tile in cut(height, width, tile_px, stride=network.stride, halo=network.halo):
            tile.of_whole(count, stride).add_(1)
        assert count.eq(1).all()


@pytest.mark.parametrize("optimizer", [Optimizer.TORCH_LBFGS, Optimizer.LBFGS])
def test_a_picture_made_by_tiles_is_the_picture(optimizer: Optimizer, network: Network, blobs: Blobs) -> None:
    recipe = replace(GATYS, steps=4, optimizer=optimizer)
    pair = Pair(content_target(network, recipe, blobs(1, 40, 96)), style_target(network, recipe, blobs(2, 40, 40)))
    made = []
    for tiling in (WHOLE, Tiling(48)):
        network.tiling = tiling
        (outcome,) = transfer(network, recipe, [pair])
        assert isinstance(outcome, Outcome)
        made.append(outcome)
    whole, tiled = made
    # Our own optimiser sees every layer in every evaluation in tiles, and looks at the deepest now and then without.
    most = 1 if optimizer is Optimizer.TORCH_LBFGS else 16
    assert (whole.pixels.int() - tiled.pixels.int()).abs().max() <= most
    assert tiled.total_loss == pytest.approx(whole.total_loss, rel=0.02)


def test_a_tile_of_nothing_but_margin_is_refused() -> None:
    with pytest.raises(BadRecipe, match="at least 32 pixels"):
        Tiling(16)


def test_a_picture_that_fits_is_seen_whole_and_a_larger_one_by_tiles_that_fit(network: Network) -> None:
    network.tiling = Tiling(memory_bytes=2 * 10**9)
    assert len(network.tiles(512, 512)) == 1
    for height, width in ((3000, 4000), (1200, 900), (100, 90000)):
        tiles = network.tiles(height, width)
        assert len(tiles) > 1
        pixels = torch.empty(1, 1, 1, 1).expand(1, 1, height, width)
        assert max(tile.seen(pixels).numel() for tile in tiles) * network.bytes_per_pixel <= 2 * 10**9
    assert len(network.tiles(512, 512, samples=8)) > 1


def test_a_style_loss_of_parts_is_that_of_the_whole_by_hand() -> None:
    features = torch.tensor([[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]])
    whole = terms.style_sums(features, GATYS.style_formula)
    parts = terms.style_sums(features[..., :1], GATYS.style_formula) + terms.style_sums(
        features[..., 1:], GATYS.style_formula)
    assert whole.tolist() == parts.tolist() == [[[[14.0, 32.0], [32.0, 77.0]]]]
    half = override(GATYS, name="half")
    assert terms.content(features, features * 0, half.content_formula).item() == pytest.approx(
        sum(terms.content(part, part * 0, half.content_formula, 3).item()
            for part in (features[..., :1], features[..., 1:])))
