"""Two to four commands begun at the same instant on one library, in every combination; some are the same one twice."""

import os
from collections.abc import Iterator
from functools import partial
from itertools import combinations_with_replacement
from pathlib import Path

from benchmarks.campaign import replica
from benchmarks.campaign.commands import ALL, Ended, load
from benchmarks.campaign.healing import Ground, crashes
from benchmarks.campaign.scenarios import TINY, Scenario, full, picture, pictures
from benchmarks.campaign.trials import Plan, Trial
from db.exit_codes import ExitCode
from db.library import open_library
from db.records import Role

# In the order in which they follow each other afterwards; whatever the order was, the library ends as the same one.
_COMMANDS = {
    "add": "add pictures", "tag": "tag sea,boat 3-4", "star": "star 3-4", "exclude": "exclude 4",
    "scrape": f"scrape {replica.NAME} --page-delay 0", "forget": "forget ana --yes", "remove": "remove 5 --yes",
    "stylize": f"stylize 3 --style 4 {TINY}", "check": "check", "backup": "backup copy", "export": "export set",
}
_RARE = "scrape"        # takes ten times as long
_MOST = 4
# An export tells when each image was added.
_DATED = ("metadata.jsonl", "croissant.json", "SHA256SUMS", ".stylegram-export.jsonl")


def together(plan: Plan) -> Iterator[Trial]:
    """300 unless told: all pairs, and chance's choice of the threes and fours."""
    load(ALL)
    replica.serve()
    names = list(_COMMANDS)
    pairs = [*combinations_with_replacement(names, 2)]
    more = [
        chosen for size in range(3, _MOST + 1) for chosen in combinations_with_replacement(names, size)
        if _RARE not in chosen]
    wished = plan.wished or 300
    rest = plan.random.sample(more, max(0, min(len(more), wished - len(pairs))))
    for chosen in [*pairs, *rest][:wished]:
        subject = f"{len(chosen)} commands"
        if plan.wants(subject):
            yield Trial(subject, ", ".join(chosen), partial(at_once, plan.folder, chosen))


def busy(folder: Path) -> None:
    """A library with something of everything and one image more, and pictures to add."""
    full(folder)
    pictures(folder)
    with open_library(folder / "library") as library:
        library.images.add(library.store.put_bytes(picture("spare")), "/own/spare.png", Role.CONTENT)


def at_once(folder: Path, chosen: tuple[str, ...], here: Path) -> list[str]:
    """The chosen commands begun together: which ended as they may not, and what of their folder was not healed."""
    commands = "\n".join(_COMMANDS[name] for name in chosen)
    ground = Ground(Scenario("at once", busy, commands, again=ExitCode.USAGE, dated=_DATED), folder, here)
    ground.lay()
    ended = _begun_at_once(ground, len(chosen))
    wrong = [f"not alone: {each}" for each in ended if each.code not in _ALLOWED or crashes(each)]
    return wrong + [line for line in ground.healed() if not line.startswith(_KEPT)]


# Of two that remove the same image one finds it gone, and so does an export that was to copy it.
_ALLOWED = {ExitCode.DONE, ExitCode.TRY_LATER, ExitCode.USAGE, ExitCode.SOME_FAILED}
# What is removed after a backup stays in it (docs/reliability.md, "Backups").
_KEPT = ("too much in files: ('copy/files/", "too much in files: ('copy/frames/")


def _begun_at_once(ground: Ground, number: int) -> list[Ended]:
    """How all commands ended, none of which began before the last one was ready to."""
    reading, writing = os.pipe()

    def wait_for_the_others() -> None:
        os.close(writing)
        os.read(reading, 1)     # comes to its end when nobody can write any more

    commands = [ground.begin(wait_for_the_others, which=which) for which in range(number)]
    os.close(reading)
    os.close(writing)
    return [command.wait() for command in commands]
