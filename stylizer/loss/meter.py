"""How far a picture has come from its photograph to its style, by layers that it is not optimised for.

Invariant: a picture is looked at by itself, whatever else is made beside it, and what is told is rounded to more than
machines differ by: so a picture that is corrected by it stays the same on any number of threads.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.loss import terms
from stylizer.loss.targets import Pair, style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Recipe
from stylizer.recipe.strength import METER, is_corrected

Statistics = dict[str, Tensor]       # the raw moments [R, C+1, C+1] of each region, per layer
_DIGITS = 4


class Meter:
    """Looks at pictures with a network of its own, which is that of `METER`."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def statistics(self, pixels: Tensor, regions: Tensor | None = None) -> Statistics:
        """What is kept of a picture [1, 3, H, W] in 0..255; nothing of one that is too small to be seen."""
        if min(pixels.shape[-2:]) < self.network.stride:
            return {}
        return style_target(self.network, METER, pixels, regions).grams

    def measure(self, pictures: Tensor, pairs: Sequence[Pair]) -> list[float]:
        """How far each picture of [B, 3, H, W] has come: 0 the photograph, 1 the style; NaN where nobody can say."""
        return [self._measure(picture[None], pair) for picture, pair in zip(pictures, pairs, strict=True)]

    def _measure(self, picture: Tensor, pair: Pair) -> float:
        content, style = pair.content.metered, pair.style.metered
        if not content or not style:
            return math.nan
        shares = _shares(pair.content.regions)
        found, start = (
            _distance(metered, style, shares) for metered in (self.statistics(picture, pair.content.regions), content))
        return round(1 - found / start, _DIGITS) if start > 0 else math.nan


def meter_for(recipe: Recipe, weights: Weights, device: str = "cpu", tiling: Tiling = WHOLE) -> Meter | None:
    """The meter that pictures of this recipe are corrected by, where they are."""
    if not is_corrected(recipe):
        return None
    return Meter(network_for(replace(METER, network=recipe.network, colour=recipe.colour), weights, device, tiling))


def _shares(regions: Tensor | None) -> Tensor:
    """The share of each region in the picture, [R]."""
    if regions is None:
        return torch.ones(1, dtype=torch.float64)
    return regions[0].double().mean((1, 2)).cpu()


def _distance(metered: Statistics, style: Statistics, shares: Tensor) -> float:
    """Mean over the layers of the distances of mean and covariance; each at most 1, of nothing in common."""
    distances = [
        terms.style_distance(own, style[name], METER.style_formula, 1, 1, terms.moment_bounds(style[name], own)).cpu()
        for name, own in metered.items()
    ]
    return float((torch.stack(distances).double().mean(0) * shares).sum())
