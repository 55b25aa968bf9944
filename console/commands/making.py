"""The commands that make pictures."""

from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import JsonOption, takes_groups, terminal_of
from console.picture_options import PictureOptions
from console.transfer_options import Choice, Machine, RecipeOptions


@takes_groups
def stylize(
    context: typer.Context,
    choice: Choice,
    recipe: RecipeOptions,
    picture: PictureOptions,
    machine: Machine,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Paint each content in each style.

    Every chosen content image meets every chosen style image once; running it again makes what is missing.
    """
    from console.stylizing import run_stylize

    return run_stylize(
        terminal_of(context, as_json), context.obj["library"], choice, recipe, machine, dry_run, picture=picture)


def recipes(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME|FILE.toml]", help="Explain this one.")] = None,
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
    as_json: JsonOption = False,
) -> int:
    """Do the whole job once, locally.

    Starts a replica of the site on this machine, scrapes two profiles of it through a real browser, stylises
    every pair and shows the matrix.
    """
    from console.touring import run_demo

    return run_demo(terminal_of(context, as_json), keep)
