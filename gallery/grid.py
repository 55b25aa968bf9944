"""One pair under many settings as a PNG: a matrix whose rows and columns are named by what was varied.

Invariant: pictures are never cropped nor squashed, and what stands under each is what was measured of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw

from db.atomic import whole_file
from db.errors import OutputRefused, PictureRefused
from db.records import Image
from gallery.drawing import EMPTY, INK, QUIET, WALL, name_of, write
from gallery.errors import TooManyPictures
from gallery.fonts import drawable, font_of
from gallery.layout import FLATTEST, MAX_PIXELS, TALLEST, Box
from gallery.rendition import open_rendition, resized

CELL_PX, LEAST_CELL_PX = 288, 64
_LINES = 2              # under each picture
_WIDEST = 4             # an original's place is at most so many times as wide as high, or as high as wide
_BEST = (213, 94, 0)


@dataclass(frozen=True)
class Cell:
    """A picture and what is said under it; without a path the first line stands in its place."""

    path: Path | None
    lines: tuple[str, ...]
    is_best: bool = False


@dataclass(frozen=True)
class Grid:
    """Rows and columns with the names of what they vary and the words of each value; no row name for a single row."""

    title: str
    originals: tuple[Image, Image]
    row_name: str
    column_name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class _Layout:
    cell: int
    cell_height: int
    text: int
    margin: int
    gap: int
    labels: int             # width of the row labels
    top: int                # where the first row begins
    strip: Box              # the originals
    width: int
    height: int

    def box(self, row: int, column: int) -> Box:
        left = self.margin + self.labels + column * (self.cell + self.gap)
        return Box(left, self.top + row * self._step, self.cell, self.cell_height)

    def line(self, row: int, column: int, number: int) -> Box:
        box = self.box(row, column)
        below = self.text // 2 + number * round(self.text * 1.35)
        return Box(box.left, box.top + box.height + below, box.width, self.text)

    @property
    def _step(self) -> int:
        return self.cell_height + self.text // 2 + round(_LINES * self.text * 1.35) + self.gap


def write_grid(grid: Grid, target: Path) -> tuple[int, int]:
    """Draws it to the PNG at `target`; its width and height. Raises OutputRefused, TooManyPictures or StorageFailed."""
    check(len(grid.rows), len(grid.columns), target)
    layout = _fit(grid)
    with whole_file(target) as part:
        sheet = _draw(grid, layout)
        sheet.save(part, "PNG")
    return sheet.size


def check(rows: int, columns: int, target: Path) -> None:
    """Raises OutputRefused or TooManyPictures for what no sheet can be, before any of it is made."""
    if target.suffix.lower() != ".png":
        raise OutputRefused(f"{target.name}: a sheet is a PNG; let the name end in .png")
    if rows * columns * LEAST_CELL_PX**2 * 2 > MAX_PIXELS:
        raise TooManyPictures(f"{rows} x {columns} settings do not fit one sheet; vary fewer values")


def _fit(grid: Grid) -> _Layout:
    cell = CELL_PX
    layout = _lay_out(grid, cell)
    while layout.width * layout.height > MAX_PIXELS and cell > LEAST_CELL_PX:
        cell = max(LEAST_CELL_PX, min(cell - 1, int(cell * sqrt(MAX_PIXELS / (layout.width * layout.height)))))
        layout = _lay_out(grid, cell)
    return layout


def _lay_out(grid: Grid, cell: int) -> _Layout:
    content, style = grid.originals
    text, margin, gap = max(10, round(cell * 0.045)), max(12, cell // 10), max(6, cell // 18)
    cell_height = ceil(cell * min(TALLEST, max(FLATTEST, content.height / content.width)))
    measure = font_of(text).getlength
    names = [grid.row_name, *grid.rows] if grid.row_name else []
    labels = min(cell, ceil(max((measure(_words(name)) for name in names), default=0)) + 2 * gap) if names else 0
    strip_height = cell // 2
    strip_width = _width_of(content, strip_height) + gap + _width_of(style, strip_height)
    strip = Box(margin + labels, margin + round(text * 2.2), strip_width, strip_height)
    top = strip.top + strip.height + gap + round(text * 3.4)
    layout = _Layout(cell, cell_height, text, margin, gap, labels, top, strip, 0, 0)
    last = layout.line(len(grid.rows) - 1, len(grid.columns) - 1, _LINES - 1)
    title = margin + labels + ceil(font_of(round(text * 1.15)).getlength(_words(grid.title)))
    width = max(last.left + last.width, min(title, 4 * cell), strip.left + strip.width) + margin
    return _Layout(cell, cell_height, text, margin, gap, labels, top, strip, width, last.top + text + margin)


def _draw(grid: Grid, layout: _Layout) -> Pillow.Image:
    sheet = Pillow.new("RGB", (layout.width, layout.height), WALL)
    pen = ImageDraw.Draw(sheet)
    left, text = layout.margin + layout.labels, layout.text
    across = layout.width - left - layout.margin
    write(pen, Box(left, layout.margin, across, round(text * 1.15)), _words(grid.title), INK)
    _hang_originals(sheet, grid.originals, layout)
    write(pen, Box(left, layout.top - round(text * 3.0), across, text), _words(grid.column_name), QUIET)
    if grid.row_name:
        names = Box(layout.margin, layout.top - round(text * 1.5), layout.labels, text)
        write(pen, names, _words(grid.row_name), QUIET)
    for column, words in enumerate(grid.columns):
        box = layout.box(0, column)
        write(pen, Box(box.left, box.top - round(text * 1.5), box.width, text), _words(words), INK)
    for row, (words, cells) in enumerate(zip(grid.rows, grid.cells, strict=True)):
        box = layout.box(row, 0)
        lines = _wrapped(_words(words), text, layout.labels - layout.gap) if grid.row_name else []
        top = box.top + max(0, box.height - round(1.35 * text * len(lines))) // 2
        for number, line in enumerate(lines):
            place = Box(layout.margin, top + round(1.35 * text * number), layout.labels - layout.gap, text)
            write(pen, place, line, INK)
        for column, cell in enumerate(cells):
            _hang(sheet, pen, layout, row, column, cell)
    return sheet


def _hang_originals(sheet: Pillow.Image, originals: Sequence[Image], layout: _Layout) -> None:
    left = layout.strip.left
    for image in originals:
        box = Box(left, layout.strip.top, _width_of(image, layout.strip.height), layout.strip.height)
        drawn = _drawn(image.path, box)
        if drawn is None:
            _leave_empty(ImageDraw.Draw(sheet), box, "unreadable", layout.text)
        else:
            sheet.paste(drawn[0], drawn[1])
        left += box.width + layout.gap


def _hang(sheet: Pillow.Image, pen: ImageDraw.ImageDraw, layout: _Layout, row: int, column: int, cell: Cell) -> None:
    box, lines = layout.box(row, column), cell.lines
    drawn = None if cell.path is None else _drawn(cell.path, box)
    if drawn is None:
        lines = lines if cell.path is None else ("unreadable", *lines)
        _leave_empty(pen, box, _words(lines[0] if lines else "nothing"), layout.text)
        lines = lines[1:]
    else:
        sheet.paste(drawn[0], drawn[1])
        if cell.is_best:
            (left, top), (width, height), edge = drawn[1], drawn[0].size, max(2, layout.gap // 4)
            pen.rectangle((left - edge, top - edge, left + width + edge - 1, top + height + edge - 1),
                          outline=_BEST, width=edge)
    for number, line in enumerate(lines[:_LINES]):
        write(pen, layout.line(row, column, number), _words(line), _BEST if cell.is_best and number else QUIET)


def _wrapped(words: str, text_px: int, width: int) -> list[str]:
    """A label in lines of this width, broken after a plus: two lists of layers may differ in their ends alone."""
    measure = font_of(text_px).getlength
    lines = [""]
    for part in words.replace("+", "+\n").split("\n"):
        if lines[-1] and measure(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def _drawn(path: Path, box: Box) -> tuple[Pillow.Image, tuple[int, int]] | None:
    """The picture as it fits into the box, and where; None where it cannot be drawn."""
    try:
        picture = open_rendition(path)
        place = box.holding(*picture.size)
        return resized(picture, place.width, place.height), (place.left, place.top)
    except PictureRefused:
        return None


def _leave_empty(pen: ImageDraw.ImageDraw, box: Box, words: str, text_px: int) -> None:
    pen.rectangle((box.left, box.top, box.left + box.width - 1, box.top + box.height - 1), fill=EMPTY)
    middle = Box(box.left, box.top + (box.height - text_px) // 2, box.width, text_px)
    write(pen, middle, words, QUIET, centred=True)


def _width_of(image: Image, height: int) -> int:
    """How wide an original hangs at this height; one of an extreme shape hangs within bounds."""
    return max(1, round(height * min(_WIDEST, max(1 / _WIDEST, image.width / image.height))))


def _words(text: str) -> str:
    return drawable(text, "?") if text else ""


def title(content: Image, style: Image, shared: str) -> str:
    """What the sheet is of, and what all its pictures have in common."""
    return " · ".join(filter(None, (f"{name_of(content)} x {name_of(style)}", shared)))
