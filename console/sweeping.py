"""The command `sweep`: one pair under a grid of settings, each a result like any other, shown as a labelled matrix."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.choosing import OWN_STYLE, guidance_of
from console.errors import BadRequest
from console.fields import result_fields
from console.filter_options import check_words
from console.progress import counting, stylize_progress
from console.sweep_grid import Axis, Options, combinations, parse_axes
from console.taking_in import opened, take_in
from console.terminal import Terminal
from console.transfer_options import ImageSelection
from console.words import counted
from db.errors import PictureRefused
from db.library import Library
from db.records import Image, Result, ResultStatus, Role
from gallery.entries import MEASURES
from gallery.grid import Cell, Grid, check, title, write_grid
from gallery.labels import short
from gallery.report_text import measure
from stylizer.compute import tiling
from stylizer.compute.precision import Precision
from stylizer.recipe.model import Recipe

if TYPE_CHECKING:   # the packages behind these import torch
    from stylizer.plan import Plan

DEFAULT = Path("sweep.png")
_ONE_PAIR = "a sweep is of one pair: name one --content and one --style"


@dataclass(frozen=True)
class Point:
    """A setting of the grid: the words of its values, its recipe and its options."""

    words: tuple[str, ...]
    recipe: Recipe
    options: Options


@dataclass(frozen=True)
class Found:
    """What became of a setting."""

    point: Point
    result: Result | None
    measures: Mapping[str, float | None] = dataclasses.field(default_factory=dict)

    @property
    def score(self) -> float | None:
        return self.measures.get("score")


def run_sweep(
    terminal: Terminal, root: Path, contents: Sequence[str], styles: Sequence[str], vary: Sequence[str],
    options: Options, *, output: Path | None = None, measures: bool = True, dry_run: bool = False,
) -> int:
    """Make what is missing of the grid, show and rank it; 3 if a setting failed."""
    axes = parse_axes(vary, options)
    points = [
        Point(words, varied.picture.apply(varied.recipe.resolve()), varied)
        for words, varied in combinations(axes, options)
    ]
    target = (output or DEFAULT).absolute()
    check(len(points) // len(axes[-1].values), len(axes[-1].values), target)
    tiling.choose(options.machine.tile or tiling.AUTO)
    if len(contents) != 1 or len(styles) != 1:
        raise BadRequest(_ONE_PAIR)
    check_words((*contents, *styles))
    with opened(root, (*contents, *styles), dry_run=dry_run) as library:
        content = _one(library, take_in(terminal, library, contents, Role.CONTENT, dry_run=dry_run))
        style = _one(library, take_in(terminal, library, styles, Role.STYLE, dry_run=dry_run))
        if content == style:
            raise BadRequest(OWN_STYLE)
        if dry_run:
            return _show_plans(terminal, axes, points, [_plan(library, point, content, style) for point in points])
        with library.lock("stylize"):
            keys = _make(terminal, library, points, content, style)
        results = {
            result.record.key.recipe_hash: result for result in library.results.find(recipe_hashes=keys)
            if (result.content_id, result.style_id) == (content.id, style.id)
        }
        found = [Found(point, results.get(key)) for point, key in zip(points, keys, strict=True)]
        if measures:
            found = _measured(terminal, found, content, style, options)
        grid = _grid(axes, found, content, style)
        width, height = write_grid(grid, target)
    terminal.record("sweep", path=target, width=width, height=height, settings=len(found),
                    best=next((each.result.id for each in _ranked(found) if each.result and each.score), None))
    _tell(terminal, axes, found)
    terminal.answer(f"{len(grid.rows)} x {len(grid.columns)} settings: {target}")
    return 3 if any(not _is_done(each) for each in found) else 0


def _one(library: Library, words: Sequence[str]) -> Image:
    """The only image of these words."""
    found = library.selections.images(words)
    if len(found) != 1:
        raise BadRequest(f"{_ONE_PAIR}; {' '.join(words)} is {counted(len(found), 'image')}")
    return found[0]


def _plan(library: Library, point: Point, content: Image, style: Image) -> "Plan":
    from stylizer.plan import make_plan

    machine = point.options.machine
    choice = ImageSelection(content=[str(content.id)], style=[str(style.id)])
    return make_plan(
        library, [content], [style], point.recipe, seed=machine.seed or 0, weights=machine.weights,
        device=machine.device, tile=machine.tile or tiling.AUTO, precision=machine.precision or Precision.AUTO,
        retry=True, time_budget_s=machine.time_budget,
        guidance=guidance_of(choice, point.options.recipe, [content], [style]),
        snapshots=machine.schedule(point.recipe.steps),
    )


def _make(
    terminal: Terminal, library: Library, points: Sequence[Point], content: Image, style: Image
) -> list[str]:
    """Makes every result that is missing; the recipe hashes of all."""
    terminal.say("loading the network ...")
    from stylizer.batch import run_plan

    plans = [_plan(library, point, content, style) for point in points]
    keys = [plan.config.recipe_hash for plan in plans]
    for point, key in zip(points, keys, strict=True):
        twin = points[keys.index(key)]
        if twin is not point:
            raise BadRequest(f"{', '.join(twin.words)} and {', '.join(point.words)} are the same setting")
    missing = [plan for plan in plans if plan.pairs]
    terminal.say(f"{counted(len(missing), 'picture')} to make, {len(plans) - len(missing)} exist; each begins anew")
    with library.runs.record("sweep", f"{content.id} x {style.id}") as run, \
            stylize_progress(terminal, len(missing)) as progress:
        counts = {"done": 0, "failed": 0, "existing": len(plans) - len(missing)}
        for plan in missing:
            held = plan.weights     # noqa: F841 - so that the next plan finds them loaded
            report = run_plan(library, plan, progress.of(plan.pairs))
            counts["done"] += report.done
            counts["failed"] += report.failed
        run.counts |= counts
    return keys


def _measured(
    terminal: Terminal, found: Sequence[Found], content: Image, style: Image, options: Options
) -> list[Found]:
    from stylizer.compute.device import find_device
    from stylizer.errors import StylizerError
    from stylizer.evaluation.review import Reviewer

    # The same weights for every sweep, whatever made the pictures, so that scores can be compared.
    reviewer = Reviewer({content.id: content, style.id: style}, "bundled", find_device(options.machine.device))
    measured = []
    with counting(terminal, "measuring", len(found)) as count:
        for each in found:
            measures: Mapping[str, float | None] = {}
            if each.result is not None and _is_done(each):
                try:
                    measures = reviewer.measure(each.result)
                except (StylizerError, PictureRefused, OSError) as error:
                    terminal.warn(f"result {each.result.id} is not measured: {error}")
            measured.append(dataclasses.replace(each, measures=measures))
            count(", ".join(each.point.words))
    return measured


def _grid(axes: Sequence[Axis], found: Sequence[Found], content: Image, style: Image) -> Grid:
    columns = axes[-1]
    rows = axes[0] if len(axes) > 1 else None
    best = _ranked(found)[0]
    cells = [_cell(each, is_best=each is best and each.score is not None) for each in found]
    width = len(columns.values)
    return Grid(
        title=title(content, style, _shared([each.point.recipe for each in found])),
        originals=(content, style),
        row_name=rows.name if rows else "",
        column_name=columns.name,
        rows=tuple(words for words, _ in rows.values) if rows else ("",),
        columns=tuple(words for words, _ in columns.values),
        cells=tuple(tuple(cells[first : first + width]) for first in range(0, len(cells), width)),
    )


def _shared(recipes: Sequence[Recipe]) -> str:
    """What all settings have in common, of their recipe, size and steps: "gatys, 256 px, 300 steps"."""
    facts = (
        {recipe.name for recipe in recipes},
        {recipe.extent.in_words() for recipe in recipes},
        {counted(recipe.steps, "step") for recipe in recipes},
    )
    return ", ".join(next(iter(fact)) for fact in facts if len(fact) == 1)


def _cell(found: Found, *, is_best: bool) -> Cell:
    result = found.result
    if result is None or result.path is None or not _is_done(found):
        return Cell(None, ("failed",))
    record = result.record
    share = "" if record.share_of_start is None else f", {record.share_of_start:.2%} of the start"
    lines = [f"loss {short(record.total_loss or 0.0)}{share}"]
    if found.measures:
        score, styled, kept = (measure(found.measures.get(name)) for name in ("score", "effectiveness", "coherence"))
        lines.append(f"score {score}: E {styled}, C {kept}")
    return Cell(result.path, tuple(lines), is_best)


def _tell(terminal: Terminal, axes: Sequence[Axis], found: Sequence[Found]) -> None:
    """The settings, the best first."""
    ranked = _ranked(found)
    for rank, each in enumerate(ranked, start=1):
        values = {axis.name: words for axis, words in zip(axes, each.point.words, strict=True)}
        terminal.record("setting", rank=rank, values=values, measures=dict(each.measures) or None,
                        result=result_fields(each.result) if each.result else None)
    shown = MEASURES if any(each.measures for each in found) else {}
    terminal.table(
        ("rank", *(axis.name for axis in axes), "result", "loss", *shown.values()),
        (
            (rank, *each.point.words, each.result.id if each.result else "",
             f"{each.result.record.total_loss:.4g}" if each.result and _is_done(each) else "failed",
             *(measure(each.measures.get(name)) for name in shown))
            for rank, each in enumerate(ranked, start=1)
        ),
        kept=("rank", "result"),
    )


def _ranked(found: Sequence[Found]) -> list[Found]:
    """By score, the highest first; those without one last, in the order of the grid."""
    return sorted(found, key=lambda each: (each.score is None, -(each.score or 0.0)))


def _is_done(found: Found) -> bool:
    return found.result is not None and found.result.record.status is ResultStatus.DONE


def _show_plans(
    terminal: Terminal, axes: Sequence[Axis], points: Sequence[Point], plans: Sequence["Plan"]
) -> int:
    rows: list[tuple[str, ...]] = []
    for point, plan in zip(points, plans, strict=True):
        values = {axis.name: words for axis, words in zip(axes, point.words, strict=True)}
        terminal.record("setting", values=values, exists=not plan.pairs)
        rows.append((*point.words, "to make" if plan.pairs else "exists"))
    terminal.table((*(axis.name for axis in axes), "picture"), rows)
    return 0
