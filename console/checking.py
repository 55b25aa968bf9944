"""The command `check`: what is damaged in a library, a line each, with what to do about it."""

import re
import time
from pathlib import Path

from console.errors import BadRequest
from console.progress import check_progress
from console.terminal import Terminal
from console.words import counted
from db.checking.check import Check, Scope
from db.checking.files import Level
from db.checking.finding import Finding
from db.checking.sampling import EVERYTHING, share_of
from db.exit_codes import ExitCode

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%?", re.ASCII)
_LEAST_PERCENT = 0.01


def run_check(
    terminal: Terminal, root: Path, *, quick: bool, decode: bool, sample: str | None, repair: bool
) -> int:
    """Tell every finding, or mend it; 65 if one of them is damage, or is left."""
    if quick and decode:
        raise BadRequest("--quick reads no file, and --decode has to")
    share = EVERYTHING if sample is None else share_of(_percent(sample), time.time())
    scope = Scope(Level(reads=not quick, decodes=decode), share)
    place = root.expanduser().absolute()
    return _mend(terminal, place, scope) if repair else _look(terminal, place, scope)


def _look(terminal: Terminal, root: Path, scope: Scope) -> int:
    damage = leftovers = 0
    began = time.monotonic()
    with check_progress(terminal) as progress:
        check = Check(root, scope, progress)
        for finding in check.findings():
            _tell(terminal, finding)
            damage += finding.kind.is_damage
            leftovers += not finding.kind.is_damage
    terminal.record(
        "check", files=check.files, bytes=check.read_bytes, damage=damage, leftovers=leftovers,
        resumed_at=check.resumed_at, part=scope.share.part + 1, parts=scope.share.parts,
        seconds=time.monotonic() - began)
    terminal.answer(_sentence(check, scope, damage, leftovers))
    return ExitCode.DAMAGED if damage else ExitCode.DONE


def _mend(terminal: Terminal, root: Path, scope: Scope) -> int:
    from db.repairing.repair import Repair

    done = 0
    with check_progress(terminal) as progress:
        repair = Repair(root, scope, progress)
        for mended in repair.mended():
            done += 1
            finding = mended.finding
            terminal.record(
                "mended", kind=finding.kind.value, where=finding.where, what=finding.what, done=mended.done)
            terminal.answer(f"{finding.kind:16}{finding.where}: {finding.what}; {mended.done}")
    for finding in repair.left:
        _tell(terminal, finding)
    left = sum(finding.kind.is_damage for finding in repair.left)
    folder = repair.quarantine.folder
    terminal.record("repair", mended=done, left=len(repair.left), quarantine=folder)
    aside = f"; what was taken out of its place is in {folder}" if folder else ""
    terminal.answer(f"{counted(done, 'finding')} mended, {len(repair.left)} left{aside}")
    return ExitCode.DAMAGED if left else ExitCode.DONE


def _percent(text: str) -> float:
    match = _PERCENT.fullmatch(text.strip())
    percent = float(match[1]) if match else 0.0
    if not _LEAST_PERCENT <= percent <= 100:
        raise BadRequest(f"--sample {text}: say a percentage from {_LEAST_PERCENT} to 100, such as 5%")
    return percent


def _tell(terminal: Terminal, finding: Finding) -> None:
    terminal.record(
        "finding", kind=finding.kind.value, damage=finding.kind.is_damage, where=finding.where, what=finding.what,
        advice=finding.advice, path=finding.path, table=finding.table, row=finding.row, column=finding.column)
    terminal.answer(f"{finding.kind:16}{finding.where}: {finding.what}; {finding.advice}")


def _sentence(check: Check, scope: Scope, damage: int, leftovers: int) -> str:
    share = scope.share
    found = ", ".join((
        *([counted(damage, "piece of damage", "pieces of damage")] if damage else ["no damage"]),
        *([counted(leftovers, "leftover")] if leftovers else []),
    ))
    how = f"({check.read_bytes / 1e6:,.0f} MB)" if scope.level.reads else "by their sizes"
    resumed = f", {check.resumed_at} of them by the check that was cut off" if check.resumed_at else ""
    part = "" if share == EVERYTHING else f", part {share.part + 1} of {share.parts}"
    return f"{found} in {counted(check.files, 'file')} {how}{part}{resumed}"
