"""The commands that show results: `matrix` as a sheet, as a page, or as both; `timelapse` how one came about."""

from pathlib import Path

from console.errors import BadRequest
from console.terminal import Terminal
from console.words import counted
from db.library import read_library
from gallery.matrix import EVERYTHING, Selection
from gallery.page import write_page
from gallery.sheet import write_sheet
from gallery.timelapse import write_timelapse

DEFAULT_SHEET = Path("matrix.png")


def run_matrix(
    terminal: Terminal, root: Path, sheet: Path | None, page: Path | None, selection: Selection = EVERYTHING
) -> int:
    """Write what was asked for; the sheet if nothing was."""
    if sheet is None and page is None:
        sheet = DEFAULT_SHEET
    with read_library(root) as library:
        if sheet is not None:
            drawn = write_sheet(library, sheet.absolute(), selection=selection)
            terminal.record("matrix", **vars(drawn))
            terminal.answer(_sentence(drawn.rows, drawn.columns, drawn.failed, drawn.path))
            if drawn.shrunk:
                terminal.warn(f"cells are {drawn.cell_px} px wide to keep the sheet at {drawn.width} x {drawn.height}")
        if page is not None:
            written = write_page(library, page.absolute(), selection=selection)
            terminal.record("page", **vars(written))
            terminal.answer(_sentence(written.rows, written.columns, written.failed, written.index))
    return 0


def run_timelapse(terminal: Terminal, root: Path, result_id: int, target: Path | None, seconds: float) -> int:
    """Write the pictures on the way to a result as a moving one."""
    target = (target or Path(f"timelapse-{result_id}.webp")).absolute()
    with read_library(root) as library:
        result = library.results.get(result_id)
        frames = library.frames.find(result.record.key)
        if not frames:
            raise BadRequest(
                f"no pictures on the way to result {result_id} were kept: make it again by `stylize --frames auto "
                f"--content {result.content_id} --style {result.style_id}` with the options that it was made with")
        written = write_timelapse([frame.path for frame in frames], target, seconds)
    terminal.record("timelapse", result_id=result_id, **vars(written))
    terminal.answer(f"{counted(written.frames, 'picture')} in {written.seconds:g} s: {written.path}")
    if written.unreadable:
        terminal.warn(f"{written.unreadable} more cannot be read and are left out")
    return 0


def _sentence(rows: int, columns: int, failed: int, path: Path) -> str:
    failures = f", {failed} without a picture" if failed else ""
    return f"{counted(rows, 'content')} x {counted(columns, 'style')}{failures}: {path}"
