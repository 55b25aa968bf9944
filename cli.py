"""The stylegram command line: parse, call one function, show what it returns, exit code. No logic.

Exit codes: 0 done · 1 a bug · 2 usage · 3 finished, some items failed · 69 not there · 74 disk full or
read-only · 75 try later · 76 the page is no longer understood · 78 configuration · 130 / 143 interrupted.
"""

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from console.arguments import rewrite
from console.interrupts import Interrupts
from console.terminal import Terminal
from db.records import Role, Slides
from stylizer.device import Device
from stylizer.overrides import Only
from stylizer.recipe import Init, Optimizer, Pooling

app = typer.Typer(
    name="stylegram",
    help="Collect images from public Instagram pages and turn them into stylised pictures.",
    epilog="Instagram's terms restrict automated collection, and pictures belong to their authors: "
    "visit slowly, keep what you may, publish only what is yours to publish.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

BaseUrlOption = Annotated[
    str | None,
    typer.Option(envvar="STYLEGRAM_BASE_URL", help="Another site with the same pages, for tests and the demo."),
]
PageDelayOption = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="Wait between pages; 0 only on loopback.  [default: 6 to 12]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout; the last is the summary.")]
RoleOption = Annotated[Role | None, typer.Option(help="What the images are for.", show_default=False)]
LARGEST = 2**63 - 1     # integer of SQLite
interrupts = Interrupts()


def terminal_of(context: typer.Context, as_json: bool = False) -> Terminal:
    """How this run talks, from the global options and the command's own --json."""
    return Terminal(as_json, context.obj["quiet"], context.obj["verbose"])


def show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        Terminal().answer(f"stylegram {version('stylegram')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    library: Annotated[
        Path, typer.Option(envvar="STYLEGRAM_LIBRARY", help="The folder with the catalog and its images.")
    ] = Path("library"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors and the answer.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more on stderr.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Collect images from public Instagram pages and turn them into stylised pictures."""
    context.obj = {"library": library, "quiet": quiet, "verbose": verbose}
    if context.invoked_subcommand is None:
        Terminal().answer_block(context.get_help())
        raise typer.Exit(2)


@app.command()
def scrape(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET", help="name, @name, a link to a profile, post or reel, or p/CODE."),
    ] = None,
    from_file: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Also the targets in FILE, one a line, # for comments.")
    ] = None,
    role: RoleOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Look at the newest N posts at most.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Posts from this day or time (UTC) on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Posts up to this day or time (UTC).")] = None,
    slides: Annotated[Slides, typer.Option(help="Every slide of a post, or its first.")] = Slides.ALL,
    covers: Annotated[bool, typer.Option("--covers", help="Also the cover frames of videos.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read all and open every post again, known or not; takes larger files.")
    ] = False,
    known: Annotated[int, typer.Option(min=1, help="Stop after so many known posts in a row.")] = 6,
    ignore_robots_tag: Annotated[
        bool, typer.Option("--ignore-robots-tag", help="Also images whose server says noindex or noai.")
    ] = False,
    accept_new_owner: Annotated[
        bool, typer.Option("--accept-new-owner", help="Go on when a name has passed to another account.")
    ] = False,
    pages_per_hour: Annotated[
        int | None, typer.Option(metavar="N", help="Open N pages an hour at most, all runs together.  [default: 40]")
    ] = None,
    base_url: BaseUrlOption = None,
    page_delay: PageDelayOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the profile page, say what would be done.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Collect the images of public profiles and posts.

    A slow visitor who does not sign in: pages are opened one at a time in a real browser, images are taken at
    full size, and a wall is where the visit ends; then the site is left alone for a while.

    Running it again fetches only what is new. The role (content by default) is remembered with the profile.
    """
    from console.scraping import Wishes, run_scrape

    wishes = Wishes(
        role,
        limit,
        since,
        until,
        slides,
        covers,
        full,
        known,
        ignore_robots_tag,
        accept_new_owner,
        pages_per_hour,
        base_url,
        page_delay,
        dry_run,
    )
    return run_scrape(terminal_of(context, as_json), context.obj["library"], targets or [], from_file or [], wishes)


@app.command()
def follow(
    context: typer.Context,
    profiles: Annotated[list[str], typer.Argument(metavar="PROFILE", help="name, @name or a link to a profile.")],
    role: RoleOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Look at the newest N posts at each visit.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Let `refresh` visit a profile.

    Nothing is fetched now. Following a profile again changes its role and limit.
    """
    from console.following import run_follow

    return run_follow(terminal_of(context, as_json), context.obj["library"], profiles, role, limit)


@app.command()
def unfollow(
    context: typer.Context,
    profiles: Annotated[list[str], typer.Argument(metavar="PROFILE", help="name, @name or a link to a profile.")],
    as_json: JsonOption = False,
) -> int:
    """Let `refresh` leave a profile alone.

    What was collected of it stays.
    """
    from console.following import run_unfollow

    return run_unfollow(terminal_of(context, as_json), context.obj["library"], profiles)


@app.command()
def following(context: typer.Context, as_json: JsonOption = False) -> int:
    """List the profiles that `refresh` visits."""
    from console.following import run_following

    return run_following(terminal_of(context, as_json), context.obj["library"])


@app.command()
def refresh(
    context: typer.Context,
    stylize: Annotated[bool, typer.Option("--stylize", help="Then make the missing pictures of every pair.")] = False,
    max_minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after N minutes; the next run goes on from there.")
    ] = None,
    spread: Annotated[
        float, typer.Option(min=0, max=720, metavar="MINUTES", help="First wait a random time up to this.")
    ] = 0,
    base_url: BaseUrlOption = None,
    page_delay: PageDelayOption = None,
    as_json: JsonOption = False,
) -> int:
    """Visit the followed profiles.

    Made for cron: the profile that waited longest comes first, a second run at the same time leaves at once with
    75, and a refusal by the site ends the run. With -q only trouble is on stderr; the last line of stdout says what
    was done. After a run without trouble `last-success.json` in the library has its time and counts.
    """
    from console.refreshing import Wishes, run_refresh

    wishes = Wishes(stylize, max_minutes, spread, base_url, page_delay)
    return run_refresh(terminal_of(context, as_json), context.obj["library"], wishes)


@app.command()
def cron(context: typer.Context, as_json: JsonOption = False) -> int:
    """Print crontab and systemd lines.

    They run `refresh` every night, with this installation and this library. Nothing is installed.
    """
    from console.cron import run_cron

    return run_cron(terminal_of(context, as_json), context.obj["library"])


@app.command()
def add(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", exists=True, help="Image files and folders.")],
    role: RoleOption = None,
    as_json: JsonOption = False,
) -> int:
    """Add images that are on disk.

    Folders are walked for image files. What gallery-dl (with --write-metadata) or instaloader described becomes
    the same posts as scraped ones. Of the archive that Instagram gives you of your own account, in JSON, name the
    unpacked folder: the pictures of your posts are added and nothing else of it.

    The default role is that of the profile for known ones, content for everything else.
    """
    from console.listing import run_add

    return run_add(terminal_of(context, as_json), context.obj["library"], paths, role)


@app.command()
def forget(
    context: typer.Context,
    targets: Annotated[
        list[str], typer.Argument(metavar="PROFILE|POST", help="A profile's name or link, or a post's link.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would go.")] = False,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Let it be fetched again; what was removed does not come back.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Remove a profile or a post, for good.

    Its rows, its files that nothing else uses and the results made from them go, and it is not fetched or added
    again. Pictures that you also added from disk stay. Backups of the catalog, pages that `matrix` wrote and your own
    copies are not touched.
    """
    from console.forgetting import run_forget

    return run_forget(terminal_of(context, as_json), context.obj["library"], targets, yes, take_back)


@app.command()
def stylize(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Every content image with every style image.")] = False,
    content: Annotated[
        list[int] | None,
        typer.Option(metavar="ID...", min=1, max=LARGEST, help="Content images; without --style, with every style."),
    ] = None,
    style: Annotated[
        list[int] | None,
        typer.Option(metavar="ID...", min=1, max=LARGEST, help="Style images; without --content, on every content."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(metavar="NAME|FILE.toml", help="How the transfer is done; `recipes` lists the names.")
    ] = "gatys",
    only: Annotated[
        Only | None, typer.Option(help="The content rebuilt from noise, or the style's texture.", show_default=False)
    ] = None,
    content_weight: Annotated[
        float | None, typer.Option(min=0, help="This and the next six: instead of the recipe's own.")
    ] = None,
    style_weight: Annotated[float | None, typer.Option(min=0, help="Weight of the style loss.")] = None,
    tv_weight: Annotated[float | None, typer.Option(min=0, help="Weight of the variation, which smooths.")] = None,
    optimizer: Annotated[
        Optimizer | None, typer.Option(help="What moves the pixels.", show_default=False)
    ] = None,
    init: Annotated[Init | None, typer.Option(help="Where the picture starts.", show_default=False)] = None,
    pooling: Annotated[
        Pooling | None, typer.Option(help="What halves the sides in the network.", show_default=False)
    ] = None,
    history: Annotated[int | None, typer.Option(min=1, help="Steps that L-BFGS remembers.")] = None,
    weights: Annotated[
        str, typer.Option(metavar="bundled|torchvision|FILE", help="The network's weights (a .pth or .safetensors).")
    ] = "bundled",
    size: Annotated[
        int | None, typer.Option(metavar="LONG_SIDE", min=16, help="Longest side in pixels; never scaled up.")
    ] = None,
    scales: Annotated[
        str | None, typer.Option(
            metavar="auto|N|LIST", help="Coarse to fine: how many, or a list such as 1/2,1 or 128,256.  [default: 1]"
        )
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Evaluations of the loss for each pair, over all scales.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST, help="For recipes with a random start.")] = 0,
    device: Annotated[Device, typer.Option(help="Where the network runs.")] = Device.AUTO,
    limit: Annotated[int | None, typer.Option(min=1, help="Make N new pictures at most.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Paint each content in each style.

    Every chosen content image meets every chosen style image once; running it again makes what is missing.
    """
    from console.stylizing import Request, run_stylize

    return run_stylize(
        terminal_of(context, as_json),
        context.obj["library"],
        Request(
            every, tuple(content or ()), tuple(style or ()), recipe, size, steps, seed, device, limit, dry_run,
            scales=scales,
            only=only,
            weights=weights,
            changes={
                "content_weight": content_weight,
                "style_weight": style_weight,
                "tv_weight": tv_weight,
                "optimizer": optimizer,
                "init": init,
                "pooling": pooling,
                "history": history,
            },
        ),
    )


@app.command()
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


@app.command()
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


@app.command()
def images(context: typer.Context, role: RoleOption = None, as_json: JsonOption = False) -> int:
    """List the images with their ids."""
    from console.listing import run_images

    return run_images(terminal_of(context, as_json), context.obj["library"], role)


@app.command()
def results(context: typer.Context, as_json: JsonOption = False) -> int:
    """List the results with their losses."""
    from console.listing import run_results

    return run_results(terminal_of(context, as_json), context.obj["library"])


@app.command()
def status(context: typer.Context, as_json: JsonOption = False) -> int:
    """Count what the library holds.

    Also shows how the last runs ended.
    """
    from console.listing import run_status

    return run_status(terminal_of(context, as_json), context.obj["library"])


@app.command()
def doctor(context: typer.Context, as_json: JsonOption = False) -> int:
    """Check that all is there.

    Looks for Python, torch and its device, the weights, a browser, the library and free disk space; what is
    missing is shown with its remedy.
    """
    from console.doctor import run_doctor

    return run_doctor(terminal_of(context, as_json), context.obj["library"])


@app.command()
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


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; errors are one line on stderr."""
    terminal = Terminal(as_json="--json" in arguments)
    try:
        returned: Any = app(rewrite(arguments), prog_name="stylegram", standalone_mode=False)
        code = returned or 0
    except KeyboardInterrupt:
        code = 130
    except Exception as error:  # noqa: BLE001 - the last stop: known errors by their exit code, the rest is a bug
        code = getattr(error, "exit_code", None) or 1
        if hasattr(error, "exit_code"):
            message = error.format_message() if hasattr(error, "format_message") else str(error)
            terminal.error(message.replace("Value error, ", ""))    # how the parser's own parser begins
        else:
            terminal.error(f"a bug in stylegram: {type(error).__name__}: {error}")
            traceback.print_exc()
    if interrupts.exit_code is not None:
        code = interrupts.exit_code
        terminal.say("interrupted; what is done is kept, run the same command again to go on")
    terminal.record("summary", exit_code=code)
    return int(code)


def main() -> None:
    """The console script."""
    interrupts.install()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
