"""Pictures of a recipe with a strength: its ends, what is corrected on the way, and that nothing else plays a part."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from stylizer.loss.linearised import LinearisedObjective
from stylizer.loss.meter import Meter, meter_for
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, in_colours_of, style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.recipe import strength
from stylizer.recipe.formats import Format
from stylizer.recipe.model import Recipe
from stylizer.recipe.overrides import override
from stylizer.recipe.presets import BALANCED
from stylizer.transfer.checkpoint import Checkpoint
from stylizer.transfer.optimization import Step
from stylizer.transfer.saved_losses import losses_of_saved_file
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]
RECIPE = replace(BALANCED, steps=9, scales=(0.5, 1.0), history=5)


@pytest.fixture(scope="module")
def network(weights: Weights) -> Network:
    return network_for(RECIPE, weights)


@pytest.fixture(scope="module")
def meter(weights: Weights) -> Meter:
    found = meter_for(RECIPE, weights)
    assert found is not None
    return found


@pytest.fixture
def pairs(network: Network, meter: Meter, blobs: Blobs) -> Callable[..., list[Pair]]:
    """Pairs of these contents and one style, at both scales, as the encoder makes them."""

    def at(recipe: Recipe, seed: int, height: int, width: int) -> Pair:
        pixels, painted = blobs(seed, height, width), blobs(9, height, height)
        content = replace(content_target(network, recipe, pixels), metered=meter.statistics(pixels))
        style = replace(style_target(network, recipe, painted), metered=meter.statistics(painted))
        share = strength.recolouring(recipe)
        return Pair(in_colours_of(network, recipe, content, style, share) if share else content, style, seed)

    def make(recipe: Recipe, *seeds: int) -> list[Pair]:
        return [replace(at(recipe, seed, 64, 96), coarser=(at(recipe, seed, 32, 48),)) for seed in seeds]

    return make


def made(found: list[object]) -> list[Outcome]:
    assert all(isinstance(one, Outcome) for one in found)
    return found        # type: ignore[return-value]


def test_at_nought_a_picture_is_the_photograph(network: Network, pairs: Callable[..., list[Pair]]) -> None:
    recipe = override(RECIPE, strength=0)
    given = pairs(recipe, 1, 2)
    for pair, outcome in zip(given, made([*transfer(network, recipe, given)]), strict=True):
        assert torch.equal(outcome.pixels.float(), pair.content.pixels[0])
        assert (outcome.total_loss, outcome.evaluations) == (0, 1)


def test_at_a_hundred_it_is_a_texture_that_knows_no_content(
    network: Network, pairs: Callable[..., list[Pair]]
) -> None:
    recipe = override(RECIPE, strength=100)
    first, second = (
        made([*transfer(network, recipe, [replace(pair, seed=5, coarser=(replace(pair.coarser[0], seed=5),))])])[0]
        for pair in pairs(recipe, 1, 2))
    assert first.content_loss == second.content_loss == 0
    # The divisor alone is the photograph's.
    assert (first.picture - second.picture).abs().mean() < 12 < (first.picture - first.picture.mean()).abs().mean()


@pytest.mark.parametrize(("scale", "looks"), [
    (1, 2),     # after the coarse scale, and once on the way at the last
    (2, 1),     # after the coarse scale, for the last one is too short
])
def test_a_pair_that_is_off_is_corrected_and_goes_on_with_its_own_balance(
    scale: int, looks: int,
    network: Network, meter: Meter, pairs: Callable[..., list[Pair]], monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = replace(RECIPE, strength_scale=scale)
    told: list[list[float]] = []
    measure = meter.measure

    def far_and_near(pictures: Tensor, given: list[Pair]) -> list[float]:
        told.append(measure(pictures, given))
        return [1.0, 0.0]

    monkeypatch.setattr(meter, "measure", far_and_near)
    own = strength.content_weight(recipe)
    held, pushed = made([*transfer(network, recipe, pairs(recipe, 1, 2), meter=meter)])
    assert len(told) == looks
    assert all(-1 < far < 1 for of_batch in told for far in of_batch)
    once = strength.corrected(recipe, strength.Look(own, 1.0)) / own
    assert held.balance == pytest.approx(min(16, once**looks) * own)
    assert pushed.balance == pytest.approx(own / 16)
    assert held.content_loss / held.balance < pushed.content_loss / pushed.balance


def test_what_a_picture_will_come_to_after_its_first_scale_is_reckoned_with(
    network: Network, meter: Meter, pairs: Callable[..., list[Pair]], monkeypatch: pytest.MonkeyPatch
) -> None:
    aim, still_to_come = strength.within_reach(RECIPE), strength.ahead(RECIPE, 0, RECIPE.shares[0])
    assert still_to_come > 0.05
    for measured, is_right in ((aim - still_to_come, True), (aim, False)):
        monkeypatch.setattr(meter, "measure", lambda *_, measured=measured: [measured])
        (outcome,) = made([*transfer(network, RECIPE, pairs(RECIPE, 1), meter=meter)])
        assert (outcome.balance == pytest.approx(strength.content_weight(RECIPE))) is is_right


@pytest.mark.parametrize("make", [
    lambda network, recipe, pair, balance: Objective(network, recipe, [pair], balance), LinearisedObjective])
def test_another_balance_in_place_is_that_balance_from_the_start(
    make: Callable[..., Objective], network: Network, pairs: Callable[..., list[Pair]]
) -> None:
    (pair,) = pairs(RECIPE, 1)
    picture = pair.content.pixels * 0.9
    changed, new = (make(network, RECIPE, pair, torch.tensor([balance])) for balance in (0.3, 2.0))
    before = changed.evaluate(picture)
    place = changed._content_share.data_ptr()       # type: ignore[union-attr]
    changed.rebalance(torch.tensor([2.0]))
    assert changed._content_share.data_ptr() == place       # type: ignore[union-attr]
    for _ in range(2):
        own, other = changed.evaluate(picture), new.evaluate(picture)
        assert torch.equal(own.loss, other.loss)
        assert torch.equal(own.gradient, other.gradient)
    assert own.loss > before.loss


def test_the_losses_of_an_outcome_are_those_of_its_own_balance(
    network: Network, meter: Meter, pairs: Callable[..., list[Pair]]
) -> None:
    (pair,) = pairs(RECIPE, 1)
    (outcome,) = made([*transfer(network, RECIPE, [pair], meter=meter)])
    assert outcome.balance != strength.content_weight(RECIPE)
    terms = Objective(network, RECIPE, [pair], torch.tensor([outcome.balance])).terms(outcome.pixels[None].float())
    assert outcome.content_loss == pytest.approx(terms.content.item(), rel=1e-5)
    assert outcome.total_loss == pytest.approx(terms.total.item(), rel=1e-5)


def test_the_loss_of_the_start_is_that_of_the_photograph_itself(
    network: Network, meter: Meter, pairs: Callable[..., list[Pair]]
) -> None:
    (pair,) = pairs(RECIPE, 1)
    (outcome,) = made([*transfer(network, RECIPE, [pair], meter=meter)])
    objective = Objective(network, RECIPE, [pair], torch.tensor([outcome.balance]))
    terms = objective.terms(pair.content.pixels)
    assert outcome.start_loss == pytest.approx(terms.style.item(), rel=1e-3)
    assert terms.content < 0.01     # nothing but what a change of colours does to it


def test_the_losses_of_a_lossy_file_are_those_of_its_own_balance_too(
    network: Network, meter: Meter, pairs: Callable[..., list[Pair]]
) -> None:
    recipe = replace(RECIPE, steps=2, format=Format.JPEG, file_quality=90)
    (pair,) = pairs(recipe, 1)
    (outcome,) = made([*transfer(network, recipe, [pair], meter=meter)])
    told, doubled = (
        losses_of_saved_file(network, recipe, pair, replace(outcome, balance=outcome.balance * factor), None)
        for factor in (1, 2))
    assert doubled.content_loss == pytest.approx(2 * told.content_loss, rel=1e-4)
    assert doubled.style_loss == pytest.approx(told.style_loss, rel=1e-5)


@pytest.fixture
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads_as_before")
def test_neighbours_and_threads_change_no_bit(
    network: Network, meter: Meter, pairs: Callable[..., list[Pair]]
) -> None:
    first, second = (made([*transfer(network, RECIPE, pairs(RECIPE, seed), meter=meter)])[0] for seed in (1, 2))
    torch.set_num_threads(2)
    together = made([*transfer(network, RECIPE, pairs(RECIPE, 1, 2), meter=meter)])
    (both_threads,) = made([*transfer(network, RECIPE, pairs(RECIPE, 1), meter=meter)])
    for alone, other in ((first, together[0]), (second, together[1]), (first, both_threads)):
        assert torch.equal(alone.picture, other.picture)
        assert (alone.trace, alone.balance) == (other.trace, other.balance)


class Killed(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("killed_at", [3, 6, 7, 8])
def test_one_that_was_killed_goes_on_bit_equal(
    network: Network, meter: Meter, pairs: Callable[..., list[Pair]], tmp_path: Path, killed_at: int,
) -> None:
    """Before the first correction, right before and after the second, which comes 6 + 1 evaluations in."""
    given = pairs(RECIPE, 1)

    def kill(step: Step) -> None:
        if step.step == killed_at:
            raise Killed

    (undisturbed,) = made([*transfer(network, RECIPE, given, meter=meter)])
    with pytest.raises(Killed):
        transfer(network, RECIPE, given, meter=meter, progress=kill, checkpoint=Checkpoint(tmp_path, ["a"], 0))
    (resumed,) = made([*transfer(network, RECIPE, given, meter=meter, checkpoint=Checkpoint(tmp_path, ["a"]))])
    assert torch.equal(undisturbed.pixels, resumed.pixels)
    assert (undisturbed.trace, undisturbed.balance) == (resumed.trace, resumed.balance)
