"""The matrix as one PNG: contents down, styles across, originals at the edges, every result in its cell.

A picture is never cropped nor squashed: it hangs in the middle of a cell that is large enough for it.
"""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw

from db.atomic import whole_file
from db.errors import OutputRefused, PictureRefused
from db.library import Library
from db.records import Image, Result
from gallery.drawing import EMPTY, INK, QUIET, WALL, name_of, write
from gallery.fonts import drawable
from gallery.labels import recipes
from gallery.layout import MAX_CELL_PX, MIN_CELL_PX, Box, Layout, fit
from gallery.matrix import EVERYTHING, Matrix, Selection, arrange, has_picture
from gallery.rendition import open_rendition, resized

CELL_PX = 256


@dataclass(frozen=True)
class SheetReport:
    """What was drawn. `cells` hold a picture, `failed` have a result but none to show.

    `cell_px` is below what was asked for when the sheet would have passed layout.MAX_PIXELS (`shrunk`).
    """

    path: Path
    rows: int
    columns: int
    cells: int
    failed: int
    width: int
    height: int
    cell_px: int
    shrunk: bool


def write_sheet(
    library: Library, path: Path, *, cell_px: int = CELL_PX, selection: Selection = EVERYTHING
) -> SheetReport:
    """Draw the library's results to the PNG at `path`, replacing what was there.

    Raises NothingToShow, TooManyPictures, OutputRefused, LibraryBusy or StorageFailed.
    """
    if path.suffix.lower() != ".png":
        raise OutputRefused(f"{path.name}: a sheet is a PNG; let the name end in .png")
    if not MIN_CELL_PX <= cell_px <= MAX_CELL_PX:
        raise OutputRefused(f"a cell is {MIN_CELL_PX} to {MAX_CELL_PX} pixels wide, not {cell_px}")
    with library.lock("matrix"):
        matrix = arrange(library.images.find(), library.results.each(details=()), selection)
        layout = fit(_ratios(matrix.styles), _ratios(matrix.contents), cell_px)
        with whole_file(path) as part:
            sheet, cells = draw(matrix, layout)
            sheet.save(part, "PNG")
    return SheetReport(
        path=path,
        rows=len(matrix.contents),
        columns=len(matrix.styles),
        cells=cells,
        failed=sum(1 for _ in matrix.results()) - cells,
        width=sheet.width,
        height=sheet.height,
        cell_px=layout.cell,
        shrunk=layout.cell < cell_px,
    )


def draw(matrix: Matrix, layout: Layout) -> tuple[Pillow.Image, int]:
    """The sheet, and in how many cells a result hangs."""
    sheet = Pillow.new("RGB", (layout.width, layout.height), WALL)
    pen = ImageDraw.Draw(sheet)
    for column, style in enumerate(matrix.styles, start=1):
        _hang_original(sheet, pen, layout, (0, column), style)
    cells = 0
    for row, (content, results) in enumerate(zip(matrix.contents, matrix.cells, strict=True), start=1):
        _hang_original(sheet, pen, layout, (row, 0), content)
        for column, result in enumerate(results, start=1):
            word = _hang_result(sheet, layout.box(row, column), result)
            if word is None:
                cells += 1
            else:
                # A result has its content's aspect, and so has the place of one that is missing.
                _leave_empty(pen, layout.box(row, column).holding(content.width, content.height), word, layout.text)
    write(pen, layout.footer(), drawable(recipes(matrix.results()), ""), QUIET)
    return sheet, cells


def _hang_original(
    sheet: Pillow.Image, pen: ImageDraw.ImageDraw, layout: Layout, place: tuple[int, int], image: Image
) -> None:
    row, column = place
    box, is_style = layout.box(row, column), row == 0
    # Styles stand on their labels, like paintings hung along one line.
    if not _hang(sheet, box, image.path, at_the_foot=is_style):
        empty = box.holding(image.width, image.height, at_the_foot=is_style)
        _leave_empty(pen, empty, "unreadable", layout.text)
    write(pen, layout.label(row, column), f"{image.id} · {name_of(image)}", INK)


def _hang_result(sheet: Pillow.Image, box: Box, result: Result | None) -> str | None:
    """None when its picture hangs in the cell, else the word that says why none does."""
    if result is None:
        return ""
    if result.path is None or not has_picture(result):
        return "failed"
    return None if _hang(sheet, box, result.path) else "unreadable"


def _hang(sheet: Pillow.Image, box: Box, path: Path, *, at_the_foot: bool = False) -> bool:
    try:
        picture = open_rendition(path)
        place = box.holding(*picture.size, at_the_foot=at_the_foot)
        drawn = resized(picture, place.width, place.height)
    except PictureRefused:
        return False    # one damaged file leaves one empty place; `check` is there to name it
    sheet.paste(drawn, (place.left, place.top))
    return True


def _leave_empty(pen: ImageDraw.ImageDraw, box: Box, word: str, text_px: int) -> None:
    pen.rectangle((box.left, box.top, box.left + box.width - 1, box.top + box.height - 1), fill=EMPTY)
    middle = Box(box.left, box.top + (box.height - text_px) // 2, box.width, text_px)
    write(pen, middle, word, QUIET, centred=True)


def _ratios(images: tuple[Image, ...]) -> list[float]:
    return [image.height / image.width for image in images]
