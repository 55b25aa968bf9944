"""How far a picture has come from its photograph to its style, by layers that it is not optimised for.

Invariant: on a CPU a picture is looked at by itself, whatever else is made beside it, and what is told is rounded to
more than machines differ by: so a picture that is corrected by it stays the same on any number of threads.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from stylizer.compute.precision import Precision
from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.loss import terms
from stylizer.loss.targets import Pair, style_statistics, style_target
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
        together = 1 if self.network.device.type == "cpu" else len(pairs)
        return [
            far for i in range(0, len(pairs), together)
            for far in self._measure(pictures[i : i + together], pairs[i : i + together])
        ]

    def _measure(self, pictures: Tensor, pairs: Sequence[Pair]) -> list[float]:
        """Of pictures that the network sees together: a GPU is asked once for all of them."""
        found = [math.nan] * len(pairs)
        seen = [i for i, pair in enumerate(pairs) if pair.content.metered and pair.style.metered]
        if not seen:
            return found
        pairs = [pairs[i] for i in seen]
        regions = [pair.content.regions for pair in pairs if pair.content.regions is not None]
        own = style_statistics(self.network, METER, pictures[seen], torch.cat(regions) if regions else None)
        start, style = (
            {name: torch.stack([metered[name] for metered in each]) for name in own}
            for each in ([pair.content.metered for pair in pairs], [pair.style.metered for pair in pairs]))
        shares = torch.cat(regions).double().mean((2, 3)).cpu() if regions else torch.ones(1, 1, dtype=torch.float64)
        ways = _distances(start, style, shares).tolist()
        for i, left, way in zip(seen, _distances(own, style, shares).tolist(), ways, strict=True):
            if way > 0:
                found[i] = round(1 - left / way, _DIGITS)
        return found


def meter_for(
    recipe: Recipe, weights: Weights, device: str = "cpu", tiling: Tiling = WHOLE, precision: Precision = Precision.FP32
) -> Meter | None:
    """The meter that pictures of this recipe are corrected by, where they are; on a CPU it sees them as exactly as they
    are made, elsewhere in float32.
    """
    if not is_corrected(recipe):
        return None
    seen = replace(METER, network=recipe.network, colour=recipe.colour)
    return Meter(network_for(seen, weights, device, tiling, precision if device == "cpu" else Precision.FP32))


def _distances(metered: Statistics, style: Statistics, shares: Tensor) -> Tensor:
    """Of pictures from their styles [B], by statistics [B, R, C+1, C+1] and shares of the regions [B, R]: the mean over
    the layers of the distances of mean and covariance. Each is at most 1, of nothing in common.
    """
    distances = []
    for name, values in metered.items():
        own, target = values.flatten(0, 1), style[name].flatten(0, 1)
        bounds = terms.moment_bounds(target, own)
        distances.append(terms.style_distance(own, target, METER.style_formula, 1, 1, bounds).view(values.shape[:2]))
    return (torch.stack(distances).double().mean(0).cpu() * shares).sum(1)
