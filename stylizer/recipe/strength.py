"""One number for how far a picture goes from the photograph (0) to the style's texture (100), in every pair alike.

The loss is S/S0 + a C/C0: S0 is the style loss of the photograph, C0 twice the content loss of a picture without any
features. So the terms have one size in every pair, and `content_weight` is a. What a says about the picture still
differs from pair to pair, so that it is corrected on the way: by how far the picture has come, as `METER` sees it, and
how far it was to come (`target`).

Invariant: every value between two points of a table is between theirs, and all tables but `ahead` rise or fall over the
whole range.
"""

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stylizer.recipe.model import Colour, Edge, Recipe, StyleFormula

DEFAULT = 50.0
_Table = Sequence[tuple[float, float]]
_Shares = tuple[float, ...]


@dataclass(frozen=True)
class Scale:
    """What the numbers of a strength say. Pictures keep the one that they were made by, `Recipe.strength_scale`."""

    # How far a picture is to come: 1 - its distance from the style, as a share of the photograph's.
    targets: _Table
    weights: _Table         # by that: what stands before the content's term
    # When it is corrected: after these shares of the evaluations of the first scale, of the last, or of an only one,
    # and of those between.
    in_first: _Shares
    in_last: _Shares
    in_only: _Shares = (0.25, 0.5)
    in_others: _Shares = ()
    # With fewer evaluations for each a scale is too short for these: there is one at the first scale's end alone.
    least: int = 0
    # By the evaluations of the first scale: how much of their way pictures are to come. What few of them cannot reach
    # would be paid for with content.
    reach: _Table = ((0, 1.0), (1, 1.0))
    # By how far a picture is to come: how much farther it will come than it has at a scale that is not the last, times
    # the evaluations that it had there. What is on its way needs no correction.
    ahead: _Table = ((0, 0.0), (1, 0.0))
    # Of that: so many scales bring it, the coarsest first. Where there are more between them and the last, these take
    # `taken_back` again, for they begin with the photograph's own detail, and the last one brings it. At the last scale
    # `at_last` of what a coarse one has ahead is to come.
    coarse: int = 8
    taken_back: float = 0.0
    at_last: float = 0.0
    # By how far a picture is to come: a correction multiplies a by exp(gain x what it is too far).
    gain: _Table = ((0, 10.0), (1, 10.0))
    between: float = 1.0            # what part of the gain counts at scales that are neither the first nor the last
    at_once: float = math.inf       # how far off, by all of the gain, one correction takes a picture to be at most
    # By how far a picture is to come: the strokes that it begins with, as a share of the style's own, and the levels
    # out of 255 of a place's detail that leave half of them. They fall with it as a Butterworth filter of that order
    # does (stylizer.transfer.underpainting).
    strokes: _Table = ((0, 0.0), (1, 0.0))
    smooth_levels: _Table = ((0, 1.0), (1, 1.0))
    smooth_order: int = 1
    # Of a faint photograph, whose most detailed tenth has fewer levels than that, these levels are fewer in proportion.
    faint_levels: float = 0.0
    learns: bool = False    # whether the gain heeds what the last correction at the same scale has brought
    most: float = 16.0      # times what the table says, or as a part of it: so that no pair goes astray
    # How far a picture is to come where the content keeps its colours; None is as where it takes the style's.
    targets_in_own_colours: _Table | None = None
    is_whole: bool = True   # how far a picture has come is told beside all of the style, without the recipe's trim


SCALES = {
    1: Scale(
        targets=((0, 0.0), (20, 0.40), (40, 0.68), (50, 0.785), (60, 0.82), (80, 0.86), (100, 0.90)),
        weights=(
            (0.0, 25.0), (0.05, 17.0), (0.2, 6.8), (0.35, 4.25), (0.5, 2.0), (0.6, 1.2), (0.68, 0.68), (0.74, 0.43),
            (0.785, 0.25), (0.83, 0.17), (0.865, 0.085), (0.90, 0.04)),
        in_first=(1.0,), in_last=(0.3,), is_whole=False),
    2: Scale(
        targets=((0, 0.0), (20, 0.42), (40, 0.73), (50, 0.826), (60, 0.85), (80, 0.88), (100, 0.91)),
        weights=(
            (0.0, 25.0), (0.05, 17.0), (0.2, 6.8), (0.35, 4.25), (0.5, 2.0), (0.6, 1.4), (0.7, 0.85), (0.8, 0.45),
            (0.82, 0.32), (0.85, 0.19), (0.88, 0.10), (0.91, 0.05)),
        in_first=(2 / 3, 1.0), in_last=(0.3,), least=9, gain=((0, 18.0), (1, 18.0)),
        reach=((0, 0.904), (27, 0.904), (111, 1.0))),
}
# So few evaluations bring the hardest pairs no farther: the others wait for them.
SCALES[3] = replace(SCALES[2], reach=((0, 0.885), (27, 0.885), (111, 1.0)))
# Gains as they were found by halving and doubling a, times 1.5. Looks at every scale, for each shifts what a says, and
# late at the last one, when what was enlarged has found its way (docs/house-recipe.md, "The fourth loop").
SCALES[4] = replace(
    SCALES[3], in_first=(0.5, 0.75, 1.0), in_others=(1.0,), in_last=(0.6, 0.8), least=6, learns=True, most=64.0,
    gain=((0, 9.0), (0.42, 10.5), (0.73, 12.0), (0.826, 16.5), (0.85, 22.5), (0.88, 33.0), (1, 45.0)),
    reach=((0, 0.9), (27, 0.9), (111, 1.0)))
# Half way through the first scale pictures are not where they will be: without a word of that nearly all were sent too
# far, and paid for it with content. Less weight from the start, for what takes long to come.
SCALES[5] = replace(
    SCALES[4], ahead=((0, 0.0), (0.42, 0.0), (0.73, 0.5), (0.826, 0.84), (1, 0.9)),
    reach=((0, 0.9), (27, 0.9), (111, 0.995)),
    weights=(
        (0.0, 25.0), (0.05, 17.0), (0.2, 6.8), (0.35, 4.25), (0.5, 2.0), (0.6, 1.4), (0.7, 0.85), (0.8, 0.3),
        (0.82, 0.2), (0.85, 0.13), (0.88, 0.08), (0.91, 0.05)))

# Large pictures have few evaluations at each of many scales: to reckon with more to come at every one, and to correct
# by all that seemed off at each, had swung a by ten times and back. The next look sees but a part of what a correction
# does: so it is limited (docs/house-recipe.md, "The sixth loop").
SCALES[6] = replace(
    SCALES[5], coarse=2, taken_back=0.036, at_last=0.12, between=0.5, at_once=0.09,
    reach=((0, 0.92), (24, 0.92), (96, 1.0)))

# What begins with strokes arrives sooner and pays less for it: then the hardest pairs are not left behind at 60 and 80,
# and 80 asks for no more than they can reach (docs/house-recipe.md, "Strokes to begin with").
SCALES[7] = replace(
    SCALES[6],
    targets=((0, 0.0), (20, 0.42), (40, 0.73), (50, 0.826), (60, 0.843), (80, 0.87), (100, 0.91)),
    ahead=((0, 0.0), (0.42, 0.0), (0.73, 0.5), (0.826, 0.84), (0.88, 0.7), (1, 0.7)),
    gain=((0, 9.0), (0.42, 10.5), (0.73, 12.0), (0.826, 16.5), (0.88, 25.0), (1, 25.0)),
    strokes=((0, 0.0), (0.73, 0.0), (0.826, 1.0), (0.843, 1.2), (1, 1.2)),
    smooth_levels=((0, 12.0), (0.826, 12.0), (0.843, 40.0), (0.87, 45.0), (1, 45.0)))

# The style's colours alone are a part of the way, 0.3 in the middle of twelve pairs. Where the content keeps its own,
# to come as far by strokes alone lost a cat's eye and muzzle.
SCALES[8] = replace(
    SCALES[7],
    targets_in_own_colours=((0, 0.0), (20, 0.25), (40, 0.52), (50, 0.66), (60, 0.69), (80, 0.74), (100, 0.91)))

# At 60 strokes as wide as at 80 lay over a face that the pictures at 50 have.
SCALES[9] = replace(SCALES[8], smooth_levels=((0, 12.0), (0.843, 12.0), (0.87, 45.0), (1, 45.0)))

# By the first order a tenth of them was left over a face, and the painter took it up: bands of sky across its eyes.
# At 60 pairs were left too far apart by the gain and what was reckoned with. In fog a face has as few levels as a sky.
SCALES[10] = replace(
    SCALES[9],
    ahead=((0, 0.0), (0.42, 0.0), (0.73, 0.5), (0.826, 0.84), (0.843, 0.9), (0.88, 0.7), (1, 0.7)),
    gain=((0, 9.0), (0.42, 10.5), (0.73, 12.0), (0.826, 16.5), (0.843, 28.0), (1, 28.0)),
    smooth_order=4, smooth_levels=((0, 16.0), (0.843, 16.0), (0.87, 56.0), (1, 56.0)), faint_levels=28.0)

# By how far a picture is to come: the share of the way to the style's colours that the photograph is taken before.
_COLOURS: _Table = ((0.0, 0.0), (0.2, 0.2), (0.35, 0.45), (0.5, 0.75), (0.6, 1.0), (1.0, 1.0))

_LEAST_ASKED = 0.2          # of a smaller change of the weight's logarithm nothing is learned
_MOST_LEARNED = 3.0         # and the gain is not less than such a part of itself

# How far a picture has come is seen by layers that recipes seldom use, mean and covariance alike.
METER = Recipe(
    name="look", content_layers=(), style_layers=tuple((f"relu{block}_2", 0.2) for block in range(1, 6)),
    style_formula=StyleFormula.NORMALISED_MOMENTS, edge=Edge.PLAIN)


def content_weight(recipe: Recipe) -> float:
    """What stands before C/C0 in a recipe with a strength. At 0 that is all of the loss."""
    if recipe.strength in (0, 100):
        return 1.0 if recipe.strength == 0 else 0.0
    table = SCALES[recipe.strength_scale].weights
    return math.exp(_between([(at, math.log(weight)) for at, weight in table], target(recipe)))


def style_weight(recipe: Recipe) -> float:
    """What stands before S/S0."""
    return 0.0 if recipe.strength == 0 else 1.0


def target(recipe: Recipe) -> float:
    """How far a picture of a recipe with a strength is to come, with as many evaluations as it likes."""
    assert recipe.strength is not None
    of_strength = SCALES[recipe.strength_scale]
    of_own = None if recipe.colour is Colour.NONE else of_strength.targets_in_own_colours
    return _between(of_own or of_strength.targets, recipe.strength)


def within_reach(recipe: Recipe) -> float:
    """How far it is to come in as many as it has."""
    table = SCALES[recipe.strength_scale].reach
    return target(recipe) * _between(table, min(recipe.shares[0], table[-1][0]))


def ahead(recipe: Recipe, scale: int, done: int) -> float:
    """How much farther a picture will come than it has after so many evaluations of the scale in hand, counted from 0:
    by these, and by those of each coarse scale to come but the last.
    """
    of_strength, shares = SCALES[recipe.strength_scale], recipe.shares
    in_one, last = _between(of_strength.ahead, target(recipe)), len(shares) - 1
    coarse = min(of_strength.coarse, last)
    taken_back = of_strength.taken_back if coarse < last else 0.0
    if scale == last:
        return in_one * (of_strength.at_last / done + taken_back)
    brought = sum(1 / count for count in (done, *shares[scale + 1 :])[: max(0, coarse - scale)])
    return in_one * (brought - taken_back)


def recolouring(recipe: Recipe) -> float:
    """How much of a linear change of colours is done: all of it without a strength, and none for a texture."""
    if recipe.strength in (None, 100):
        return 1.0 if recipe.strength is None else 0.0
    return _between(_COLOURS, target(recipe))


@dataclass(frozen=True)
class Underpainting:
    """The strokes that a picture begins with."""

    share: float            # of the style's own
    smooth_levels: float    # out of 255: so much detail of the photograph leaves half of them
    order: int = 1          # of the Butterworth filter by which more of it leaves fewer
    faint_levels: float = 0.0       # of the most detailed tenth of a photograph: with less of it all of this is less


def underpainting(recipe: Recipe) -> Underpainting:
    """How much of the style's strokes a picture begins with; none where its recipe does not ask for them."""
    if not recipe.underpaint or recipe.strength is None:
        return Underpainting(0.0, 1.0)
    table = SCALES[recipe.strength_scale]
    to_come = _between(table.targets, recipe.strength)      # whatever colours have to do with it
    smooth_levels = _between(table.smooth_levels, target(recipe))
    return Underpainting(_between(table.strokes, to_come), smooth_levels, table.smooth_order, table.faint_levels)


def sees_whole_style(recipe: Recipe) -> bool:
    """Whether how far a picture has come is told beside all of the style, as the measures tell it."""
    return SCALES[recipe.strength_scale].is_whole


def is_corrected(recipe: Recipe) -> bool:
    """Whether a picture is looked at on its way."""
    return recipe.strength is not None and 0 < recipe.strength < 100


@dataclass(frozen=True)
class Look:
    """What was found of a picture on its way."""

    weight: float       # of the content, with which it has come so far
    measured: float     # where it will be: 0 the photograph, 1 the style; NaN where nobody can say


def corrected(recipe: Recipe, now: Look, before: Look | None = None, *, scale: int = 0) -> float:
    """The weight of the content from now on; the same where nobody can say how far the picture has come.

    `before` is the look before it at the same scale, which is counted from 0.
    """
    if not math.isfinite(now.measured):
        return now.weight
    own, of_strength = content_weight(recipe), SCALES[recipe.strength_scale]
    gain = _between(of_strength.gain, target(recipe))
    limit = gain * of_strength.at_once
    if 0 < scale < len(recipe.scales) - 1:
        gain *= of_strength.between
    if of_strength.learns and before is not None:
        gain = _learned(gain, now, before)
    change = gain * (now.measured - within_reach(recipe))
    wished = now.weight * math.exp(max(-limit, min(limit, change)))
    return max(own / of_strength.most, min(own * of_strength.most, wished))


def _learned(gain: float, now: Look, before: Look) -> float:
    """The gain by which the last correction would have been right (secant), where that is less: more of it would be
    asked of what a picture does in any case, which is to go on its way.
    """
    asked, went = math.log(now.weight / before.weight), before.measured - now.measured
    if abs(asked) < _LEAST_ASKED or not math.isfinite(went):
        return gain
    found = asked / went if asked * went > 0 else math.inf
    return max(gain / _MOST_LEARNED, min(gain, found))


def metered_after(recipe: Recipe, evaluations: Sequence[int]) -> tuple[frozenset[int], ...]:
    """After how many evaluations of each scale, which has so many, a picture is looked at; the coarsest first."""
    scale = SCALES[recipe.strength_scale]
    if len(evaluations) == 1:
        shares = [scale.in_only]
    else:
        first = scale.in_first if evaluations[0] >= scale.least * len(scale.in_first) else (1.0,)
        last = scale.in_last[: evaluations[-1] // scale.least] if scale.least else scale.in_last
        shares = [first, *[scale.in_others] * (len(evaluations) - 2), last]
    return tuple(
        frozenset(max(1, round(share * count)) for share in of_scale)
        for count, of_scale in zip(evaluations, shares, strict=True))


def _between(table: _Table, at: float) -> float:
    """The value at a place, linear between the table's points."""
    place = min(max(1, bisect([point for point, _ in table], at)), len(table) - 1)
    (low, before), (high, after) = table[place - 1 : place + 1]
    return before + (after - before) * (at - low) / (high - low)
