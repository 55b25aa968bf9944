"""What has to be true of a command that was disturbed: after another run in peace its folder is as if nothing had been.

Invariant: nothing here knows what the disturbance was.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.campaign.commands import ALL, QUICK, Command, Ended, load, run
from benchmarks.campaign.holdings import Holdings, differences, holdings
from benchmarks.campaign.scenarios import COSTLY, Scenario
from db.exit_codes import ExitCode

# As a command may end that a fault met: never with 1, a bug, nor by a signal that nobody sent.
_ORDERLY = {code.value for code in ExitCode} - {ExitCode.BUG.value}


class Ground:
    """Where one scenario is tried: its folder as it begins, and what that holds once the command ran undisturbed."""

    def __init__(self, scenario: Scenario, folder: Path, here: Path) -> None:
        self.scenario = scenario
        self.here = here
        load(ALL if scenario.name in COSTLY else QUICK)
        self._start = folder / scenario.name.replace(" ", "-")
        if not self._start.exists():
            self._start.mkdir()
            scenario.start(self._start)

    def lay(self) -> None:
        """Make the place look as at the beginning; it has been seen by then what comes of it in peace."""
        _ = self.undisturbed
        self._copy()

    def _copy(self) -> None:
        shutil.rmtree(self.here, ignore_errors=True)
        shutil.copytree(self._start, self.here)

    def begin(self, first: Callable[[], None] | None = None, *, is_forked: bool = True, which: int = 0) -> Command:
        """The command, begun as `Command` says; of several the first, or another."""
        return Command(self.here, self.scenario.lines[which], first=first, is_forked=is_forked)

    @cached_property
    def undisturbed(self) -> "Undisturbed":
        """The commands in peace, one after the other, done once."""
        self._copy()
        began = time.monotonic()
        for which, _ in enumerate(self.scenario.lines):
            ended = self.begin(which=which).wait()
            assert ended.code in (0, self.scenario.again), str(ended)
        return Undisturbed(self._holdings(), time.monotonic() - began)

    def healed(self) -> list[str]:
        """The same commands again, and a check; what of the folder is then not as it would be."""
        wrong = []
        for command in self.scenario.lines:
            again = run(self.here, *command)
            wrong += [] if again.code in (0, self.scenario.again) and is_orderly(again) else [f"again: {again}"]
        checked = run(self.here, "check")
        wrong += [] if checked.code == 0 else [f"check: {checked.out.strip()} {checked.err.strip()}"]
        return wrong + differences(self._holdings(), self.undisturbed.holdings)

    def _holdings(self) -> Holdings:
        return holdings(self.here, self.scenario.dated)


@dataclass(frozen=True)
class Undisturbed:
    """What a command leaves that nothing disturbed, and how long it took."""

    holdings: Holdings
    seconds: float


def is_orderly(ended: Ended) -> bool:
    """Whether it is an end that the program knows of."""
    return ended.code in _ORDERLY and "Traceback" not in ended.err


def crashes(ended: Ended) -> list[str]:
    """What there is to say of a command that a fault met and nobody killed."""
    return [] if is_orderly(ended) else [f"a crash: {ended}"]
