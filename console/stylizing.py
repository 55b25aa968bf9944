"""The command `stylize`: choose the images, make the pictures, show how it goes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from console.choosing import check_mix, choose
from console.engine_options import EngineOptions
from console.errors import BadRequest
from console.filter_options import ImageFilterOptions, check_words
from console.liking import choose_like, machine_like, precision_like, tell_differences
from console.picture_options import PictureOptions
from console.progress import stylize_progress
from console.taking_in import opened, take_in
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from console.words import counted
from db.library import Library
from db.records import Result, Role
from db.selection.filters import NO_FILTERS
from stylizer.compute import tiling
from stylizer.compute.precision import Precision
from stylizer.pictures.embedded import read_made
from stylizer.recipe.model import Recipe

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.missing import Missing
    from stylizer.plan import Plan


def run_stylize(
    terminal: Terminal,
    root: Path,
    choice: ImageSelection,
    options: RecipeOptions,
    machine: Machine,
    dry_run: bool = False,
    *,
    picture: PictureOptions | None = None,
    engine: EngineOptions = EngineOptions(),    # noqa: B008 - frozen
    narrowed: ImageFilterOptions = ImageFilterOptions(),    # noqa: B008 - frozen
) -> int:
    """Make what is missing; 3 if a pair failed."""
    filters = narrowed.filters()
    if not (choice.every or choice.contents or choice.styles or choice.like or filters != NO_FILTERS):
        raise BadRequest("say what to stylise: --all, or CONTENT and --style IMAGE (`images` lists what there is)")
    if choice.every and (choice.contents or choice.styles):
        raise BadRequest(_without_all(choice))
    check_words((*choice.contents, *choice.styles))
    made = read_made(choice.like) if choice.like else None
    if made is None:
        check_mix(choice)
    recipe = options.resolve(made.recipe if made else None)
    if picture is not None:
        recipe = picture.apply(recipe)
    machine = machine_like(made, machine) if made else machine
    tiling.choose(machine.tile or tiling.AUTO)
    frames = machine.schedule(recipe.steps)
    engine.check()
    with opened(root, (*choice.contents, *choice.styles), dry_run=dry_run) as library:
        choice = replace(
            choice, words=None, content=take_in(terminal, library, choice.contents, Role.CONTENT, dry_run=dry_run),
            style=take_in(terminal, library, choice.styles, Role.STYLE, dry_run=dry_run))
        found = choose_like(terminal, library, made, choice, options, filters) if made else choose(
            terminal, library, choice, options, filters)

        def find() -> "Missing":
            from stylizer.missing import find_missing

            return find_missing(
                library, found.contents, found.styles, recipe, seed=machine.seed or 0, weights=machine.weights,
                limit=choice.limit, retry=not choice.every, time_budget_s=machine.time_budget,
                guidance=found.guidance, snapshots=frames, order=choice.order)

        def plan(missing: "Missing") -> "Plan":
            from stylizer.plan import plan_of

            planned = plan_of(
                library, missing, device=machine.device, tile=machine.tile or tiling.AUTO,
                precision=machine.precision or (precision_like(made, machine.device) if made else Precision.AUTO),
                batch=engine.pairs_at_once(), measures=not engine.no_measures)
            if made:
                tell_differences(terminal, made, planned.config)
            return planned

        if dry_run:
            missing = find()
            if made or machine.is_particular:
                plan(missing)
            return _show_missing(terminal, missing)
        return _stylize(terminal, library, recipe, find, plan, engine, machine)


def _without_all(choice: ImageSelection) -> str:
    """What to say instead of --all together with images."""
    contents, styles = choice.contents, choice.styles
    options = {"--content": contents, "--style": styles}
    named = " ".join(" ".join((name, *ids)) for name, ids in options.items() if ids)
    each = "it" if len(contents or styles) == 1 else "each of them"
    meant = f"{each} in every style" if contents else f"every content in {each}"
    if contents and styles:
        meant = "those pairs"
    return f"leave out --all, which takes every image: `{named}` alone paints {meant}"


def _show_missing(terminal: Terminal, missing: "Missing") -> int:
    """The pairs one by one: there may be more of them than memory holds rows."""
    if terminal.as_json:
        for content, style in missing.pairs:
            terminal.record("pair", content_id=content.id, style_id=style.id)
    terminal.table(
        ("content", "style", "content from", "style from"),
        ((content.id, style.id, content.source, style.source) for content, style in missing.pairs),
        kept=("content", "style"),
    )
    terminal.answer(f"would make {counted(len(missing.pairs), 'picture')}; {missing.existing} exist, "
                    f"{missing.given_up} failed too often")
    return 0


def _stylize(
    terminal: Terminal,
    library: Library,
    recipe: Recipe,
    find: Callable[[], "Missing"],
    plan_of: Callable[["Missing"], "Plan"],
    engine: EngineOptions,
    machine: Machine,
) -> int:
    if recipe.depends_on_size:
        terminal.say(f"{recipe.name}: the balance of its terms shifts with the size of the picture")
    if not recipe.format.has_alpha:
        terminal.say(f"{recipe.format} has no transparency: what is transparent in a content becomes white")
    with library.lock("stylize"):
        missing = find()
        with library.runs.record("stylize", f"{recipe.name} {recipe.extent.in_words()}") as run:
            if missing.pairs:
                terminal.say("loading the network ...")
                done, failed = _make(terminal, library, plan_of(missing), engine, machine)
            else:   # and PyTorch, two seconds, is never loaded
                done = failed = 0
            counts = {"done": done, "failed": failed, "existing": missing.existing, "given_up": missing.given_up}
            run.counts |= counts
    terminal.record("stylize", **counts)
    terminal.answer(
        f"{counted(done, 'picture')} made, {failed} failed, {missing.existing} existed already"
        + (f", {missing.given_up} left alone after failing too often (ask for them by id)" if missing.given_up else "")
    )
    result = _the_one(library, missing)
    if result is not None:
        terminal.say(f"result {result.id}: {result.path}")
    return 3 if failed else 0


def _the_one(library: Library, missing: "Missing") -> Result | None:
    """The picture of the one pair that was asked for, whenever it was made."""
    contents, styles = missing.pairs.contents, missing.pairs.styles
    if len(contents) != 1 or len(styles) != 1:
        return None
    of_pair = library.selections.results(contents=[str(contents[0].id)], styles=[str(styles[0].id)])
    return next(
        (each for each in of_pair if each.record.key.recipe_hash == missing.recipe_hash and each.path), None)


def _make(
    terminal: Terminal, library: Library, plan: "Plan", engine: EngineOptions, machine: Machine
) -> tuple[int, int]:
    """How many pictures were made, and how many failed."""
    from stylizer.batch import run_plan

    recipe = plan.config.recipe
    terminal.say(
        f"{recipe.name}, {recipe.extent.in_words()}, {counted(recipe.steps, 'step')}, on {engine.in_words(plan)}: "
        + (f"styles {mix}: " if (mix := plan.config.guidance.in_words()) else "")
        + f"{counted(len(plan.pairs), 'picture')} to make, {plan.existing} exist"
    )
    with stylize_progress(terminal, len(plan.pairs)) as progress:
        show = progress.of(plan.pairs)
        report = run_plan(library, plan, show, engine.open(plan, machine.weights, machine.device))
    return report.done, report.failed
