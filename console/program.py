"""The whole command line: its commands, its global options, and how an error becomes a line and an exit code."""

import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from console.arguments import as_typed, rewrite
from console.commands import collect, curate, keep, make, share, show
from console.commands.parameters import Sectioned
from console.streams import READER_GONE
from console.terminal import Terminal
from db.exit_codes import ExitCode
from db.signals import interrupts

# In the order of the help.
COMMANDS = (
    collect.scrape,
    collect.follow,
    collect.unfollow,
    collect.following,
    collect.refresh,
    collect.cron,
    collect.reparse,
    collect.add,
    collect.forget,
    curate.star,
    curate.unstar,
    curate.tag,
    curate.role,
    curate.exclude,
    curate.include,
    curate.remove,
    curate.duplicates,
    make.stylize,
    make.sweep,
    make.recipes,
    show.gallery,
    show.matrix,
    show.report,
    show.timelapse,
    share.export,
    show.images,
    show.results,
    show.status,
    keep.check,
    keep.backup,
    keep.restore,
    show.doctor,
    make.demo,
)

app = typer.Typer(
    name="stylegram",
    help="Collect images from public Instagram pages and turn them into stylised pictures.",
    epilog="Instagram's terms restrict automated collection, and pictures belong to their authors: "
    "visit slowly, keep what you may, publish only what is yours to publish.\n\n"
    f"How it ends: {'; '.join(f'{code.value} {code.in_short}' for code in ExitCode)}.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


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


for command in COMMANDS:
    app.command(cls=Sectioned)(command)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; errors are one line on stderr."""
    terminal = Terminal(as_json="--json" in arguments)
    try:
        returned: Any = app(rewrite(arguments), prog_name="stylegram", standalone_mode=False)
        # No command returns 1: it is the parser's own word, such as that it knows nothing of the shell it is called in.
        code = 2 if returned == 1 else returned or 0
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last stop: known errors by their exit code, the rest is a bug
        code = getattr(error, "exit_code", None) or 1
        if hasattr(error, "exit_code"):
            terminal.error(as_typed(error.format_message()) if hasattr(error, "format_message") else str(error))
        else:
            terminal.error(f"a bug in stylegram: {type(error).__name__}: {error}")
            traceback.print_exc()
    if interrupts.exit_code is not None:
        code = interrupts.exit_code
        if interrupts.problem is not None:
            terminal.error(interrupts.problem)
        elif code != READER_GONE:
            terminal.say("interrupted; what is done is kept, run the same command again to go on")
    terminal.record("summary", exit_code=code)
    return int(code)
