"""The commands that show results: `matrix` as a sheet, as a page, or as both; `timelapse` how one came about."""

from dataclasses import replace
from pathlib import Path

from console.errors import BadRequest
from console.filter_options import ResultFilterOptions, ResultSelection
from console.terminal import Terminal
from console.words import counted, listed
from db.library import Library, read_library
from db.records import Result
from db.selection.filters import NO_FILTERS
from gallery.matrix import EVERYTHING, Selection
from gallery.page import write_page
from gallery.sheet import write_sheet
from gallery.timelapse import write_timelapse

DEFAULT_SHEET = Path("matrix.png")


def run_matrix(
    terminal: Terminal, root: Path, sheet: Path | None, page: Path | None, selection: Selection = EVERYTHING, *,
    chosen: ResultSelection = ResultSelection(), narrowed: ResultFilterOptions = ResultFilterOptions(),  # noqa: B008 - frozen
) -> int:
    """Write what was asked for; the sheet if nothing was."""
    if sheet is None and page is None:
        sheet = DEFAULT_SHEET
    with read_library(root) as library:
        selection = selected(library, selection, chosen, narrowed)
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


def selected(
    library: Library, selection: Selection, chosen: ResultSelection, narrowed: ResultFilterOptions
) -> Selection:
    """The same, of the results that are named and of which the filters hold alone."""
    filters = narrowed.filters()
    if chosen.is_everything and filters == NO_FILTERS:
        return selection
    ids = library.selections.result_ids(
        chosen.words or (), filters, contents=chosen.content or (), styles=chosen.style or ())
    return replace(selection, ids=frozenset(ids))


def run_timelapse(terminal: Terminal, root: Path, named: str | int, target: Path | None, seconds: float) -> int:
    """Write the pictures on the way to a result as a moving one; a number is a result's here."""
    with read_library(root) as library:
        result = _one_result(library, str(named))
        result_id = result.id
        target = (target or Path(f"timelapse-{result_id}.webp")).absolute()
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


def _one_result(library: Library, named: str) -> Result:
    """The result of this number, or the only one of these words."""
    if named.isdecimal():
        named = f"r{named}"
    ids = library.selections.result_ids([named])
    if len(ids) != 1:
        some = listed([f"r{number}" for number in ids], 5)
        raise BadRequest(f"{named} is {counted(len(ids), 'result')}{': ' + some if ids else ''}; name one")
    return library.results.get(ids[0])


def _sentence(rows: int, columns: int, failed: int, path: Path) -> str:
    failures = f", {failed} without a picture" if failed else ""
    return f"{counted(rows, 'content')} x {counted(columns, 'style')}{failures}: {path}"
