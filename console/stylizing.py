"""The command `stylize`: choose the images, make the pictures, show how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from console.errors import BadRequest
from console.listing import image_source
from console.progress import stylize_progress
from console.terminal import Terminal
from db.library import Library, open_library
from db.records import Image, Role
from stylizer.device import Device
from stylizer.overrides import Only, alone, find_or_load, override
from stylizer.recipe import Recipe
from stylizer.scales import choose


@dataclass(frozen=True)
class Request:
    """What the user asked of `stylize`; None leaves a value to the recipe."""

    every: bool
    content: tuple[int, ...]
    style: tuple[int, ...]
    recipe: str
    size: int | None
    steps: int | None
    seed: int
    device: Device
    limit: int | None
    dry_run: bool
    only: Only | None = None
    weights: str = "bundled"
    changes: Mapping[str, object] = field(default_factory=dict)     # fields of the recipe; None changes nothing
    scales: str | None = None


def run_stylize(terminal: Terminal, root: Path, request: Request) -> int:
    """Make what is missing; 3 if a pair failed."""
    if not (request.every or request.content or request.style):
        raise BadRequest("say what to stylise: --all, or --content ID and --style ID (`images` lists the ids)")
    if request.every and (request.content or request.style):
        raise BadRequest("--all takes every image; leave out --content and --style")
    if request.content and request.content == request.style:
        raise BadRequest("an image is never painted in its own style; choose another --content or --style")
    recipe = _recipe(request)
    with open_library(root, create=False) as library:
        contents = _chosen(library, Role.CONTENT, request.content)
        styles = _chosen(library, Role.STYLE, request.style)
        if request.dry_run:
            return _show_plan(terminal, library, contents, styles, recipe, request)
        return _stylize(terminal, library, contents, styles, recipe, request)


def _recipe(request: Request) -> Recipe:
    recipe = find_or_load(request.recipe)
    if request.only:
        recipe = alone(recipe, request.only)
    recipe = override(recipe, **{name: value for name, value in request.changes.items() if value is not None})
    size = recipe.size if request.size is None else request.size
    scales = choose(request.scales, size) if request.scales is not None else recipe.scales
    return replace(recipe, size=size, steps=request.steps or recipe.steps, scales=scales)


def _chosen(library: Library, role: Role, ids: tuple[int, ...]) -> list[Image]:
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


def _show_plan(
    terminal: Terminal, library: Library, contents: list[Image], styles: list[Image], recipe: Recipe, request: Request
) -> int:
    from stylizer.batch import make_plan

    plan = make_plan(
        library, contents, styles, recipe,
        seed=request.seed, weights=request.weights, device=request.device, limit=request.limit,
        retry=not request.every,
    )
    for content, style in plan.pairs:
        terminal.record("pair", content_id=content.id, style_id=style.id)
    terminal.table(
        ("content", "style", "content from", "style from"),
        ((content.id, style.id, image_source(content), image_source(style)) for content, style in plan.pairs),
    )
    terminal.answer(f"would make {len(plan.pairs)} pictures; {plan.existing} exist, {plan.given_up} failed too often")
    return 0


def _stylize(
    terminal: Terminal, library: Library, contents: list[Image], styles: list[Image], recipe: Recipe, request: Request
) -> int:
    if recipe.depends_on_size:
        terminal.say(f"{recipe.name}: the balance of its terms shifts with the size of the picture")
    terminal.say("loading the network ...")
    from stylizer.batch import make_plan, run_plan

    with library.lock("stylize"):
        plan = make_plan(
            library, contents, styles, recipe,
            seed=request.seed, weights=request.weights, device=request.device, limit=request.limit,
            retry=not request.every,
        )
        terminal.say(
            f"{recipe.name}, {recipe.size} px, {recipe.steps} steps, on {plan.setting.device}: "
            f"{len(plan.pairs)} pictures to make, {plan.existing} exist"
        )
        with library.runs.record("stylize", f"{recipe.name} {recipe.size} px") as run:
            with stylize_progress(terminal) as show:
                report = run_plan(library, plan, show)
            run.counts |= vars(report)
    terminal.record("stylize", **vars(report))
    terminal.answer(
        f"{report.done} pictures made, {report.failed} failed, {report.existing} existed already"
        + (f", {report.given_up} left alone after failing too often (ask for them by id)" if report.given_up else "")
    )
    return 3 if report.failed else 0
