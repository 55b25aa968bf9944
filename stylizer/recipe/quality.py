"""How much work goes into a picture, in one word: how many evaluations of the loss, and at which scales.

Invariant: a quality changes nothing that is minimised. Whatever else a user says stands above it.
"""

from dataclasses import replace
from enum import StrEnum

from stylizer.recipe.model import Optimizer, Recipe
from stylizer.recipe.pyramid import choose, weights_of


class Quality(StrEnum):
    """From a first look to a print."""

    DRAFT = "draft"         # to look over many pairs
    STANDARD = "standard"
    FINE = "fine"           # as far as the loss goes in reasonable time


# Evaluations at full size, of which a recipe may want a part; coarser scales have twice as many at half the side, or
# what the recipe gives them. One of more pixels than this has fewer in proportion: a large picture is a smaller one
# carried on, with the same at each scale.
FULL_SIZE_PX = 1024
FULL_SIZE = {Quality.DRAFT: 14, Quality.STANDARD: 56, Quality.FINE: 200}
_LEAST_SUM = 3          # a picture too small for a second scale has as many evaluations as with one
# Steps that L-BFGS remembers, where a longer memory brings nothing in so few evaluations.
_HISTORY = {Quality.DRAFT: 20, Quality.STANDARD: 20}
# Adam's recipes have a learning rate that wants their own number of steps; this is the share of it that is done.
_OF_ADAM = {Quality.DRAFT: 0.2, Quality.STANDARD: 1.0, Quality.FINE: 2.0}


def at_quality(recipe: Recipe, quality: Quality, side_px: int) -> Recipe:
    """The recipe with the scales, steps and memory of this quality for a picture of such a side."""
    if recipe.optimizer is Optimizer.ADAM:
        return replace(recipe, steps=max(len(recipe.scales), round(recipe.steps * _OF_ADAM[quality])))
    scales = choose("auto", side_px)
    weights = weights_of(scales, recipe.last_share, tapers=recipe.tapers)
    at_full_size = FULL_SIZE[quality] * (1.0 if recipe.tapers else min(1.0, FULL_SIZE_PX / max(1, side_px)))
    steps = round(at_full_size * (sum(weights) if len(scales) > 1 else _LEAST_SUM))
    history = min(recipe.history, _HISTORY.get(quality, recipe.history))
    return replace(recipe, scales=scales, steps=steps, history=history)
