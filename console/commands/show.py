"""The commands that show what the library holds and whether all is there."""

from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import LARGEST, JsonOption, recipe_names, takes_groups, terminal_of
from console.filter_options import IMAGES_HELP, ImageFilterOptions, ResultFilterOptions, ResultSelection
from gallery.matrix import Pick
from stylizer.compute.device import Device

RecipeOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only results of this recipe.", autocompletion=recipe_names)
]
SortOption = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Sort by this; -COLUMN has the largest first.")
]
LimitOption = Annotated[int | None, typer.Option(min=1, max=LARGEST, metavar="N", help="The first N at most.")]
ColumnsOption = Annotated[str | None, typer.Option(metavar="COLUMN,...", help="These columns, in this order.")]
SizeOption = Annotated[
    int | None, typer.Option(min=1, max=LARGEST, metavar="LONG_SIDE", help="Only results of this size.")
]


@takes_groups
def matrix(
    context: typer.Context,
    chosen: ResultSelection,
    narrowed: ResultFilterOptions,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE.png", help="The sheet.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="DIR", help="A page that opens from disk.")] = None,
    recipe: RecipeOption = None,
    size: SizeOption = None,
    pick: Annotated[Pick, typer.Option(help="Of several results of a pair.")] = Pick.BEST,
    as_json: JsonOption = False,
) -> int:
    """Show the results as a matrix.

    Contents down, styles across, the originals at the edges: as one PNG (matrix.png by default), as an HTML
    page that opens from disk, or as both. Of several results of a pair the starred one is shown, else the finest
    at the largest size, else the newest; --pick newest has it the other way.
    """
    from console.matrix import run_matrix
    from gallery.matrix import Selection

    return run_matrix(
        terminal_of(context, as_json), context.obj["library"], output, html, Selection(recipe, size, pick=pick),
        chosen=chosen, narrowed=narrowed)


def gallery(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen there: beyond this machine others may come.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, metavar="N", help="0 takes any free one.  [default: 7717]")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show, and let nobody change anything.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address and open no browser.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Look, choose and make in a browser.

    Serves a page on the library on this machine alone, until Ctrl-C. The printed address lets a browser in, once for
    all its tabs. What is started there is done by this program and goes on when the page or the server is closed.
    """
    from console.gallery import run_gallery

    return run_gallery(
        terminal_of(context, as_json), context.obj["library"], host=host, port=port, read_only=read_only,
        opens=not no_open)


@takes_groups
def report(
    context: typer.Context,
    chosen: ResultSelection,
    narrowed: ResultFilterOptions,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER|FILE", help="A folder, or FILE.md or FILE.json alone."),
    ] = None,
    recipe: RecipeOption = None,
    size: SizeOption = None,
    no_measures: Annotated[
        bool, typer.Option("--no-measures", help="Tell what the catalog knows; no network looks at the pictures.")
    ] = False,
    weights: Annotated[
        str, typer.Option(metavar="bundled|torchvision|FILE", help="The network's weights.")
    ] = "bundled",
    device: Annotated[Device, typer.Option(help="Where the network runs.")] = Device.AUTO,
    as_json: JsonOption = False,
) -> int:
    """Tell how results were made and how good they are.

    For each recipe: its fields, model and versions, and of each pair the losses, by layer from the file read back,
    measures of quality, times, evaluations and restarts. The folder (report by default) has it as Markdown, JSON and
    CSV, with the losses over the evaluations of each pair and a plot of them.
    """
    from console.reporting import run_report
    from gallery.matrix import Selection

    return run_report(
        terminal_of(context, as_json), context.obj["library"], output, Selection(recipe, size),
        chosen=chosen, narrowed=narrowed, measures=not no_measures, weights=weights, device=device)


def timelapse(
    context: typer.Context,
    result: Annotated[str, typer.Argument(metavar="RESULT", help="Its number, or words that name one result.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="A .webp, .gif or .mp4.  [default: timelapse-ID.webp]"),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="How long it runs, before it rests on the last picture.")
    ] = 6.0,
    as_json: JsonOption = False,
) -> int:
    """Show how a picture came about.

    From the pictures on the way that `stylize --frames` kept, each for the same time. An MP4 needs the package
    imageio-ffmpeg.
    """
    from console.matrix import run_timelapse

    return run_timelapse(terminal_of(context, as_json), context.obj["library"], result, output, seconds)


@takes_groups
def images(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="IMAGE", help=IMAGES_HELP)] = None,
    *,
    narrowed: ImageFilterOptions,
    alike: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Those that look like this one, the nearest first.")
    ] = None,
    sort: SortOption = None,
    limit: LimitOption = None,
    columns: ColumnsOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the images with their ids.

    Sorted by id, taken, size, side, sharpness or brightness. Columns: id, role, size, from, taken, marks, file; also
    profile, post, slide, link, caption, alt, full-size, sharpness, brightness, grey, hash, sha256.
    """
    from console.listing import Listing, run_images

    return run_images(
        terminal_of(context, as_json), context.obj["library"], words or (), narrowed, Listing(sort, limit, columns),
        alike)


@takes_groups
def results(
    context: typer.Context,
    chosen: ResultSelection,
    narrowed: ResultFilterOptions,
    sort: SortOption = None,
    limit: LimitOption = None,
    columns: ColumnsOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the results with their losses.

    Sorted by id, content, style, recipe, size, made, loss, share (of the loss at the start) or seconds. Columns: id,
    content, style, recipe, size, steps, status, loss, seconds, marks, file; also share, seed, made, hash.
    """
    from console.listing import Listing, run_results

    return run_results(
        terminal_of(context, as_json), context.obj["library"], chosen, narrowed, Listing(sort, limit, columns))


def status(context: typer.Context, as_json: JsonOption = False) -> int:
    """Count what the library holds.

    Also shows how the last runs ended.
    """
    from console.listing import run_status

    return run_status(terminal_of(context, as_json), context.obj["library"])


def doctor(context: typer.Context, as_json: JsonOption = False) -> int:
    """Check that all is there.

    Looks for Python, torch and its device, the weights, a browser, the proxy that the environment names, the library
    and free disk space; what is missing is shown with its remedy.
    """
    from console.doctor import run_doctor

    return run_doctor(terminal_of(context, as_json), context.obj["library"])
