"""The deepest layers, seen now and then: what is true then, what holds in between, and when it stops."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stylizer.compute.tiling import Tiling
from stylizer.loss.linearised import LinearisedObjective
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.optim.lbfgs import LBFGS
from stylizer.recipe.model import Recipe
from stylizer.recipe.presets import GATYS, RECIPES
from stylizer.transfer import optimization
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]


def pair_of(network: Network, recipe: Recipe, blobs: Blobs) -> Pair:
    return Pair(content_target(network, recipe, blobs(1, 48, 64)), style_target(network, recipe, blobs(2, 48, 48)))


def seen_layers(network: Network, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each evaluation to come whether it saw the layers behind the cut."""
    seen: list[bool] = []
    features, tail = network.features, network.tail

    def near(pixels: Tensor, upto: str | None = None) -> dict[str, Tensor]:
        seen.append(upto is None)
        return features(pixels, upto)

    def far(name: str, values: Tensor) -> dict[str, Tensor]:
        seen[-1] = True
        return tail(name, values)

    monkeypatch.setattr(network, "features", near)
    monkeypatch.setattr(network, "tail", far)
    return seen


def test_up_to_a_layer_and_beyond_it_make_the_whole_network(network: Network, blobs: Blobs) -> None:
    pixels = blobs(3, 48, 64)
    whole = network.features(pixels)
    for name in whole:
        found = network.features(pixels, name)
        assert list(found)[-1] == name
        both = found | network.tail(name, found[name])
        assert list(both) == list(whole)
        assert all(torch.equal(both[layer], whole[layer]) for layer in whole)


@pytest.mark.parametrize("recipe", [
    pytest.param(recipe, id=name) for name, recipe in RECIPES.items() if recipe.network is GATYS.network
])
def test_the_first_expansion_is_the_objective_itself(recipe: Recipe, weights: Weights, blobs: Blobs) -> None:
    network = network_for(recipe, weights)
    pair = pair_of(network, recipe, blobs)
    picture = blobs(4, 48, 64)
    loss, gradient, correction = LinearisedObjective(network, recipe, pair).evaluate(picture)
    exact, slope = Objective(network, recipe, [pair]).with_gradient(picture)
    assert loss.item() == pytest.approx(exact.item(), rel=1e-5)
    assert (gradient - slope).norm() <= 1e-4 * slope.norm()
    assert correction is None


def test_every_expansion_is_true_and_in_between_it_is_nearly_so(
    network: Network, blobs: Blobs, monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = pair_of(network, GATYS, blobs)
    linearised, exact = LinearisedObjective(network, GATYS, pair), Objective(network, GATYS, [pair])
    optimizer = LBFGS(pair.content.pixels.flatten(1), history=20, bounds=(0, 255))
    expansions = corrected = 0
    for _ in range(16):
        picture = optimizer.trial.view_as(pair.content.pixels)
        with monkeypatch.context() as watched:
            seen = seen_layers(network, watched)
            loss, gradient, correction = linearised.evaluate(picture)
        true, slope = exact.with_gradient(picture)
        is_exact = seen == [True]
        expansions += is_exact
        assert loss.item() == pytest.approx(true.item(), rel=1e-5 if is_exact else 0.02)
        assert torch.cosine_similarity(gradient.flatten(), slope.flatten(), 0) > (1 - 1e-6 if is_exact else 0.95)
        assert is_exact or correction is None
        if correction is not None:
            corrected += 1
            before = optimizer.best_loss.item()
            optimizer.correct(correction)
            assert optimizer.best_loss.item() == pytest.approx(before + correction.item())
            assert abs(correction.item()) < 0.02 * true.item()
        optimizer.tell(loss, gradient.flatten(1))
    assert 4 <= expansions <= 8
    assert corrected >= 2


def test_where_the_deepest_layers_matter_every_evaluation_sees_them(
    weights: Weights, blobs: Blobs, monkeypatch: pytest.MonkeyPatch,
) -> None:
    heavy = replace(GATYS, steps=12, style_layers=(("relu1_1", 1e-9), ("relu2_1", 1e-9), ("relu5_1", 1.0)))
    network = network_for(heavy, weights)
    pair = pair_of(network, heavy, blobs)
    seen = seen_layers(network, monkeypatch)
    (outcome,) = transfer(network, heavy, [pair])
    assert isinstance(outcome, Outcome)
    assert all(seen)


def test_a_run_sees_the_deepest_layers_seldom_and_ends_as_low(
    network: Network, blobs: Blobs, monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = replace(GATYS, steps=26, history=20)
    pair = pair_of(network, recipe, blobs)
    with monkeypatch.context() as exactly:
        exactly.setattr(
            optimization, "LinearisedObjective", lambda network, recipe, pair, _: Objective(network, recipe, [pair]))
        (exact,) = transfer(network, recipe, [pair])
    seen = seen_layers(network, monkeypatch)
    (linearised,) = transfer(network, recipe, [pair])
    assert isinstance(exact, Outcome)
    assert isinstance(linearised, Outcome)
    assert sum(seen[:26]) < 13
    assert linearised.total_loss < 1.1 * exact.total_loss
    assert linearised.trace[-1] == pytest.approx(linearised.total_loss, rel=0.05)


def test_tiles_are_evaluated_exactly(network: Network, blobs: Blobs) -> None:
    pair = pair_of(network, GATYS, blobs)
    network.tiling = Tiling(48)
    linearised, exact = LinearisedObjective(network, GATYS, pair), Objective(network, GATYS, [pair])
    for share in (0.0, 0.01):       # so little further that without tiles it would not look
        picture = (1 - share) * blobs(4, 48, 64) + share * blobs(5, 48, 64)
        assert linearised.evaluate(picture).loss.equal(exact.with_gradient(picture)[0])
