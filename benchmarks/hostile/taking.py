"""One hostile image, given to the real `add` by itself: taken or refused, within bounds, the library sound after it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from db.checking.check import Check, Scope
from db.checking.files import Level

_PROGRAM = Path(__file__).parents[2] / "cli.py"
# What the program itself holds for each image (db/imaging/limits.py), and some for the program around it.
_MOST_S, _MOST_BYTES = 100, (2_048 + 512) << 20
_CODES = {"added": 0, "failed": 3}


@dataclass(frozen=True)
class Taken:
    """How it went: `wrong` is empty where it went as it should."""

    status: str
    reason: str
    seconds: float
    peak_bytes: int     # of the program or its decoder, whichever took more
    wrong: tuple[str, ...]


def take(here: Path, name: str, data: bytes) -> Taken:
    """Adds the image to a new library in the folder, and checks that."""
    picture, library = here / "in" / name, here / "library"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(data)
    before = sorted(here.iterdir())
    began = time.monotonic()
    with (here / "said").open("w+") as out, (here / "complained").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), "--library", str(library), "--json", "add", str(picture)], stdout=out,
            stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        out.seek(0)
        errors.seek(0)
        records, complaints = [json.loads(line) for line in out], errors.read()
    told = next((record for record in records if "status" in record), {})
    state, reason = str(told.get("status")), str(told.get("reason") or "")
    wrong = [f"{found.kind}: {found.where}: {found.what}" for found in _findings(library)]
    code = os.waitstatus_to_exitcode(status)
    if code != _CODES.get(state):
        wrong.append(f"exit code {code} of what was {state}: {complaints[-500:]}")
    if "Traceback" in complaints or not reason.isprintable():
        wrong.append(f"it says {complaints[-500:]!r} and {reason!r}")
    peak = usage.ru_maxrss << 10
    if seconds > _MOST_S or peak > _MOST_BYTES:
        wrong.append(f"it took {seconds:.0f} s and {peak >> 20} MiB")
    if strangers := set(here.iterdir()) - {*before, library, here / "said", here / "complained"}:
        wrong.append(f"left beside the library: {strangers}")
    return Taken(state, reason, seconds, peak, tuple(wrong))


def _findings(library: Path) -> list[object]:
    return list(Check(library, Scope(Level(decodes=True)), lambda *_: None, sleep=lambda _: None).findings())
