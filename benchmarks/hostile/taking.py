"""One hostile image, given to the real `add` by itself: taken or refused, within bounds, the library sound after it."""

import json
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import console.program  # noqa: F401 - what is begun as a fork has it loaded
from benchmarks.campaign.commands import run
from db.checking.check import Check, Scope
from db.checking.files import Level

# What the program itself holds for each image (db/imaging/limits.py), and some for the program around it.
_MOST_S, _MOST_BYTES = 100, (2_048 + 512) << 20
_CODES = {"added": 0, "failed": 3}


@dataclass(frozen=True)
class Taken:
    """How it went: `wrong` is empty where it went as it should."""

    status: str
    reason: str
    seconds: float
    peak_bytes: int     # of the program or a decoder, whichever took most until now
    wrong: tuple[str, ...]


def take(here: Path, name: str, data: bytes) -> Taken:
    """Adds the image to a new library in the folder, and checks that."""
    picture, library = here / "in" / name, here / "library"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(data)
    before = set(here.iterdir())
    began = time.monotonic()
    ended = run(here, "--library", str(library), "--json", "add", str(picture))
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    records = [json.loads(line) for line in ended.out.splitlines()]
    told = next((record for record in records if "status" in record), {})
    state, reason = str(told.get("status")), str(told.get("reason") or "")
    wrong = [f"{found.kind}: {found.where}: {found.what}" for found in _findings(library)]
    if ended.code != _CODES.get(state) or "Traceback" in ended.err or not reason.isprintable():
        wrong.append(f"it was {state}, {reason!r}; {ended}")
    if seconds > _MOST_S or peak > _MOST_BYTES:
        wrong.append(f"it took {seconds:.0f} s and {peak >> 20} MiB")
    if strangers := set(here.iterdir()) - {*before, library}:
        wrong.append(f"left beside the library: {strangers}")
    return Taken(state, reason, seconds, peak, tuple(wrong))


def _findings(library: Path) -> list[object]:
    return list(Check(library, Scope(Level(decodes=True)), lambda *_: None, sleep=lambda _: None).findings())
