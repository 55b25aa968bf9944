"""What has to be true of a command that was disturbed: after another run in peace its folder is as if nothing had been.

Invariant: nothing here knows what the disturbance was.
"""

import shutil
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.campaign.commands import Command, Ended, run
from benchmarks.campaign.holdings import Holdings, differences, holdings
from benchmarks.campaign.scenarios import Scenario
from db.exit_codes import ExitCode

# As a command may end that a fault met: never with 1, a bug, nor by a signal that nobody sent.
_ORDERLY = {code.value for code in ExitCode} - {ExitCode.BUG.value}


class Ground:
    """Where one scenario is tried: its folder as it begins, and what that holds once the command ran undisturbed."""

    def __init__(self, scenario: Scenario, folder: Path, here: Path) -> None:
        self.scenario = scenario
        self.here = here
        self._start = folder / scenario.name.replace(" ", "-")
        self._start.mkdir()
        scenario.start(self._start)

    def lay(self) -> None:
        """Make the place look as at the beginning."""
        shutil.rmtree(self.here, ignore_errors=True)
        shutil.copytree(self._start, self.here)

    def begin(self, **how: object) -> Command:
        """The command, begun as `Command` says."""
        return Command(self.here, self.scenario.command, **how)     # type: ignore[arg-type]

    @cached_property
    def undisturbed(self) -> "Undisturbed":
        """The command in peace, done once; the place is left as at the beginning."""
        self.lay()
        began = time.monotonic()
        ended = self.begin().wait()
        seconds = time.monotonic() - began
        assert ended.code == 0, str(ended)
        found = Undisturbed(holdings(self.here), seconds)
        self.lay()
        return found

    def healed(self) -> list[str]:
        """The same command again, and a check; what of the folder is then not as it would be."""
        again = run(self.here, *self.scenario.command)
        wrong = [] if again.code in (0, self.scenario.again) and is_orderly(again) else [f"again: {again}"]
        checked = run(self.here, "check")
        wrong += [] if checked.code == 0 else [f"check: {checked.out.strip()} {checked.err.strip()}"]
        return wrong + differences(holdings(self.here), self.undisturbed.holdings)


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
