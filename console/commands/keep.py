"""The commands that keep a library safe."""

from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import JsonOption, terminal_of


def check(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="Look at sizes and rows; read no file.")] = False,
    decode: Annotated[
        bool, typer.Option("--decode", help="Decode every image, too: some ten times the time of reading it.")
    ] = False,
    sample: Annotated[
        str | None,
        typer.Option(metavar="PERCENT", help="About so many percent of the files, such as 5%, others each day."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended; what is damaged is set aside, nothing deleted.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Look for damage in the library.

    Every file is read and compared with the hash that it was taken in with, and the catalog with itself and with what
    this version makes. Nothing is changed, and runs may go on beside it. One line for each finding, with what to do
    about it; 65 when there is damage. A check that is interrupted goes on where it was.

    With --repair damaged files go into the folder quarantine, each with a note; images are marked to be fetched again
    by the next visit and results to be made again by the next stylize. Afterwards the exit code is 65 only where
    something is left that could not be mended.
    """
    from console.checking import run_check

    return run_check(
        terminal_of(context, as_json), context.obj["library"], quick=quick, decode=decode, sample=sample, repair=repair)


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FOLDER|FILE.tar", help="Where the backup is, or will be.")],
    as_json: JsonOption = False,
) -> int:
    """Copy the library to another place.

    A folder is brought up to date: only new files are copied, each read against its hash on the way. A name that ends
    in .tar is written anew as one file. Runs may go on meanwhile. What is damaged in the library is told (65) and takes
    the place of nothing good.

    Files are copied, not linked, for a link would share the damage; where the file system can, copies share their
    blocks until one of them is written to. Small pictures, downloads and what was set aside are not part of it. What
    you forget later stays in a backup that was made before.
    """
    from console.backing_up import run_backup

    return run_backup(terminal_of(context, as_json), context.obj["library"], target)


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FOLDER|FILE.tar", exists=True, help="What `backup` made.")],
    as_json: JsonOption = False,
) -> int:
    """Make a library of a backup.

    At the place that --library names, where nothing may be yet: nothing is overwritten, and the library is there when
    all of it is, each file read against its hash. 65 says that the backup has files that are damaged.
    """
    from console.backing_up import run_restore

    return run_restore(terminal_of(context, as_json), context.obj["library"], source)
