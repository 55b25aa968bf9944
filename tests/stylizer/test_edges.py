"""Pictures whose sides are no multiple of what the poolings halve."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.compute.precision import Precision
from stylizer.compute.tiling import Tiling
from stylizer.loss.linearised import LinearisedObjective
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.kernels import PLAIN, Kernels
from stylizer.network.vgg import Network, Weights
from stylizer.network.winograd import WinogradConv2d
from stylizer.recipe.model import Architecture, Edge, Pooling, Recipe
from stylizer.recipe.presets import GATYS
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]


@pytest.mark.parametrize(("height", "width"), [(47, 63), (33, 48), (16, 17)])
def test_the_network_sees_an_odd_picture_mirrored_to_whole_windows(
    weights: Weights, blobs: Blobs, height: int, width: int
) -> None:
    network = Network(weights, GATYS.layers, edge=Edge.MIRROR)
    pixels = blobs(1, height, width)
    mirrored = torch.cat((pixels, pixels.flip(2)[:, :, 1 : 1 - height % -16]), 2)
    mirrored = torch.cat((mirrored, mirrored.flip(3)[..., 1 : 1 - width % -16]), 3)
    assert all(side % 16 == 0 for side in mirrored.shape[-2:])
    alone, whole = network.features(pixels), network.features(mirrored)
    assert all(torch.equal(alone[name], whole[name]) for name in alone)


def test_the_last_rows_and_columns_are_painted_like_the_others(weights: Weights, blobs: Blobs) -> None:
    """Where poolings drop them they keep the smooth content: a fifth to a third of the grain that the rest has."""
    recipe = replace(GATYS, steps=22, history=10, edge=Edge.MIRROR)
    network = network_for(recipe, weights)
    place = torch.arange(64.0)
    stripes = 128 + 100 * ((place[:, None] + place) / 3).sin()
    style = stripes * torch.tensor([1.0, 0.8, 0.6]).view(1, 3, 1, 1)
    pair = Pair(content_target(network, recipe, blobs(1, 79, 63)), style_target(network, recipe, style))
    (outcome,) = transfer(network, recipe, [pair])
    assert isinstance(outcome, Outcome)
    picture = outcome.pixels.float()
    for view in (picture, picture.mT):
        grain = (view[..., 1:] - view[..., :-1]).abs().mean((0, 2))
        share = grain[-4:] / grain[8:-8].median()
        assert share.min() > 0.5
        assert share.max() < 1.5


class Reference:
    """The published formula of `gatys` in a few lines of plain PyTorch: zero padding, poolings that drop odd rows."""

    def __init__(self, weights: Weights, pooling: Pooling, content: Tensor, style: Tensor) -> None:
        self._weights, self._pooling = weights, pooling
        self._content = self.features(content)["relu4_2"]
        self._grams = {name: _gram(values) for name, values in self.features(style).items()}

    def features(self, pixels: Tensor) -> dict[str, Tensor]:
        values, found = pixels - torch.tensor(self._weights.mean_rgb).view(1, 3, 1, 1), {}
        for name in Architecture.VGG19.layers:
            if name.startswith("conv"):
                kernel, bias = (self._weights.tensors[f"{name}.{part}"] for part in ("weight", "bias"))
                values = F.conv2d(values, kernel, bias, padding=1)
            elif name.startswith("relu"):
                values = F.relu(values)
            else:
                values = F.max_pool2d(values, 2) if self._pooling is Pooling.MAX else F.avg_pool2d(values, 2)
            found[name] = values
            if name == "relu5_1":
                break
        return found

    def with_gradient(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        pixels = pixels.clone().requires_grad_()
        found = self.features(pixels)
        loss = F.mse_loss(found["relu4_2"], self._content)
        for name, weight in GATYS.style_layers:
            loss = loss + 1e3 * weight * F.mse_loss(_gram(found[name]), self._grams[name])
        (gradient,) = torch.autograd.grad(loss, pixels)
        return loss.detach(), gradient


def _gram(features: Tensor) -> Tensor:
    flat = features[0].flatten(1)
    return flat @ flat.T / flat.shape[1]


def _textured(blobs: Blobs, seed: int, height: int, width: int) -> Tensor:
    grain = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 80 - 40
    return (blobs(seed, height, width) + grain).clamp(0, 255)


def _same(found: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor]) -> None:
    """Loss and gradient, the gradient also in the rows and columns that poolings drop from the deeper layers."""
    (loss, gradient), (expected_loss, expected_gradient) = found, expected
    torch.testing.assert_close(loss, expected_loss.expand_as(loss), rtol=1e-4, atol=0)
    for part in (slice(None), slice(-15, None)):
        for own, other in zip((gradient[..., part, :], gradient[..., part]),
                              (expected_gradient[..., part, :], expected_gradient[..., part]), strict=True):
            assert other.norm() > 0
            assert (own - other).norm() <= 1e-3 * other.norm()


@pytest.mark.parametrize(("kernels", "tile_px", "pooling", "height", "width"), [
    (PLAIN, None, Pooling.MAX, 111, 143),       # large enough for Winograd's filtering
    (PLAIN, 48, Pooling.MAX, 111, 79),
    (PLAIN, None, Pooling.AVERAGE, 47, 30),
    (Kernels(fused=True), None, Pooling.MAX, 47, 30),
    (Kernels(channels_last=True, fused=True), 32, Pooling.MAX, 47, 70),
], ids=str)
def test_the_plain_edge_is_that_of_plain_pytorch_with_its_gradient(
    kernels: Kernels, tile_px: int | None, pooling: Pooling, height: int, width: int, weights: Weights, blobs: Blobs,
) -> None:
    content, style, picture = (_textured(blobs, seed, height, width) for seed in (1, 2, 3))
    network = Network(weights, GATYS.layers, pooling, tiling=Tiling(tile_px), kernels=kernels, edge=Edge.PLAIN)
    assert any(isinstance(module, WinogradConv2d) for _, module in network._modules) is (kernels == PLAIN)
    pair = Pair(content_target(network, GATYS, content), style_target(network, GATYS, style[..., :-6, :-3]))
    objective = Objective(network, GATYS, [pair])
    assert objective.is_whole is (tile_px is None)
    expected = Reference(weights, pooling, content, style[..., :-6, :-3]).with_gradient(picture)
    _same(objective.with_gradient(picture), expected)
    if tile_px is None:
        evaluation = LinearisedObjective(network, GATYS, pair).evaluate(picture)
        _same((evaluation.loss, evaluation.gradient), expected)


def test_the_plain_edge_is_the_same_in_a_batch(weights: Weights, blobs: Blobs) -> None:
    network = network_for(GATYS, weights)
    contents, styles, pictures = (
        [_textured(blobs, seed + at, 37, 46) for at in range(2)] for seed in (1, 10, 20))
    pairs = [Pair(content_target(network, GATYS, content), style_target(network, GATYS, style))
             for content, style in zip(contents, styles, strict=True)]
    losses, gradients = Objective(network, GATYS, pairs).with_gradient(torch.cat(pictures))
    for at in range(2):
        reference = Reference(weights, Pooling.MAX, contents[at], styles[at])
        _same((losses[at : at + 1], gradients[at : at + 1]), reference.with_gradient(pictures[at]))


def test_regions_end_where_the_plain_edge_does(weights: Weights, blobs: Blobs) -> None:
    network = network_for(GATYS, weights)
    features, shares = network.features(blobs(1, 47, 63)), network.shares(torch.ones(1, 2, 47, 63) / 2)
    for name, values in features.items():
        assert shares[name].shape[-2:] == values.shape[-2:] == network.positions(name, 47, 63)
        assert shares[name].eq(0.5).all()


@pytest.mark.parametrize("edge", Edge)
def test_the_network_of_a_recipe_has_its_edge(edge: Edge, weights: Weights) -> None:
    recipe: Recipe = replace(GATYS, edge=edge)
    assert network_for(recipe, weights).edge is edge
    assert network_for(recipe, weights, precision=Precision.BF16).exact.edge is edge
