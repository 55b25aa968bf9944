"""A pair's losses over its evaluations as lines, for a page to draw.

Invariant: each line is the lowest loss so far at one scale, which is what a run would have kept, on a logarithmic axis.
Each scale has its own loss, so nothing is joined across their borders; no line has more points than can be seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from gallery.labels import short

WIDTH, HEIGHT = 320, 120
MOST_POINTS = 240


@dataclass(frozen=True)
class Lines:
    """The points of SVG polylines within WIDTH x HEIGHT, and what stands at their axes."""

    points: tuple[str, ...]
    highest: str
    lowest: str
    evaluations: int


def lines_of(losses: Sequence[float], by_scale: Sequence[int] = ()) -> Lines | None:
    """None where there is nothing to draw."""
    parts = [part for part in _parts(losses, by_scale or (len(losses),)) if part]
    known = [loss for part in parts for _, loss in part]
    if len(known) < 2:
        return None
    high, low = math.log10(max(known)), math.log10(min(known))
    span, most = max(high - low, 1e-9), max(1, parts[-1][-1][0])
    points = tuple(
        " ".join(f"{WIDTH * place / most:.1f},{HEIGHT * (high - math.log10(loss)) / span:.1f}"
                 for place, loss in _thinned(part))
        for part in parts)
    return Lines(points, short(max(known)), short(known[-1]), len(losses))


def _parts(losses: Sequence[float], by_scale: Sequence[int]) -> list[list[tuple[int, float]]]:
    found = []
    for first, last in pairwise(accumulate(by_scale, initial=0)):
        lowest = accumulate((loss if 1e-200 < loss < 1e200 else math.inf for loss in losses[first:last]), min)
        found.append([(first + place, loss) for place, loss in enumerate(lowest) if loss < math.inf])
    return found


def _thinned(part: list[tuple[int, float]]) -> list[tuple[int, float]]:
    every = math.ceil(len(part) / MOST_POINTS)
    return [*part[:-1:every], part[-1]]
