"""Losses over their evaluations, drawn by matplotlib: logarithmic, a scale of a pyramid beside the next.

Invariant: each bold line is the lowest loss so far, which is what a run would have kept; of few curves the losses
themselves stand behind it, palely. Each scale has its own loss, so nothing is joined across their borders. No two lines
of a plot look alike, and its legend names each. The same curves give the same bytes.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gallery.drawing import shorten
from gallery.fonts import drawable, font_of
from gallery.labels import short

if TYPE_CHECKING:   # loaded with the first plot: it takes longer than all the rest of a command's start
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
# Okabe and Ito's palette, which also those tell apart who do not see all colours; its yellow is too light for lines.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1, 1.3)), (0, (6, 1.5, 1, 1.5)))
STYLES = tuple((colour, dash) for dash, colour in product(_DASHES, COLOURS))
MOST_LINES = len(STYLES)
MOST_WITH_LOSSES = 8        # beyond, the pale lines of the losses themselves would hide the bold ones
_INK, _QUIET, _GRID = "#44413c", "#8c877f", "#e8e5e0"
_WIDTH_IN, _LEAST_HEIGHT_IN, _HEIGHT_OF_A_NAME_IN, _DPI = 9.6, 5.6, 0.42, 150
_NAME_PX, _NAME_FONT_PX = 240, 12       # how long a line of the legend may be, measured in a font of this size
_LEAST, _MOST = 1e-200, 1e200       # beyond, axes cannot be counted in floats
_SETTINGS: dict[Any, Any] = {
    "axes.edgecolor": _INK, "axes.grid": True, "axes.labelcolor": _INK, "axes.spines.right": False,
    "axes.spines.top": False, "font.family": "DejaVu Sans", "font.size": 9, "grid.color": _GRID,
    "legend.frameon": False, "legend.labelcolor": _INK, "savefig.bbox": "tight", "savefig.dpi": _DPI,
    "svg.fonttype": "path", "svg.hashsalt": "stylegram",    # or the names of an SVG's parts are new each time
    "text.color": _INK, "text.parse_math": False,           # a $ in a name begins no formula
    "xtick.color": _INK, "ytick.color": _INK,
}


@dataclass(frozen=True)
class Curve:
    """A pair's losses in order, and how many of them belong to each scale. Its name may have several lines."""

    name: str
    losses: tuple[float, ...]
    by_scale: tuple[int, ...]

    def parts(self) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Each scale's losses, with the number of evaluations before them."""
        ends = [*accumulate(self.by_scale, initial=0)]
        yield from ((first, self.losses[first:last]) for first, last in pairwise(ends) if last > first)


def has_losses(curve: Curve) -> bool:
    """Whether there is anything to draw of it."""
    return any(_is_drawn(loss) for loss in curve.losses)


def save(curves: Sequence[Curve], title: str, stem: Path, scales: Sequence[float] = (1.0,)) -> None:
    """Writes the plot of these curves to the path `stem` with the suffix of each format."""
    with _matplotlib():
        figure = draw(curves, title, scales)
        for suffix in FORMATS:
            told = {"Date": None, "Creator": None} if suffix == "svg" else {"Software": None}
            figure.savefig(stem.with_name(f"{stem.name}.{suffix}"), metadata=told)


def draw(curves: Sequence[Curve], title: str, scales: Sequence[float] = (1.0,)) -> "Figure":
    """The plot of MOST_LINES curves at most, each of which has losses; `scales` as in the recipe."""
    from matplotlib.figure import Figure

    if not 0 < len(curves) <= MOST_LINES:
        raise ValueError(f"{len(curves)} curves: there are {MOST_LINES} ways for a line to look")
    figure = Figure(figsize=(_WIDTH_IN, max(_LEAST_HEIGHT_IN, len(curves) * _HEIGHT_OF_A_NAME_IN)))
    axes = figure.add_subplot()
    axes.set_yscale("log")
    _set_limits(axes, curves)
    for curve, (colour, dash) in zip(curves, STYLES, strict=False):
        for before, losses in curve.parts():
            if len(curves) <= MOST_WITH_LOSSES:
                _stroke(axes, before, losses, color=colour, alpha=0.28, linewidth=0.7, zorder=2)
            _stroke(axes, before, tuple(_lowest(losses)), color=colour, linestyle=dash, linewidth=1.6, zorder=3)
    _mark_scales(axes, _borders(curves), scales)
    axes.set_title(drawable(title, "losses"), loc="left", pad=22, fontsize=11)
    axes.set_xlabel("evaluations")
    axes.set_ylabel("loss: bold the lowest so far, pale each one" if len(curves) <= MOST_WITH_LOSSES
                    else "lowest loss so far")
    _add_legend(axes, curves)
    return figure


@contextmanager
def _matplotlib() -> Iterator[None]:
    """matplotlib as it comes, whatever the user has set, with our settings; on leaving they are the user's again."""
    # Where a home cannot be written it says so, and nothing is lost by it.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def _is_drawn(loss: float) -> bool:
    return _LEAST < loss < _MOST


def _lowest(losses: Sequence[float]) -> Iterator[float]:
    return accumulate((loss if _is_drawn(loss) else math.inf for loss in losses), min)


def _set_limits(axes: "Axes", curves: Sequence[Curve]) -> None:
    """Around the bold lines: no peak of a step that was tried and taken back stretches them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    kept = [math.log10(low) for curve in curves for _, losses in curve.parts()
            for low in _lowest(losses) if _is_drawn(low)]
    low, high = min(kept), max(kept)
    space = max(0.05, (high - low) * 0.04)
    axes.set_ylim(10 ** (low - space), 10 ** (high + space))
    narrow = MaxNLocator(nbins=7, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_locator(
        narrow if high - low < 0.7 else LogLocator(subs=(1.0, 2.0, 5.0) if high - low < 3 else (1.0,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: short(loss)))
    evaluations = max(len(curve.losses) for curve in curves)
    axes.set_xlim(1 - 0.01 * evaluations, evaluations + 0.01 * evaluations)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda evaluation, _: f"{evaluation:,.0f}"))


def _stroke(axes: "Axes", before: int, losses: Sequence[float], **look: Any) -> None:
    points = [(before + place, loss) for place, loss in enumerate(losses, start=1) if _is_drawn(loss)]
    if points:
        axes.plot(*zip(*points, strict=True), marker="o" if len(points) == 1 else "", markersize=4, **look)


def _borders(curves: Sequence[Curve]) -> list[int]:
    """After how many evaluations each scale ends, where all curves agree on it."""
    (first, *others) = {curve.by_scale for curve in curves}
    return [] if others else [*accumulate(first)][:-1]


def _mark_scales(axes: "Axes", borders: Sequence[int], scales: Sequence[float]) -> None:
    for border in borders:
        axes.axvline(border + 0.5, color=_QUIET, linewidth=0.8, zorder=1)
    if not borders or len(scales) != len(borders) + 1:
        return
    left, right = axes.get_xlim()
    for (begin, end), scale in zip(pairwise((left, *borders, right)), scales, strict=True):
        share = str(Fraction(scale).limit_denominator(16))
        if (end - begin) / (right - left) < 0.15:
            words = share
        else:
            words = f"at {share} of the size" if scale < 1 else "at full size"
        axes.text((begin + end) / 2, 1.02, words, transform=axes.get_xaxis_transform(), ha="center", color=_QUIET)


def _add_legend(axes: "Axes", curves: Sequence[Curve]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, linestyle=dash, linewidth=1.6) for colour, dash in STYLES[: len(curves)]]
    legend = axes.legend(handles, [*map(str, range(len(curves)))], loc="upper left", bbox_to_anchor=(1.01, 1.03),
                         handlelength=3.4, labelspacing=0.8)
    for number, (text, curve) in enumerate(zip(legend.get_texts(), curves, strict=True), start=1):
        lines = [drawable(line, f"curve {number}") for line in curve.name.splitlines()] or [f"curve {number}"]
        # Set afterwards, for a legend leaves out what begins with a line below.
        text.set_text("\n".join(shorten(line, _NAME_PX, font_of(_NAME_FONT_PX).getlength) for line in lines))
