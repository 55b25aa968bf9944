"""The command `stylize`: choose the images, make the pictures, show how it goes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine_options import EngineOptions
from console.errors import BadRequest
from console.listing import image_source
from console.picture_options import PictureOptions
from console.progress import stylize_progress
from console.terminal import Terminal
from console.transfer_options import Choice, Machine, RecipeOptions
from db.library import Library, open_library, read_library
from db.records import Image, Role
from stylizer import tiling
from stylizer.recipe import Recipe

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.ingredients import Ingredients
    from stylizer.plan import Plan


def run_stylize(
    terminal: Terminal,
    root: Path,
    choice: Choice,
    options: RecipeOptions,
    machine: Machine,
    dry_run: bool = False,
    *,
    picture: PictureOptions | None = None,
    engine: EngineOptions = EngineOptions(),    # noqa: B008 - frozen
) -> int:
    """Make what is missing; 3 if a pair failed."""
    if not (choice.every or choice.content or choice.style):
        raise BadRequest("say what to stylise: --all, or --content ID and --style ID (`images` lists the ids)")
    if choice.every and (choice.content or choice.style):
        raise BadRequest("--all takes every image; leave out --content and --style")
    if choice.content and choice.content == choice.style:
        raise BadRequest("an image is never painted in its own style; choose another --content or --style")
    _check_mix(choice)
    recipe = options.resolve()
    if picture is not None:
        recipe = picture.apply(recipe)
    tiling.choose(machine.tile)
    frames = machine.spacing(recipe.steps)
    engine.check()
    with read_library(root) if dry_run else open_library(root, create=False) as library:
        contents = chosen(library, Role.CONTENT, choice.content or ())
        styles = chosen(library, Role.STYLE, choice.style or ())
        if choice.content_mask:     # there a style's place says whose it is: two regions may have the same
            styles = [library.images.get(image_id) for image_id in choice.style or ()]

        ingredients = ingredients_of(choice, options, contents, styles)

        def plan() -> "Plan":
            from stylizer.plan import make_plan

            return make_plan(
                library, contents, styles, recipe,
                seed=machine.seed, weights=machine.weights, device=machine.device, precision=machine.precision,
                tile=machine.tile, limit=choice.limit, retry=not choice.every, time_budget_s=machine.time_budget,
                ingredients=ingredients, frames=frames, batch=engine.pairs_at_once(),
            )

        if dry_run:
            return _show_plan(terminal, plan())
        return _stylize(terminal, library, recipe, plan, engine, machine)


def chosen(library: Library, role: Role, ids: Sequence[int]) -> list[Image]:
    """The images of these ids whatever their role, or all that serve in the role."""
    if ids:
        return [library.images.get(image_id) for image_id in dict.fromkeys(ids)]
    found = library.images.find(role)
    if not found:
        raise BadRequest(
            f"no {role} image in {library.root}; "
            f"get some with `scrape PROFILE --role {role}` or `add PATH --role {role}`"
        )
    return found


def _check_mix(choice: Choice) -> None:
    """Raises BadRequest where it is not clear which styles or regions are mixed."""
    contents, styles = choice.content or (), choice.style or ()
    if choice.blend is not None and len(styles) < 2:
        raise BadRequest("--blend mixes the images that --style names: give it two or more")
    if choice.blend is not None and choice.content_mask:
        raise BadRequest("--blend mixes styles all over, --content-mask by regions: leave out one of them")
    if choice.style_mask and not choice.content_mask:
        raise BadRequest("--style-mask says where the regions of a --content-mask take their style; give that, too")
    if choice.content_mask and (len(contents) != 1 or not styles):
        raise BadRequest("--content-mask is that of one content: name it with --content, and its styles with --style")
    if (choice.blend or choice.content_mask) and {*contents} & {*styles}:
        raise BadRequest("an image is never painted in its own style; choose another --content or --style")


def ingredients_of(
    choice: Choice, options: RecipeOptions, contents: Sequence[Image], styles: Sequence[Image]
) -> "Ingredients":
    """What goes into the pictures besides. Raises BadBlend, BadMask, PictureRefused."""
    from stylizer import ingredients

    mix: ingredients.Blend | ingredients.Regions | None = None
    if choice.blend is not None:
        mix = ingredients.blend(styles, ingredients.parse_weights(choice.blend))
    elif choice.content_mask:
        mix = ingredients.regions(contents[0], styles, choice.content_mask, choice.style_mask)
    start = options.start_file
    return ingredients.Ingredients(mix, ingredients.start(start) if start else None)


def _show_plan(terminal: Terminal, plan: "Plan") -> int:
    for content, style in plan.pairs:
        terminal.record("pair", content_id=content.id, style_id=style.id)
    terminal.table(
        ("content", "style", "content from", "style from"),
        ((content.id, style.id, image_source(content), image_source(style)) for content, style in plan.pairs),
        kept=("content", "style"),
    )
    terminal.answer(f"would make {len(plan.pairs)} pictures; {plan.existing} exist, {plan.given_up} failed too often")
    return 0


def _stylize(
    terminal: Terminal,
    library: Library,
    recipe: Recipe,
    make_plan: Callable[[], "Plan"],
    engine: EngineOptions,
    machine: Machine,
) -> int:
    if recipe.depends_on_size:
        terminal.say(f"{recipe.name}: the balance of its terms shifts with the size of the picture")
    if not recipe.format.has_alpha:
        terminal.say(f"{recipe.format} has no transparency: what is transparent in a content becomes white")
    terminal.say("loading the network ...")
    from stylizer.batch import run_plan

    with library.lock("stylize"):
        plan = make_plan()
        terminal.say(
            f"{recipe.name}, {recipe.extent.in_words()}, {recipe.steps} steps, on {engine.in_words(plan)}: "
            + (f"styles {mix}: " if (mix := plan.ingredients.in_words()) else "")
            + f"{len(plan.pairs)} pictures to make, {plan.existing} exist"
        )
        with library.runs.record("stylize", f"{recipe.name} {recipe.extent.in_words()}") as run:
            with stylize_progress(terminal) as show:
                report = run_plan(library, plan, show, engine.open(plan, machine.weights, machine.device))
            run.counts |= vars(report)
    terminal.record("stylize", **vars(report))
    terminal.answer(
        f"{report.done} pictures made, {report.failed} failed, {report.existing} existed already"
        + (f", {report.given_up} left alone after failing too often (ask for them by id)" if report.given_up else "")
    )
    return 3 if report.failed else 0
