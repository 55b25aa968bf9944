"""Where everything stands on a sheet: pure arithmetic in pixels.

All distances follow from the cell, so a smaller cell gives the same sheet at a smaller scale, and the whole
never exceeds MAX_PIXELS.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from gallery.errors import TooManyPictures

MAX_PIXELS = 60_000_000
MIN_CELL_PX = 16
MAX_CELL_PX = 1024
MIN_LABELLED_CELL_PX = 48
# A row is as high as its content asks for at full cell width, within these shares of that width.
FLATTEST, TALLEST = 0.3, 1.25


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    def holding(self, width: int, height: int, *, at_the_foot: bool = False) -> "Box":
        """The largest rectangle of the aspect width : height within this one, in its middle or at its foot."""
        scale = min(self.width / width, self.height / height)
        inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
        space = self.height - inner_height
        left = self.left + (self.width - inner_width) // 2
        return Box(left, self.top + (space if at_the_foot else space // 2), inner_width, inner_height)


@dataclass(frozen=True)
class Layout:
    """A grid whose row 0 holds the styles and whose column 0 holds the contents. Sizes in pixels."""

    cell: int
    width: int
    height: int
    margin: int
    text: int                   # font size; 0 where cells are too small for labels
    lefts: tuple[int, ...]
    tops: tuple[int, ...]
    heights: tuple[int, ...]

    def box(self, row: int, column: int) -> Box:
        """The cell's rectangle."""
        return Box(self.lefts[column], self.tops[row], self.cell, self.heights[row])

    def label(self, row: int, column: int) -> Box:
        """The line of text beneath a cell."""
        top = self.tops[row] + self.heights[row] + self.text // 2
        return Box(self.lefts[column], top, self.cell, self.text)

    def footer(self) -> Box:
        """The line of text at the foot of the sheet."""
        top = self.height - self.margin // 2 - self.text
        return Box(self.margin, top, self.width - 2 * self.margin, self.text)


def fit(style_ratios: Sequence[float], content_ratios: Sequence[float], wanted: int) -> Layout:
    """The layout with cells of `wanted` pixels, or the largest smaller one within MAX_PIXELS.

    Ratios are height over width of the originals. Raises TooManyPictures.
    """

    def pixels(cell: int) -> int:
        layout = lay_out(style_ratios, content_ratios, cell)
        return layout.width * layout.height

    cells = range(MIN_CELL_PX, min(wanted, MAX_CELL_PX) + 1)
    fitting = bisect_right(cells, MAX_PIXELS, key=pixels)
    if fitting:
        return lay_out(style_ratios, content_ratios, cells[fitting - 1])
    raise TooManyPictures(
        f"{len(content_ratios)} x {len(style_ratios)} pictures do not fit one sheet of {MAX_PIXELS // 1_000_000} "
        "megapixels; make the page instead, or choose fewer"
    )


def lay_out(style_ratios: Sequence[float], content_ratios: Sequence[float], cell: int) -> Layout:
    """The grid for cells `cell` pixels wide."""
    margin, gap = max(4, cell // 4), max(2, cell // 16)
    text = max(9, round(cell * 0.055)) if cell >= MIN_LABELLED_CELL_PX else 0
    ratios = (max(style_ratios), *content_ratios)
    heights = tuple(ceil(cell * min(TALLEST, max(FLATTEST, ratio))) for ratio in ratios)
    # The originals keep a wider distance from the results than these from one another.
    lefts = _starts(margin, [cell] * (len(style_ratios) + 1), gap, gap * 2)
    tops = _starts(margin, [height + 2 * text for height in heights], gap, gap * 2)
    return Layout(
        cell=cell,
        width=lefts[-1] + cell + margin,
        height=tops[-1] + heights[-1] + 2 * text + gap + margin + text,
        margin=margin,
        text=text,
        lefts=lefts,
        tops=tops,
        heights=heights,
    )


def _starts(first: int, lengths: Sequence[int], gap: int, gap_after_first: int) -> tuple[int, ...]:
    gaps = [gap_after_first, *[gap] * (len(lengths) - 2)]
    return tuple(accumulate((length + space for length, space in zip(lengths, gaps, strict=False)), initial=first))
