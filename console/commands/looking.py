"""The commands that show what the library holds and whether all is there."""

from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import JsonOption, RoleOption, terminal_of


def matrix(
    context: typer.Context,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE.png", help="The sheet.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="DIR", help="A page that opens from disk.")] = None,
    recipe: Annotated[str | None, typer.Option(metavar="NAME", help="Only results of this recipe.")] = None,
    size: Annotated[int | None, typer.Option(min=1, metavar="LONG_SIDE", help="Only results of this size.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Show the results as a matrix.

    Contents down, styles across, the originals at the edges: as one PNG (matrix.png by default), as an HTML
    page that opens from disk, or as both. Of several results of a pair the newest is shown.
    """
    from console.showing import run_matrix
    from gallery.matrix import Selection

    return run_matrix(terminal_of(context, as_json), context.obj["library"], output, html, Selection(recipe, size))


def images(context: typer.Context, role: RoleOption = None, as_json: JsonOption = False) -> int:
    """List the images with their ids."""
    from console.listing import run_images

    return run_images(terminal_of(context, as_json), context.obj["library"], role)


def results(context: typer.Context, as_json: JsonOption = False) -> int:
    """List the results with their losses."""
    from console.listing import run_results

    return run_results(terminal_of(context, as_json), context.obj["library"])


def status(context: typer.Context, as_json: JsonOption = False) -> int:
    """Count what the library holds.

    Also shows how the last runs ended.
    """
    from console.listing import run_status

    return run_status(terminal_of(context, as_json), context.obj["library"])


def doctor(context: typer.Context, as_json: JsonOption = False) -> int:
    """Check that all is there.

    Looks for Python, torch and its device, the weights, a browser, the library and free disk space; what is
    missing is shown with its remedy.
    """
    from console.doctor import run_doctor

    return run_doctor(terminal_of(context, as_json), context.obj["library"])
