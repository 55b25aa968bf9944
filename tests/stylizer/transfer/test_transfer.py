from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from stylizer.errors import Diverged, ImageTooSmall
from stylizer.loss import terms
from stylizer.loss.objective import Objective, Sums, Terms
from stylizer.loss.targets import ContentTarget, Pair, StyleTarget, content_target, style_target
from stylizer.network.vgg import Network
from stylizer.pictures.encode import encode, read_back
from stylizer.recipe.formats import Format
from stylizer.recipe.presets import GATYS, Init
from stylizer.transfer.optimization import Step
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]
RECIPE = replace(GATYS, size=48, steps=12, history=10)


@pytest.fixture
def contents(network: Network, blobs: Blobs) -> list[ContentTarget]:
    return [content_target(network, RECIPE, blobs(seed, 32, 48)) for seed in (1, 2)]


@pytest.fixture
def styles(network: Network, blobs: Blobs) -> list[StyleTarget]:
    return [style_target(network, RECIPE, blobs(seed, 40, 40)) for seed in (3, 4)]


def one(results: list[Outcome | Diverged]) -> Outcome:
    (result,) = results
    assert isinstance(result, Outcome)
    return result


def test_the_reported_losses_are_those_of_the_png_read_back(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    outcome = one(transfer(network, RECIPE, [Pair(contents[0], styles[0])]))
    found = network.features(read_back(encode(outcome.picture, Format.PNG, quality=92))[None])
    content, style = 0.0, 0.0
    for name, weight in RECIPE.content_layers:
        difference = found[name].double().numpy() - contents[0].features[name].double().numpy()
        content += weight * (difference**2).mean()
    for name, weight in RECIPE.style_layers:
        flat = found[name][0].flatten(1).double().numpy()
        gram = flat @ flat.T / flat.shape[1]
        style += RECIPE.style_weight * weight * ((gram - styles[0].grams[name][0].double().numpy()) ** 2).mean()
    assert outcome.content_loss == pytest.approx(content, rel=1e-4)
    assert outcome.style_loss == pytest.approx(style, rel=1e-4)
    assert outcome.total_loss == pytest.approx(content + style, rel=1e-4)


def test_the_loss_falls_and_the_trace_tells_of_every_evaluation(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    seen: list[Step] = []
    outcome = one(transfer(
        network, RECIPE, [Pair(contents[0], styles[0])], progress=seen.append))
    assert outcome.total_loss < 0.3 * outcome.start_loss
    assert outcome.trace[0] == outcome.start_loss
    assert outcome.evaluations == len(outcome.trace) == RECIPE.steps
    assert [(step.step, step.steps, step.losses) for step in seen] == [
        (i + 1, RECIPE.steps, [loss]) for i, loss in enumerate(outcome.trace)]
    assert torch.equal(seen[-1].pictures()[0], outcome.pixels)
    assert outcome.pixels.shape == (3, 32, 48)
    assert outcome.pixels.dtype == torch.uint8


def test_the_range_of_pixels_costs_little_and_leaving_it_costs_much(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    recipe = replace(RECIPE, steps=20)
    pair = Pair(contents[0], styles[0])
    bounded = one(transfer(network, recipe, [pair]))
    literal = one(transfer(network, replace(recipe, bounded=False), [pair]))
    assert bounded.total_loss == pytest.approx(min(bounded.trace), rel=0.02)
    assert bounded.total_loss < 0.7 * literal.total_loss


def test_a_pair_becomes_the_same_picture_alone_and_in_a_batch(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    recipe = replace(RECIPE, init=Init.RANDOM, steps=6)
    pairs = [Pair(content, style, seed) for seed, content in enumerate(contents) for style in styles]
    together = transfer(network, recipe, pairs)
    for pair, result in zip(pairs, together, strict=True):
        alone = one(transfer(network, recipe, [pair]))
        assert isinstance(result, Outcome)
        assert (alone.pixels.int() - result.pixels.int()).abs().max() <= 1


def test_the_same_call_gives_the_same_bytes_twice(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    first, second = (one(transfer(network, RECIPE, [Pair(contents[1], styles[1])])) for _ in range(2))
    assert torch.equal(first.pixels, second.pixels)
    assert first.trace == second.trace


def test_a_random_start_depends_on_the_seed_of_the_pair_alone(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    recipe = replace(RECIPE, init=Init.RANDOM, steps=1)
    starts = {}
    for noise in (0, 1):
        torch.manual_seed(noise)
        for seed in (7, 8):
            starts[noise, seed] = one(transfer(network, recipe, [Pair(contents[0], styles[0], seed)])).start_loss
    assert starts[0, 7] == starts[1, 7]
    assert starts[0, 7] != starts[0, 8]


def test_each_image_is_encoded_once_for_all_of_its_pairs(network: Network, blobs: Blobs) -> None:
    contents = [content_target(network, RECIPE, blobs(seed, 16, 16)) for seed in range(3)]
    styles = [style_target(network, RECIPE, blobs(seed, 16, 16)) for seed in range(3, 5)]
    assert network.passes == 3 + 2
    recipe = replace(RECIPE, steps=1)
    for content in contents:
        for style in styles:
            transfer(network, recipe, [Pair(content, style)])
    once_for_the_saved_picture = 1
    assert network.passes == 3 + 2 + 6 * (1 + once_for_the_saved_picture)


def test_a_pair_that_diverges_carries_its_trace_and_leaves_the_other_alone(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    poisoned = replace(styles[0], grams={name: gram * torch.nan for name, gram in styles[0].grams.items()})
    bad, good = transfer(network, RECIPE, [Pair(contents[0], poisoned), Pair(contents[1], styles[1])])
    assert isinstance(bad, Diverged)
    assert len(bad.trace) == RECIPE.steps
    assert np.isnan(bad.trace).all()
    assert isinstance(good, Outcome)
    assert good.total_loss < 0.3 * good.start_loss


def test_the_gradient_of_the_whole_loss_agrees_with_finite_differences(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget], generator: torch.Generator,
) -> None:
    pixels = contents[0].pixels.clone().requires_grad_()

    def total(values: Tensor) -> Tensor:
        found = network.features(values)
        loss = values.new_zeros(1)
        for name, weight in RECIPE.content_layers:
            loss = loss + weight * terms.content(
                found[name], contents[1].features[name], RECIPE.content_formula)
        for name, weight in RECIPE.style_layers:
            term = terms.style(found[name], styles[0].grams[name], RECIPE.style_formula, 32 * 48)
            loss = loss + RECIPE.style_weight * weight * term
        return loss

    (gradient,) = torch.autograd.grad(total(pixels).sum(), pixels)
    direction = gradient / gradient.norm()
    with torch.no_grad():
        slope = (total(pixels + 2 * direction) - total(pixels - 2 * direction)) / 4
    assert slope.item() == pytest.approx(gradient.norm().item(), rel=0.02)


def test_an_image_too_small_for_the_deepest_layer_is_refused(network: Network, blobs: Blobs) -> None:
    with pytest.raises(ImageTooSmall):
        content_target(network, RECIPE, blobs(1, 10, 48))


def test_a_pair_goes_through_its_scales_and_reports_the_full_size(network: Network, blobs: Blobs) -> None:
    recipe = replace(RECIPE, scales=(0.5, 1.0), steps=20)
    small = Pair(content_target(network, recipe, blobs(1, 16, 24)), style_target(network, recipe, blobs(3, 20, 20)))
    full = Pair(content_target(network, recipe, blobs(1, 32, 48)), style_target(network, recipe, blobs(3, 40, 40)))
    before = network.passes
    seen: list[tuple[int, int]] = []
    outcome = one(transfer(network, recipe, [replace(full, coarser=(small,))],
                           progress=lambda step: seen.append((step.step, step.steps))))
    assert outcome.pixels.shape == (3, 32, 48)
    assert seen == [(step, 20) for step in range(1, 21)]
    assert len(outcome.trace) == outcome.evaluations == 20
    assert network.passes - before == 20 + len(("the saved picture", "the first one at full size"))
    alone = one(transfer(network, replace(recipe, scales=(1.0,), steps=1), [full]))
    assert outcome.start_loss == pytest.approx(alone.start_loss)
    assert outcome.total_loss < 0.4 * outcome.start_loss


def test_a_pair_that_diverges_at_a_coarse_scale_has_failed(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    poisoned = StyleTarget({name: gram * torch.nan for name, gram in styles[0].grams.items()}, styles[0].pixels)
    pairs = [
        Pair(content, styles[0], coarser=(Pair(content, style),))
        for content, style in zip(contents, (poisoned, styles[1]), strict=True)
    ]
    bad, good = transfer(network, replace(RECIPE, scales=(0.5, 1.0)), pairs)
    assert isinstance(bad, Diverged)
    assert isinstance(good, Outcome)


def test_one_number_that_is_none_sends_a_pair_back_once_and_its_picture_is_sound(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget], monkeypatch: pytest.MonkeyPatch,
) -> None:
    true_terms, calls = Objective._of_sums, []

    def faulty(self: Objective, sums: Sums, pixels: Tensor) -> Terms:
        terms = true_terms(self, sums, pixels)
        if RECIPE.style_layers[0][0] in sums.style:
            calls.append(pixels)
        return terms._replace(style=terms.style * torch.nan) if len(calls) == 5 else terms

    monkeypatch.setattr(Objective, "_of_sums", faulty)
    outcome = one(transfer(network, RECIPE, [Pair(contents[0], styles[0])]))
    assert outcome.restarts == 1
    assert np.isnan(outcome.trace[4])
    assert outcome.total_loss < 0.5 * outcome.start_loss


def test_a_pair_stops_where_ten_evaluations_bring_less_than_the_tolerance_also_in_a_batch(
    network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    recipe = replace(RECIPE, steps=40, tolerance=0.3)
    pairs = [Pair(content, styles[0]) for content in contents]
    together = transfer(network, recipe, pairs)
    counts = []
    for pair, result in zip(pairs, together, strict=True):
        alone = one(transfer(network, recipe, [pair]))
        assert isinstance(result, Outcome)
        assert 10 < result.evaluations < recipe.steps
        assert result.trace == alone.trace
        assert result.total_loss == alone.total_loss
        assert result.total_loss == pytest.approx(min(result.trace), rel=0.05)
        counts.append(result.evaluations)
    assert counts[0] != counts[1], "choose a tolerance at which they part"


def test_a_time_budget_returns_the_best_so_far_at_full_size(network: Network, blobs: Blobs) -> None:
    recipe = replace(RECIPE, scales=(0.5, 1.0), steps=4000, history=5)
    small = Pair(content_target(network, recipe, blobs(1, 16, 24)), style_target(network, recipe, blobs(3, 20, 20)))
    full = Pair(content_target(network, recipe, blobs(1, 32, 48)), style_target(network, recipe, blobs(3, 40, 40)))
    outcome = one(transfer(network, recipe, [replace(full, coarser=(small,))], time_budget_s=1.5))
    assert outcome.evaluations < 4000
    assert outcome.pixels.shape == (3, 32, 48)
    assert outcome.seconds < 60     # on a busy machine; without the budget it is minutes
    assert outcome.total_loss < 0.9 * outcome.start_loss


@pytest.mark.parametrize("scales", [(1.0,), (0.5, 1.0)], ids=str)
def test_a_loss_that_overflows_where_it_starts_says_that_its_weights_are_too_large(
    scales: tuple[float, ...], network: Network, contents: list[ContentTarget], styles: list[StyleTarget],
) -> None:
    recipe = replace(RECIPE, style_weight=1e30, style_layers=(("relu1_1", 1e30),), scales=scales)
    pair = Pair(contents[0], styles[0])
    (bad,) = transfer(network, recipe, [replace(pair, coarser=(pair,) * (len(scales) - 1))])
    assert isinstance(bad, Diverged)
    assert "take smaller weights" in str(bad)


@pytest.mark.parametrize(("changes", "is_start"), [
    ({"style_weight": 0.0}, True), ({"steps": 1}, True), ({"steps": 3}, False),
    ({"steps": 1, "init": Init.RANDOM}, True),
], ids=str)
def test_a_picture_that_nothing_moved_is_known_for_its_start(
    changes: dict[str, object], is_start: bool, network: Network, contents: list[ContentTarget],
    styles: list[StyleTarget],
) -> None:
    outcome = one(transfer(network, replace(RECIPE, **changes), [Pair(contents[0], styles[0])]))
    assert outcome.is_start is is_start
