"""The losses of a batch over its evaluations, drawn: logarithmic, a scale of a pyramid beside the next.

Invariant: each curve is the lowest loss so far, which is what a run would have kept; of few curves the losses
themselves stand behind it, thinly. Each scale has its own loss, so nothing is joined across their borders.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from PIL import Image, ImageDraw

from gallery.drawing import INK, QUIET, Colour, drawable, font_of, shorten, write
from gallery.labels import short
from gallery.layout import Box

WIDTH_PX, HEIGHT_PX = 1200, 700
_FINER = 3                  # drawn so much larger and shrunk, for Pillow's lines have hard edges
_TEXT, _SMALL = 17, 14
_GRID = (232, 229, 224)
_PAPER = (255, 255, 255)
# Okabe and Ito's palette, which also those tell apart who do not see all colours; its yellow is too light for lines.
PALETTE: tuple[Colour, ...] = (
    (0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0), (0, 0, 0),
    (120, 94, 240),
)
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 28, 64, 66
_LEGEND_PX = 300


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


@dataclass(frozen=True)
class _Axes:
    """From evaluations and losses to pixels."""

    box: Box
    evaluations: int
    low: float          # exponents of ten
    high: float

    def x(self, evaluation: float) -> float:
        return self.box.left + self.box.width * (evaluation - 1) / max(1, self.evaluations - 1)

    def y(self, loss: float) -> float:
        share = (math.log10(loss) - self.low) / (self.high - self.low)
        return self.box.top + self.box.height * (1 - share)


def draw(curves: Sequence[Curve], title: str, scales: Sequence[float] = (1.0,)) -> Image.Image:
    """The plot of these curves, at least one of which has a finite positive loss; `scales` as in the recipe."""
    named = len(curves) <= len(PALETTE)
    axes = _axes(curves, _LEGEND_PX if named else 0)
    large = Image.new("RGB", (WIDTH_PX * _FINER, HEIGHT_PX * _FINER), _PAPER)
    pen = ImageDraw.Draw(large)
    borders = _borders(curves)
    _grid(pen, axes, borders)
    for number, curve in enumerate(curves):
        _line(pen, axes, curve, PALETTE[number % len(PALETTE)], named)
    picture = large.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(picture)
    _words(pen, axes, title, named)
    _name_scales(pen, axes, borders, scales)
    if named:
        _legend(pen, curves)
    return picture


def has_losses(curve: Curve) -> bool:
    """Whether there is anything to draw of it."""
    return any(_is_drawn(loss) for loss in curve.losses)


def _is_drawn(loss: float) -> bool:
    return math.isfinite(loss) and loss > 0


def _axes(curves: Sequence[Curve], legend_px: int) -> _Axes:
    drawn = [loss for curve in curves for loss in _visible(curve)]
    low, high = math.log10(min(drawn)), math.log10(max(drawn))
    space = max(0.05, (high - low) * 0.04)
    box = Box(_LEFT, _TOP, WIDTH_PX - _LEFT - _RIGHT - legend_px, HEIGHT_PX - _TOP - _BOTTOM)
    return _Axes(box, max(len(curve.losses) for curve in curves), low - space, high + space)


def _visible(curve: Curve) -> Iterator[float]:
    """What is inside the axes: no peak of a step that was tried and taken back stretches them."""
    for _, losses in curve.parts():
        yield from (low for low in _lowest(losses) if _is_drawn(low))


def _lowest(losses: Sequence[float]) -> Iterator[float]:
    return accumulate((loss if _is_drawn(loss) else math.inf for loss in losses), min)


def _borders(curves: Sequence[Curve]) -> list[int]:
    """After how many evaluations each scale ends, where all curves agree on it."""
    (first, *others) = {curve.by_scale for curve in curves} or {()}
    return [] if others else [*accumulate(first)][:-1]


def _line(pen: ImageDraw.ImageDraw, axes: _Axes, curve: Curve, colour: Colour, named: bool) -> None:
    pale: Colour = tuple(round(value + (255 - value) * 0.72) for value in colour)   # type: ignore[assignment]
    for before, losses in curve.parts():
        if named:
            _stroke(pen, axes, before, losses, pale, _FINER)
        _stroke(pen, axes, before, tuple(_lowest(losses)), colour, 2 * _FINER if named else _FINER + 1)


def _stroke(
    pen: ImageDraw.ImageDraw, axes: _Axes, before: int, losses: Sequence[float], colour: Colour, width: int
) -> None:
    points = [
        (axes.x(before + place) * _FINER, max(axes.box.top, axes.y(loss)) * _FINER)
        for place, loss in enumerate(losses, start=1) if _is_drawn(loss)
    ]
    if len(points) == 1:
        (x, y), radius = points[0], 2 * _FINER
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    pen.line(points, fill=colour, width=width, joint="curve")


def _grid(pen: ImageDraw.ImageDraw, axes: _Axes, borders: Sequence[int]) -> None:
    box = axes.box
    right, bottom = box.left + box.width, box.top + box.height
    for loss, _ in _loss_ticks(axes):
        y = axes.y(loss)
        _straight(pen, (box.left, y, right, y), _GRID)
    for evaluation in _evaluation_ticks(axes.evaluations):
        x = axes.x(evaluation)
        _straight(pen, (x, box.top, x, bottom), _GRID)
    for border in borders:
        x = axes.x(border + 0.5)
        _straight(pen, (x, box.top - 22, x, bottom), QUIET)
    _straight(pen, (box.left, bottom, right, bottom), INK)
    _straight(pen, (box.left, box.top, box.left, bottom), INK)


def _straight(pen: ImageDraw.ImageDraw, ends: tuple[float, float, float, float], colour: Colour) -> None:
    pen.line([value * _FINER for value in ends], fill=colour, width=_FINER)


def _words(pen: ImageDraw.ImageDraw, axes: _Axes, title: str, named: bool) -> None:
    box, font = axes.box, font_of(_SMALL)
    bottom = box.top + box.height
    write(pen, Box(box.left, 12, WIDTH_PX - box.left - _RIGHT, _TEXT), drawable(title, "losses"), INK)
    for loss, text in _loss_ticks(axes):
        pen.text((box.left - 10, axes.y(loss)), text, fill=INK, font=font, anchor="rm")
    for evaluation in _evaluation_ticks(axes.evaluations):
        pen.text((axes.x(evaluation), bottom + 8), f"{evaluation:,}", fill=INK, font=font, anchor="ma")
    words = "evaluations" if named else "evaluations; each line is the lowest loss so far of one pair"
    pen.text((box.left + box.width / 2, bottom + 34), words, fill=INK, font=font, anchor="ma")
    pen.text((14, box.top - 12), "loss", fill=INK, font=font, anchor="lm")


def _name_scales(pen: ImageDraw.ImageDraw, axes: _Axes, borders: Sequence[int], scales: Sequence[float]) -> None:
    if len(scales) != len(borders) + 1 or not borders:
        return
    font = font_of(_SMALL)
    ends = [axes.box.left, *(axes.x(border + 0.5) for border in borders), axes.box.left + axes.box.width]
    for (left, right), scale in zip(pairwise(ends), scales, strict=True):
        share = str(Fraction(scale).limit_denominator(16))
        for text in (f"at {share} of the size" if scale < 1 else "at full size", share):
            if font.getlength(text) < right - left - 6:
                pen.text(((left + right) / 2, axes.box.top - 12), text, fill=QUIET, font=font, anchor="mm")
                break


def _legend(pen: ImageDraw.ImageDraw, curves: Sequence[Curve]) -> None:
    left, font, top = WIDTH_PX - _LEGEND_PX - _RIGHT + 24, font_of(_SMALL), _TOP + 8
    for number, curve in enumerate(curves):
        pen.line((left, top, left + 26, top), fill=PALETTE[number], width=3)
        for line in curve.name.splitlines():
            text = shorten(drawable(line, f"curve {number + 1}"), _LEGEND_PX - 62, font.getlength)
            pen.text((left + 36, top), text, fill=INK, font=font, anchor="lm")
            top += 18
        top += 12
    for text in ("bold: lowest so far", "pale: of each evaluation"):
        pen.text((left, top), text, fill=QUIET, font=font, anchor="lm")
        top += 20


def _loss_ticks(axes: _Axes) -> list[tuple[float, str]]:
    """Powers of ten; with 2 and 5 between them where these are few, and every tenth where the range is narrow."""
    decades = range(math.floor(axes.low), math.ceil(axes.high) + 1)
    for steps in ((1,), (1, 2, 5), tuple(range(1, 10)), tuple(tenth / 10 for tenth in range(10, 100))):
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        inside = [tick for tick in ticks if axes.low <= math.log10(tick) <= axes.high]
        if len(inside) >= 4:
            break
    every = math.ceil(len(inside) / 14)
    return [(tick, short(tick)) for tick in inside[::every]]


def _evaluation_ticks(evaluations: int) -> list[int]:
    """The first, and round numbers up to the last: about eight in all."""
    magnitude = 10 ** math.floor(math.log10(max(1, evaluations / 8)))
    every = next(step * magnitude for step in (1, 2, 5, 10) if step * magnitude * 10 >= evaluations)
    rounded = list(range(every, evaluations + 1, every))
    return rounded if rounded[:1] == [1] else [1, *rounded]
