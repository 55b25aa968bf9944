"""Coarse to fine: the sizes at which a picture is made one after the other, and the evaluations at each.

Invariant: sizes are shares of the recipe's own, ascending, and the last is 1: what is saved, and the loss that
is reported, are always those of the full size.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from stylizer.errors import BadRecipe

# `auto` goes no lower. From 64 px the deep layers draw the painting's own layout, and a cat is lost in it.
COARSEST_PX = 96
MOST = 8
_TAPERED_FIRST = 1.75       # of what the full size has: with 2 the content was a little closer, at 7 % of the time
_TAPERED_LAST = 0.5         # of what the full size has by its side: what an enlarged picture lacks is fine
_TAPERED_END = 8.0          # times the coarsest scale, some 1024 px: beyond, a picture is a smaller one carried on
# Fraction would take 1e999999999, too, and count for hours.
_NUMBER = re.compile(r"\s*-?(\d{1,9}(\.\d{0,9})?|\.\d{1,9}|\d{1,9}/\d{1,9})\s*", re.ASCII)


def choose(text: str, size_px: int) -> tuple[float, ...]:
    """What a user means by `auto`, a count of scales (each half the next), or a list with commas.

    A list holds shares (0.5, 1/2) or sides in pixels; the full size may be left out. Raises BadRecipe.
    """
    if text == "auto":
        count = 1
        while size_px / 2**count >= COARSEST_PX and count < MOST:
            count += 1
        return halves(count)
    try:
        if "," not in text:
            return halves(int(text))
        items = text.split(",")
        if not all(map(_NUMBER.fullmatch, items)):
            raise ValueError
        values = [*map(Fraction, items)]
    except (ValueError, ZeroDivisionError) as error:
        raise BadRecipe(f"scales {text!r}: say auto, a count, or a list such as 1/4,1/2,1 or 64,128,256") from error
    shares = [float(value if value <= 1 else value / size_px) for value in values]
    return tuple(shares if shares[-1] == 1 else [*shares, 1.0])


def halves(count: int) -> tuple[float, ...]:
    """That many scales, each half the size of the next."""
    if not 1 <= count <= MOST:
        raise BadRecipe(f"scales must be 1 to {MOST}, not {count}")
    return tuple(0.5**power for power in reversed(range(count)))


def share_out(steps: int, weights: Sequence[float]) -> tuple[int, ...]:
    """How many of `steps` evaluations each scale gets, in proportion to these weights.

    Each gets one at least (`steps` is not less than the number of scales); what rounding leaves is the last's.
    """
    spare = steps - len(weights)
    counts = [1 + int(spare * weight / sum(weights)) for weight in weights]
    counts[-1] += steps - sum(counts)
    return tuple(counts)


def weights_of(scales: Sequence[float], last_share: float = 1.0, *, tapers: bool = False) -> list[float]:
    """What the scales get in proportion to each other; 1 is what the full size has by its side.

    In inverse proportion to the side: so a scale of half the side has twice as many as the next, and takes half its
    time; of several the last one gets `last_share` of what it would have. Those that taper off have the same at a scale
    of so many pixels in a picture of any size.
    """
    if len(scales) == 1:
        return [1.0]
    weights = [_tapered(scale / scales[0]) if tapers else 1 / scale for scale in scales]
    weights[-1] = min(weights[-1], _TAPERED_LAST) if tapers else weights[-1] * last_share
    return weights


def _tapered(growth: float) -> float:
    """The weight of a scale so many times as large as the coarsest: `_TAPERED_FIRST` for that one, 1 for twice the
    side, `_TAPERED_LAST` from four times on, and beyond `_TAPERED_END` less in proportion.
    """
    return min(_TAPERED_FIRST, max(_TAPERED_LAST, 2 / growth)) * min(1.0, _TAPERED_END / growth)


def evaluations(details: Mapping[str, Any]) -> tuple[int, ...]:
    """How many losses of a result's trace belong to each scale, from the details of its row.

    Where these do not say so, as its recipe shares them out; all to one scale where that does not add up.
    """
    if details.get("evaluations_by_scale"):
        return tuple(details["evaluations_by_scale"])
    recipe, count = details.get("recipe") or {}, len(details.get("trace") or ())
    scales = recipe.get("scales") or [1.0]
    weights = weights_of(scales, recipe.get("last_share", 1.0), tapers=recipe.get("tapers", False))
    shared = share_out(recipe.get("steps") or count, weights) if count >= len(scales) else ()
    return shared if sum(shared) == count else (count,)
