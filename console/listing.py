"""The commands that look things up: images, results, status."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from console.errors import BadRequest
from console.fields import image_fields, result_fields
from console.filter_options import ImageFilterOptions, ResultFilterOptions, ResultSelection, check_words
from console.terminal import Terminal
from db.library import Library, read_library
from db.records import Image, Result
from db.selection.selections import IMAGE_ORDERS, RESULT_ORDERS, parse_order
from db.selection.terms import split
from db.values import finite
from gallery.entries import MEASURES_AT_ONCE
from gallery.labels import number
from gallery.report_text import measure

_Listed = TypeVar("_Listed", Image, Result)
_FILE = "file in the library"

TOLD = ("mix", "start_loss", "measures")        # of what a result says of how it was made


@dataclass(frozen=True)
class Listing:
    """How a list is told: by what it is sorted, how much of it, and which of its columns."""

    sort: str | None = None
    limit: int | None = None
    columns: str | None = None


PLAIN = Listing()


def run_images(
    terminal: Terminal, root: Path, words: Sequence[str] = (), narrowed: ImageFilterOptions = ImageFilterOptions(),  # noqa: B008 - frozen
    listing: Listing = PLAIN, alike: str | None = None,
) -> int:
    """List the images, with `alike` those that look like that one."""
    order = None if listing.sort is None else parse_order(listing.sort, IMAGE_ORDERS)
    columns = _columns(listing, IMAGE_COLUMNS)
    filters = narrowed.filters()
    check_words(words)
    with read_library(root) as library:
        if alike is not None:
            return _list_alike(terminal, library, alike, library.selections.image_ids(words, filters), listing, columns)
        found = library.selections.images(words, filters, order=order, limit=listing.limit)
        for image in found:
            terminal.record("image", **image_fields(image))
        usual = [name for name in IMAGE_USUAL if name != "marks" or any(map(_marks, found))]
        _show(terminal, library, found, columns or usual, IMAGE_COLUMNS, ("id",))
    return 0


def _list_alike(
    terminal: Terminal, library: Library, word: str, among: Collection[int], listing: Listing, columns: Sequence[str]
) -> int:
    """The nearest first, with the number of bits in which their hashes differ."""
    from console.alike import neighbours

    if listing.sort is not None:
        raise BadRequest("--alike sorts by likeness: leave out --sort")
    wanted = set(among)
    pairs = [pair for pair in neighbours(terminal, library, word) if pair.second in wanted][: listing.limit]
    bits = {pair.second: pair.distance for pair in pairs}
    found = library.images.with_ids(list(bits))
    for image in found:
        terminal.record("image", **image_fields(image), distance=bits[image.id])
    known = {**IMAGE_COLUMNS, "bits": lambda image, _: bits[image.id]}
    _show(terminal, library, found, columns or ("id", "bits", *IMAGE_USUAL[1:5], "file"), known, ("id", "bits"))
    if not found:
        terminal.say(f"nothing looks like {word}")
    return 0


def run_results(
    terminal: Terminal, root: Path, chosen: ResultSelection = ResultSelection(),    # noqa: B008 - frozen
    narrowed: ResultFilterOptions = ResultFilterOptions(), listing: Listing = PLAIN,    # noqa: B008 - frozen
) -> int:
    """List the results, as they are read: there may be more of them than memory holds."""
    order = None if listing.sort is None else parse_order(listing.sort, RESULT_ORDERS)
    columns = _columns(listing, RESULT_COLUMNS)
    filters = narrowed.filters()
    check_words((*(chosen.words or ()), *(chosen.content or ()), *(chosen.style or ())))
    with read_library(root) as library:
        ids = library.selections.result_ids(
            chosen.words or (), filters, contents=chosen.content or (), styles=chosen.style or (),
            order=order, limit=listing.limit)
        found = library.results.each_of(ids, details=TOLD)
        if terminal.as_json:
            for result in found:
                terminal.record("result", **result_fields(result))
            return 0
        usual = [name for name in RESULT_USUAL if name != "marks" or library.marks.on_results()]
        _show(terminal, library, found, columns or usual, RESULT_COLUMNS, ("id", "content", "style"))
    return 0


def _show(
    terminal: Terminal, library: Library, found: Iterable[_Listed], names: Sequence[str],
    columns: Mapping[str, "Column[_Listed]"], kept: Collection[str],
) -> None:
    heads = [_FILE if name == "file" else name for name in names]
    rows = ([columns[name](each, library) for name in names] for each in found)
    terminal.table(
        heads, rows, kept=[name for name in names if name in kept], spare=_FILE if _FILE in heads else None)


def _columns(listing: Listing, known: Collection[str]) -> list[str]:
    """The columns that are asked for, each once. Raises BadRequest."""
    if listing.columns is None:
        return []
    names = list(dict.fromkeys(split(listing.columns)))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise BadRequest(f"{unknown[0]!r} is no column: " + ", ".join(known) if unknown else "--columns names none")
    return names


def run_status(terminal: Terminal, root: Path) -> int:
    """Counts, and the last runs."""
    with read_library(root) as library:
        counts = library.posts.counts()
        counts |= {f"images_{role}": count for role, count in library.images.counts().items()}
        counts |= {f"results_{status}": count for status, count in library.results.counts().items()}
        runs = library.runs.latest(5)
    terminal.record("status", library=root.absolute(), **counts)
    for run in runs:
        terminal.record("run", **vars(run))
    terminal.answer(f"library {root.absolute()}")
    terminal.table(("what", "count"), ((name.replace("_", " "), count) for name, count in counts.items()))
    if runs:
        terminal.answer("last runs")
        terminal.table(
            ("started (UTC)", "command", "target", "outcome"),
            ((f"{run.started_at:%Y-%m-%d %H:%M}", run.command, run.target, run.outcome or "cut short") for run in runs),
            kept=("outcome",),
        )
    return 0


def _marks(found: Image | Result) -> str:
    """What people said of it, as it would be typed."""
    excluded = isinstance(found, Image) and found.is_excluded
    parts = ["*"] if found.is_starred else []
    return " ".join([*parts, *(["excluded"] if excluded else []), *(f"#{tag}" for tag in found.tags)])


def _day(image: Image) -> str:
    return "" if image.taken_at is None else f"{image.taken_at:%Y-%m-%d}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _looks(name: str, form: str) -> "Column[Image]":
    return lambda image, _: "" if image.looks is None else form.format(getattr(image.looks, name))


def _file(path: Path | None, library: Library) -> object:
    return None if path is None else path.relative_to(library.root)


Column = Callable[[_Listed, Library], object]
IMAGE_COLUMNS: Mapping[str, Column[Image]] = {
    "id": lambda image, _: image.id,
    "role": lambda image, _: image.role,
    "size": lambda image, _: f"{image.width}x{image.height}",
    "from": lambda image, _: image.source,
    "taken": lambda image, _: _day(image),
    "marks": lambda image, _: _marks(image),
    "file": lambda image, library: _file(image.path, library),
    "profile": lambda image, _: image.profile,
    "post": lambda image, _: image.post_code,
    "slide": lambda image, _: None if image.slide is None else image.slide + 1,
    "link": lambda image, _: image.permalink,
    "caption": lambda image, _: image.caption,
    "alt": lambda image, _: image.alt_text,
    "full-size": lambda image, _: {True: "yes", False: "no", None: ""}[image.is_full_size],
    "sharpness": _looks("sharpness", "{:.0f}"),
    "brightness": _looks("brightness", "{:.2f}"),
    "grey": lambda image, _: "" if image.looks is None else "grey" if image.looks.is_grey else "colour",
    "hash": _looks("hash", "{:016x}"),
    "sha256": lambda image, _: image.sha256,
}
IMAGE_USUAL = ("id", "role", "size", "from", "taken", "marks", "file")
def _measured(name: str, result: Result, _: Library) -> str:
    """A measure that was taken when the picture was made; a dash where there is none."""
    kept = result.record.details.get("measures")
    return measure(finite(kept.get(name)) if isinstance(kept, dict) else None)


RESULT_COLUMNS: Mapping[str, Column[Result]] = {
    "id": lambda result, _: result.id,
    "content": lambda result, _: result.content_id,
    "style": lambda result, _: result.record.details.get("mix") or result.style_id,
    "recipe": lambda result, _: result.record.recipe,
    "size": lambda result, _: result.record.size,
    "steps": lambda result, _: result.record.steps,
    "status": lambda result, _: result.record.status,
    "loss": lambda result, _: number(result.record.total_loss),
    "seconds": lambda result, _: _number(result.record.seconds, "{:.1f}"),
    "marks": lambda result, _: _marks(result),
    "file": lambda result, library: _file(result.path, library) if result.path else result.record.reason,
    "share": lambda result, _: _number(result.record.share_of_start, "{:.2%}"),
    "seed": lambda result, _: result.record.seed,
    "made": lambda result, _: f"{result.created_at:%Y-%m-%d %H:%M}",
    "hash": lambda result, _: result.record.key.recipe_hash[:12],
    **{name: partial(_measured, name) for name in MEASURES_AT_ONCE},
}
RESULT_USUAL = ("id", "content", "style", "recipe", "size", "steps", "status", "loss", "seconds", "marks", "file")
