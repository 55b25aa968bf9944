"""How far pictures have come: what is told of each is its own, whatever it is looked at with."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stylizer.loss.meter import Meter, meter_for
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.presets import BALANCED

Blobs = Callable[[int, int, int], Tensor]


@pytest.fixture(scope="module")
def network(weights: Weights) -> Network:
    return network_for(BALANCED, weights)


@pytest.fixture(scope="module")
def meter(weights: Weights) -> Meter:
    found = meter_for(BALANCED, weights)
    assert found is not None
    return found


@pytest.fixture
def pair(network: Network, meter: Meter, blobs: Blobs) -> Callable[..., Pair]:
    def make(seed: int, regions: Tensor | None = None) -> Pair:
        pixels, painted = blobs(seed, 48, 64), blobs(seed + 50, 48, 48)
        shares = None if regions is None else torch.full((1, regions.shape[1], 48, 48), 1 / regions.shape[1])
        content = content_target(network, BALANCED, pixels, regions)
        style = style_target(network, BALANCED, painted, shares)
        return Pair(
            replace(content, metered=meter.statistics(pixels, regions)),
            replace(style, metered=meter.statistics(painted, shares)), seed)

    return make


@pytest.mark.parametrize("has_regions", [False, True])
def test_pictures_that_a_gpu_sees_together_are_as_far_as_each_by_itself(
    meter: Meter, pair: Callable[..., Pair], blobs: Blobs, has_regions: bool
) -> None:
    left = torch.zeros(48, 64)
    left[:, :20] = 1
    regions = torch.stack((left, 1 - left))[None] if has_regions else None
    pairs = [pair(seed, regions) for seed in range(3)]
    pictures = torch.cat([blobs(seed + 7, 48, 64) for seed in range(3)])
    alone = meter.measure(pictures, pairs)
    assert meter._measure(pictures, pairs) == pytest.approx(alone, abs=2e-4)
    assert len(set(alone)) == 3


def test_the_photograph_has_not_begun_and_the_style_has_arrived(
    meter: Meter, pair: Callable[..., Pair], blobs: Blobs
) -> None:
    one = pair(1)
    assert meter.measure(one.content.pixels, [one]) == [0]
    same = replace(one, style=replace(one.style, metered=meter.statistics(blobs(3, 48, 64))))
    assert meter.measure(blobs(3, 48, 64), [same]) == [1]


def test_of_one_that_is_too_small_or_is_its_own_style_nobody_can_say_and_of_the_others_all(
    meter: Meter, pair: Callable[..., Pair], blobs: Blobs
) -> None:
    known = pair(1)
    small = replace(known, style=replace(known.style, metered=meter.statistics(blobs(1, 12, 12))))
    own = replace(known, style=replace(known.style, metered=known.content.metered))
    pictures = blobs(9, 48, 64).expand(3, -1, -1, -1)
    for found in (meter.measure(pictures, [small, own, known]), meter._measure(pictures, [small, own, known])):
        assert [math.isnan(each) for each in found] == [True, True, False]
    assert math.isnan(meter.measure(pictures[:1], [small])[0])
