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
from db.checking.sampling import EVERYTHING, Share, share_of
from db.exit_codes import ExitCode

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%?", re.ASCII)
_LEAST_PERCENT = 0.01


def run_check(terminal: Terminal, root: Path, quick: bool, decode: bool, sample: str | None) -> int:
    """Tell every finding; 65 if one of them is damage."""
    if quick and decode:
        raise BadRequest("--quick reads no file, and --decode has to")
    share = EVERYTHING if sample is None else share_of(_percent(sample), time.time())
    scope = Scope(Level(reads=not quick, decodes=decode), share)
    damage = leftovers = 0
    began = time.monotonic()
    with check_progress(terminal) as progress:
        check = Check(root.expanduser().absolute(), scope, progress)
        for finding in check.findings():
            _tell(terminal, finding)
            damage += finding.kind.is_damage
            leftovers += not finding.kind.is_damage
    terminal.record(
        "check", files=check.files, bytes=check.read_bytes, damage=damage, leftovers=leftovers,
        resumed_at=check.resumed_at, part=share.part + 1, parts=share.parts, seconds=time.monotonic() - began)
    terminal.answer(_sentence(check, share, damage, leftovers, quick=quick))
    return ExitCode.DAMAGED if damage else ExitCode.DONE


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


def _sentence(check: Check, share: Share, damage: int, leftovers: int, *, quick: bool) -> str:
    found = ", ".join((
        *([counted(damage, "piece of damage", "pieces of damage")] if damage else ["no damage"]),
        *([counted(leftovers, "leftover")] if leftovers else []),
    ))
    how = "by their sizes" if quick else f"({check.read_bytes / 1e6:,.0f} MB)"
    resumed = f", {check.resumed_at} of them by the check that was cut off" if check.resumed_at else ""
    part = "" if share == EVERYTHING else f", part {share.part + 1} of {share.parts}"
    return f"{found} in {counted(check.files, 'file')} {how}{part}{resumed}"
