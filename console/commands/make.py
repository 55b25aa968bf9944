"""The commands that make pictures."""

from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import JsonOption, recipe_names, takes_groups, terminal_of
from console.engine_options import EngineOptions
from console.filter_options import ImageFilterOptions
from console.picture_options import PictureOptions
from console.transfer_options import ImageSelection, Machine, RecipeOptions


@takes_groups
def stylize(
    context: typer.Context,
    choice: ImageSelection,
    narrowed: ImageFilterOptions,
    recipe: RecipeOptions,
    picture: PictureOptions,
    machine: Machine,
    engine: EngineOptions,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Paint each content in each style.

    Every chosen content image meets every chosen style image once; running it again makes what is missing. What follows
    "Only those" narrows the contents.
    """
    from console.stylizing import run_stylize

    return run_stylize(
        terminal_of(context, as_json), context.obj["library"], choice, recipe, machine, dry_run,
        picture=picture, engine=engine, narrowed=narrowed,
    )


@takes_groups
def sweep(
    context: typer.Context,
    content: Annotated[list[str], typer.Option(metavar="IMAGE", help="The content image, named as for `stylize`.")],
    style: Annotated[list[str], typer.Option(metavar="IMAGE", help="The style image.")],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPTION=VALUE,...",
            help="An option of `stylize` and its values, such as strength=20,40,60,80; twice makes rows and columns.",
        ),
    ] = None,
    *,
    recipe: RecipeOptions,
    picture: PictureOptions,
    machine: Machine,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.png", help="The sheet.  [default: sweep.png]")
    ] = None,
    no_measures: Annotated[bool, typer.Option("--no-measures", help="Do not measure nor rank the pictures.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Try settings on one pair.

    Makes the pair under every combination of the varied values and shows them as a matrix with the values at its edges
    and losses below. A list within a value has + for its commas: --vary content-layers=relu4_2,relu3_1+relu4_1.

    Every picture is a result like any other and begins anew, never from its neighbour's, so it is what `stylize`
    makes of the same options; running it again makes what is missing. A table ranks them by a score of what they
    have of both images.
    """
    from console.sweep_grid import Options
    from console.sweeping import run_sweep

    return run_sweep(
        terminal_of(context, as_json), context.obj["library"], content, style, vary or (),
        Options(recipe, picture, machine), output=output, measures=not no_measures, dry_run=dry_run)


def recipes(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(
        metavar="[NAME|FILE.toml]", help="Explain this one.", autocompletion=recipe_names)] = None,
    as_json: JsonOption = False,
) -> int:
    """List the recipes, or explain one.

    What each minimises: layers, formulas, weights, where it starts, how it moves and where it is from.
    """
    from console.recipes import run_recipes

    return run_recipes(terminal_of(context, as_json), name)


def demo(
    context: typer.Context,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The library to work in.  [default: a new temporary folder]")
    ] = None,
    opens: Annotated[bool, typer.Option("--open", help="End with the gallery on it, in a browser.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Do the whole job once, locally.

    Starts a replica of the site on this machine, scrapes two profiles of it through a real browser, stylises
    every pair and shows the matrix.
    """
    from console.demo import run_demo

    return run_demo(terminal_of(context, as_json), keep, opens=opens)
