"""The commands `backup` and `restore`: a library copied to another place, and back."""

from collections.abc import Sequence
from pathlib import Path

from console.progress import check_progress
from console.terminal import Terminal
from console.words import counted
from db.backups.backup import back_up
from db.backups.restore import restore
from db.exit_codes import ExitCode


def run_backup(terminal: Terminal, root: Path, target: Path) -> int:
    """Bring a backup up to date; 65 if something was not fit to be copied."""
    root, target = (path.expanduser().absolute() for path in (root, target))
    with check_progress(terminal) as progress:
        report = back_up(root, target, progress)
    _tell_damage(terminal, report.damage, "`stylegram check --repair` mends it; what the backup had of it stays")
    terminal.record(
        "backup", target=target, files=report.files, copied=report.copied, known=report.known,
        bytes=report.written_bytes, damaged=len(report.damage))
    known = f", {report.known} there already" if report.known else ""
    terminal.answer(
        f"{counted(report.copied, 'file')} copied{known}: {target} holds {counted(report.files, 'file')} "
        f"({report.written_bytes / 1e6:,.0f} MB written)")
    return ExitCode.DAMAGED if report.damage else ExitCode.DONE


def run_restore(terminal: Terminal, root: Path, source: Path) -> int:
    """Make a library of a backup; 65 if something of it was not fit to be copied."""
    root, source = (path.expanduser().absolute() for path in (root, source))
    with check_progress(terminal) as progress:
        report = restore(source, root, progress)
    _tell_damage(terminal, report.damage, "`stylegram check --repair` has it fetched or made again")
    terminal.record("restore", source=source, library=root, files=report.files, damaged=len(report.damage))
    terminal.answer(f"{counted(report.files, 'file')} restored to {root}")
    return ExitCode.DAMAGED if report.damage else ExitCode.DONE


def _tell_damage(terminal: Terminal, damage: Sequence[tuple[str, str]], advice: str) -> None:
    for path, what in damage:
        terminal.record("damaged", path=path, what=what, advice=advice)
        terminal.error(f"{path}: {what}; {advice}")
