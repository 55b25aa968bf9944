"""One number for how far a picture goes from the photograph (0) to the style's texture (100), in every pair alike.

The loss is S/S0 + a C/C0: S0 is the style loss of the photograph, C0 twice the content loss of a picture without any
features. So the terms have one size in every pair, and `content_weight` is a. What a says about the picture still
differs from pair to pair, so that it is corrected on the way: by how far the picture has come, as `LOOK` sees it, and
how far it was to come (`target`).

Invariant: both tables rise or fall over the whole range, and every value between their points is between theirs.
"""

import math
from bisect import bisect
from collections.abc import Sequence

from stylizer.recipe.model import Recipe, StyleFormula

DEFAULT = 50.0
_Table = Sequence[tuple[float, float]]

# What stands before the content's term. At 0 there is no style beside it, at 100 no content.
_WEIGHTS: _Table = (
    (0, 30.0), (10, 10.0), (20, 4.0), (30, 1.7), (40, 0.77), (50, 0.35), (60, 0.17), (70, 0.085), (80, 0.04),
    (90, 0.015), (100, 0.005))
# How far a picture of a strength is to come: 1 - its distance from the style, as a share of the photograph's.
_TARGETS: _Table = ((0, 0.0), (20, 0.45), (50, 0.73), (80, 0.83), (100, 0.95))
# The share of the way to the style's colours that the photograph is taken before.
_COLOURS: _Table = ((0, 0.0), (50, 1.0), (100, 1.0))

# A correction multiplies a by exp(GAIN x what the picture is too far), within bounds: no pair goes astray by it.
_GAIN = 12.0
_MOST_CORRECTION = 16.0
# After which shares of the first scale's evaluations it is corrected, where a finer scale follows and where none does.
_BEFORE_A_FINER, _ALONE = (1.0,), (0.25, 0.5)

# How far a picture has come is seen by layers that recipes seldom use, mean and covariance alike.
LOOK = Recipe(
    name="look", content_layers=(), style_layers=tuple((f"relu{block}_2", 0.2) for block in range(1, 6)),
    style_formula=StyleFormula.NORMALISED_MOMENTS)


def content_weight(strength: float) -> float:
    """What stands before C/C0. At 0 that is all of the loss."""
    if strength in (0, 100):
        return 1.0 if strength == 0 else 0.0
    return math.exp(_between([(at, math.log(weight)) for at, weight in _WEIGHTS], strength))


def style_weight(strength: float) -> float:
    """What stands before S/S0."""
    return 0.0 if strength == 0 else 1.0


def target(strength: float) -> float:
    """How far a picture of this strength is to come."""
    return _between(_TARGETS, strength)


def recolouring(strength: float | None) -> float:
    """How much of a linear change of colours is done: all of it without a strength, and none for a texture."""
    if strength in (None, 100):
        return 1.0 if strength is None else 0.0
    return _between(_COLOURS, strength)


def is_corrected(recipe: Recipe) -> bool:
    """Whether a picture is looked at on its way."""
    return recipe.strength is not None and 0 < recipe.strength < 100


def correction(strength: float, measured: float) -> float:
    """By what to multiply the weight of the content in a picture that has come so far; 1 where that is unknown."""
    if not math.isfinite(measured):
        return 1.0
    limit = math.log(_MOST_CORRECTION)
    return math.exp(max(-limit, min(limit, _GAIN * (measured - target(strength)))))


def corrected_after(evaluations: int, *, is_last: bool) -> frozenset[int]:
    """After how many of the first scale's evaluations a picture is looked at; `is_last` where none finer follows."""
    return frozenset(max(1, round(share * evaluations)) for share in (_ALONE if is_last else _BEFORE_A_FINER))


def _between(table: _Table, at: float) -> float:
    """The value at a place, linear between the table's points."""
    place = min(max(1, bisect([point for point, _ in table], at)), len(table) - 1)
    (low, before), (high, after) = table[place - 1 : place + 1]
    return before + (after - before) * (at - low) / (high - low)
