"""The clock of the day jumps at a random moment of a command: back or ahead, by an hour, a day or years."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import time_machine

from benchmarks.campaign.healing import Ground, crashes
from benchmarks.campaign.kills import wait_until
from benchmarks.campaign.scenarios import SCENARIOS
from benchmarks.campaign.trials import Plan, Trial

_DAY_S = 86_400
JUMPS_S = {
    "an hour back": -3600, "a day ahead": _DAY_S, "a day back": -_DAY_S, "30 days ahead": 30 * _DAY_S,
    "20 years back": -20 * 365 * _DAY_S, "10 years ahead": 10 * 365 * _DAY_S}


def jumps(plan: Plan) -> Iterator[Trial]:
    """Each jump twice for each command: before it begins, and in its midst."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)   # for a command that is not ready yet
    for name, scenario in SCENARIOS.items():
        if plan.wants(name):
            ground = Ground(scenario, plan.folder, plan.here)
            for words, jump_s in JUMPS_S.items():
                for moment in (0.0, plan.random.random()):
                    when = "in its midst" if moment else "before"
                    yield Trial(name, f"{words}, {when}", partial(_jump, ground, jump_s, moment))


def _jump(ground: Ground, jump_s: float, moment: float, _: Path) -> list[str]:
    until_s = ground.undisturbed.seconds * moment
    ground.lay()
    command = ground.begin(partial(_ready_to_jump, 0.0 if moment else jump_s, jump_s))
    wait_until(command, until_s)
    if moment:
        command.signal(signal.SIGUSR1, group=False)
    return [*crashes(command.wait()), *ground.healed()]


def _ready_to_jump(at_once_s: float, later_s: float) -> None:
    """In the command's process: another clock of the day, which jumps at a signal. Durations are the true ones."""
    travelling = time_machine.travel(datetime.fromtimestamp(time.time() + at_once_s, UTC))
    clock = travelling.start()

    def jump(*_: Any) -> None:
        clock.shift(later_s)

    signal.signal(signal.SIGUSR1, jump)
