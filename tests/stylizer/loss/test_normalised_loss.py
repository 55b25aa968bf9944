"""The loss of a recipe with a strength: its terms against float64, at their ends, and where there is nothing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from stylizer.loss.meter import Meter, meter_for
from stylizer.loss.objective import Objective
from stylizer.loss.self_similarity import SelfSimilarity
from stylizer.loss.targets import Pair, blended, by_region, content_target, style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.tiles import cut
from stylizer.network.vgg import Network, Weights
from stylizer.recipe import strength
from stylizer.recipe.model import Recipe
from stylizer.recipe.overrides import override
from stylizer.recipe.presets import BALANCED, GATYS, RECIPES
from tests.stylizer.minimising import SHALLOW

Blobs = Callable[[int, int, int], Tensor]
Array = np.ndarray


def pair_of(network: Network, recipe: Recipe, blobs: Blobs) -> Pair:
    return Pair(content_target(network, recipe, blobs(1, 48, 64)), style_target(network, recipe, blobs(2, 40, 56)))


def moments(features: Array) -> tuple[Array, Array]:
    return features.mean((1, 2)), np.cov(features.reshape(len(features), -1), bias=True)


def cosines(features: Array) -> Array:
    """Of all pairs of positions, their mean put aside; of a layer that is smaller than the grid."""
    parts = features.reshape(len(features), -1)
    parts = parts - parts.mean(1, keepdims=True)
    parts = parts / np.linalg.norm(parts, axis=0)
    found: Array = parts.T @ parts
    return found


def test_the_loss_of_balanced_agrees_with_a_float64_evaluation(weights: Weights, blobs: Blobs) -> None:
    network = network_for(BALANCED, weights)
    pair = pair_of(network, BALANCED, blobs)
    picture = (blobs(1, 48, 64) + blobs(2, 48, 64)) / 2
    seen, photograph, painted = (
        {name: values[0].double().numpy() for name, values in network.features(pixels).items()}
        for pixels in (picture, blobs(1, 48, 64), blobs(2, 40, 56)))

    def style_of(features: dict[str, Array]) -> float:
        total = 0.0
        for name, weight in BALANCED.style_layers:
            for own, style, zero in zip(*map(moments, (features[name], painted[name], photograph[name])), strict=True):
                total += weight * ((own - style) ** 2).sum() / ((zero**2).sum() + (style**2).sum()) / 2
        return total

    ((name, _),) = BALANCED.content_layers
    kept, now = cosines(photograph[name]), cosines(seen[name])
    content = ((seen[name] - photograph[name]) ** 2).mean() / (2 * (photograph[name] ** 2).mean())
    content += BALANCED.self_similarity * ((now - kept) ** 2).mean() / (2 * (kept**2).mean())
    found = Objective(network, BALANCED, [pair], torch.tensor([0.6])).terms(picture)
    assert found.style.item() == pytest.approx(style_of(seen) / style_of(photograph), rel=1e-5)
    assert found.content.item() == pytest.approx(0.6 * content, rel=1e-5)
    assert found.tv.item() == 0


def test_its_gradient_agrees_with_central_differences(weights: Weights, blobs: Blobs) -> None:
    """Along a smooth direction, in float64: a network of float32 has no five digits of a difference."""
    network = network_for(BALANCED, weights)
    for _, module in network._modules:
        module.double()
    network._mean = network._mean.double()
    small = {"content": blobs(1, 16, 24).double(), "style": blobs(2, 16, 16).double()}
    pair = Pair(content_target(network, BALANCED, small["content"]), style_target(network, BALANCED, small["style"]))
    objective = Objective(network, BALANCED, [pair])
    picture, along = blobs(3, 16, 24).double(), blobs(4, 16, 24).double() - 128
    _, gradient = objective.with_gradient(picture)
    step = 1e-8 * along     # few units close or open on so short a way
    ends = [objective.terms(picture + sign * step).total.item() for sign in (1, -1)]
    assert (gradient * along).sum().item() == pytest.approx((ends[0] - ends[1]) / 2e-8, rel=1e-5)


@pytest.mark.parametrize("name", ["gatys", "w2", "five-layer", "balanced"])
def test_of_every_recipe_the_photograph_has_one_of_style_and_no_content(
    name: str, weights: Weights, blobs: Blobs,
) -> None:
    recipe = override(RECIPES[name], strength=50, tv_weight=0)
    network = network_for(recipe, weights)
    objective = Objective(network, recipe, [pair_of(network, recipe, blobs)])
    found = objective.terms(blobs(1, 48, 64))
    assert found.style.item() == pytest.approx(1, rel=1e-4)
    assert found.content.item() == pytest.approx(0, abs=1e-6)
    # The style itself has none of its loss, and of the content's some share that one can reckon with.
    other = objective.terms(blobs(7, 48, 64))
    assert 0.05 < other.content.item() / strength.content_weight(recipe) < 5


def test_variation_keeps_its_balance_beside_style(weights: Weights, blobs: Blobs) -> None:
    recipe = RECIPES["w2"]
    network = network_for(recipe, weights)
    picture, strong = blobs(5, 48, 64), override(recipe, strength=40)
    plain, normalised = (
        Objective(network, each, [pair_of(network, each, blobs)]).terms(picture) for each in (recipe, strong))
    assert (normalised.tv / normalised.style).item() == pytest.approx((plain.tv / plain.style).item(), rel=1e-4)


@pytest.mark.parametrize("name", ["gatys", "w2", "balanced"])
@pytest.mark.parametrize("level", [0.0, 77.0, 255.0])
def test_a_photograph_that_is_its_own_style_or_has_nothing_to_see_has_a_loss(
    name: str, level: float, weights: Weights, blobs: Blobs,
) -> None:
    recipe = override(RECIPES[name], strength=50)
    network = network_for(recipe, weights)
    flat = torch.full((1, 3, 32, 32), level)
    for content, style in ((flat, flat), (flat, blobs(1, 32, 32)), (blobs(1, 32, 32), flat)):
        pair = Pair(content_target(network, recipe, content), style_target(network, recipe, style))
        loss, gradient = Objective(network, recipe, [pair]).with_gradient(blobs(3, 32, 32))
        assert loss.isfinite().all()
        assert gradient.isfinite().all()
        assert gradient.abs().max() > 0


def test_each_pair_of_a_batch_has_its_own_balance(weights: Weights, blobs: Blobs) -> None:
    network = network_for(BALANCED, weights)
    pair = pair_of(network, BALANCED, blobs)
    twice = torch.cat([blobs(4, 48, 64)] * 2)
    found = Objective(network, BALANCED, [pair, pair], torch.tensor([0.2, 0.8])).terms(twice)
    assert (found.content[1] / found.content[0]).item() == pytest.approx(4, rel=1e-5)
    torch.testing.assert_close(found.style[0], found.style[1])


def test_regions_of_one_style_are_the_style(weights: Weights, blobs: Blobs) -> None:
    network = network_for(BALANCED, weights)
    halves = torch.zeros(1, 2, 48, 64)
    halves[:, 0, :, :32] = halves[:, 1, :, 32:] = 1
    mirrored = torch.cat((blobs(1, 48, 32), blobs(1, 48, 32).flip(3)), 3)
    style = style_target(network, BALANCED, blobs(2, 40, 56))
    guided = Pair(content_target(network, BALANCED, mirrored, halves), by_region([style, style]))
    plain = Pair(content_target(network, BALANCED, mirrored), style)
    whole, parts = (Objective(network, BALANCED, [pair]).terms(mirrored).style for pair in (plain, guided))
    torch.testing.assert_close(parts, whole, rtol=0.02, atol=0)


def test_the_gradient_of_self_similarity_agrees_with_finite_differences(generator: torch.Generator) -> None:
    target, ours = torch.rand(2, 2, 3, 30, 5, generator=generator, dtype=torch.float64)
    term, (tile,) = SelfSimilarity(target), cut(30, 5, None, stride=1, halo=0)
    assert torch.autograd.gradcheck(lambda f: term.loss(term.part(f, tile, 1)), ours.requires_grad_())
    assert term.loss(term.part(target, tile, 1)).abs().max() < 1e-12


def test_what_a_kept_part_has_in_common_with_others_counts_so_many_times(generator: torch.Generator) -> None:
    target, ours = torch.rand(2, 1, 3, 4, 5, generator=generator, dtype=torch.float64)
    (tile,) = cut(4, 5, None, stride=1, halo=0)
    kept = torch.ones(1, 1, 4, 5)
    plain, weighed = SelfSimilarity(target, kept), SelfSimilarity(target, kept.index_fill(3, torch.tensor([2]), 20))

    def cosines(features: Tensor) -> Tensor:
        parts = features[0].flatten(1).T
        return torch.nn.functional.normalize(parts - parts.mean(0)) @ torch.nn.functional.normalize(
            parts - parts.mean(0)).T

    squares = (cosines(ours) - cosines(target)).square()
    of_column = squares.view(4, 5, 20)[:, 2].sum() / 400 / (2 * cosines(target).square().mean())
    part = plain.part(ours, tile, 1)
    assert (weighed.loss(part) - plain.loss(part)).item() == pytest.approx(19 * of_column.item(), rel=1e-9)
    assert plain.loss(part).item() == SelfSimilarity(target).loss(part).item()
    assert torch.autograd.gradcheck(lambda f: weighed.loss(weighed.part(f, tile, 1)), ours.requires_grad_())


def test_a_large_layer_is_pooled_as_the_library_pools_it(generator: torch.Generator) -> None:
    features = torch.rand(1, 3, 50, 61, generator=generator)
    (tile,) = cut(50, 61, None, stride=1, halo=0)
    found = SelfSimilarity(features).part(features, tile, 1).permute(0, 3, 1, 2)
    torch.testing.assert_close(found, torch.nn.functional.adaptive_avg_pool2d(features, 24))


@pytest.fixture
def meter(weights: Weights) -> Meter:
    found = meter_for(BALANCED, weights)
    assert found is not None
    return found


def test_the_photograph_has_come_no_way_and_the_style_all_of_it(meter: Meter, weights: Weights, blobs: Blobs) -> None:
    content, style = blobs(1, 48, 64), blobs(2, 48, 64)
    network = network_for(SHALLOW, weights)
    pair = Pair(
        replace(content_target(network, SHALLOW, content), metered=meter.statistics(content)),
        replace(style_target(network, SHALLOW, style), metered=meter.statistics(style)))
    assert meter.measure(torch.cat([content, style]), [pair, pair]) == [0.0, 1.0]
    half = replace(pair, style=blended([replace(pair.style, metered=pair.content.metered), pair.style], [0.5, 0.5]))
    (found,) = meter.measure(content, [half])
    assert found == 0
    own = replace(pair, style=replace(pair.style, metered=pair.content.metered))
    assert np.isnan(meter.measure(content, [own])).all()        # no way to go


def test_a_picture_too_small_to_be_looked_at_is_not(meter: Meter, blobs: Blobs) -> None:
    assert meter.statistics(blobs(1, 15, 64)) == {}


@pytest.mark.parametrize("change", [{}, {"strength": 0}, {"strength": 100}])
def test_only_what_is_between_the_ends_is_looked_at(change: dict[str, object], weights: Weights) -> None:
    assert meter_for(override(GATYS, **change), weights) is None
