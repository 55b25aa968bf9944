"""SIGSTOP for a minute at a random moment, with another one of the same command meanwhile; then SIGCONT."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.campaign.healing import Ground, crashes
from benchmarks.campaign.kills import wait_until
from benchmarks.campaign.scenarios import SCENARIOS
from benchmarks.campaign.trials import Plan, Trial

PAUSE_S = 60.0


def pauses(plan: Plan) -> Iterator[Trial]:
    """Two of each command, unless told how many in all."""
    for name, scenario in SCENARIOS.items():
        if plan.wants(name):
            ground = Ground(scenario, plan.folder, plan.here)
            for number in range(1, max(1, round((plan.wished or 2 * len(SCENARIOS)) / len(SCENARIOS))) + 1):
                moment = plan.random.random()
                yield Trial(name, f"{number:03}", partial(paused, ground, moment, PAUSE_S))


def paused(ground: Ground, moment: float, pause_s: float, _: Path) -> list[str]:
    """The command, stopped for so long when it was so far done; what came of it and of its fellow."""
    began = ground.undisturbed.seconds * moment
    ground.lay()
    first = ground.begin()
    wait_until(first, began)
    first.signal(signal.SIGSTOP, group=True)
    goes_on = time.monotonic() + pause_s
    second = ground.begin()
    wait_until(second, pause_s)
    time.sleep(max(0.0, goes_on - time.monotonic()))
    first.signal(signal.SIGCONT, group=True)
    ended = [first.wait(), second.wait()]
    return [*(line for each in ended for line in crashes(each)), *ground.healed()]
