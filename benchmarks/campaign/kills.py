"""kill -9 at a random moment of a command: to all of its processes at once, or to the command alone."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.campaign.commands import Command
from benchmarks.campaign.healing import Ground, crashes
from benchmarks.campaign.scenarios import COSTLY, SCENARIOS
from benchmarks.campaign.trials import Plan, Trial

_COSTLY_PERCENT = 5     # of all are done to each costly command; the rest is shared by the others
_REAL_EVERY = 10        # every tenth is a process as a user starts it, and no fork


def kills(plan: Plan) -> Iterator[Trial]:
    """So many in all, 1,100 unless told."""
    total = plan.wished or 1100
    others = (100 - _COSTLY_PERCENT * len(COSTLY)) / (len(SCENARIOS) - len(COSTLY))
    for name, scenario in SCENARIOS.items():
        share = _COSTLY_PERCENT if name in COSTLY else others
        if not plan.wants(name):
            continue
        ground = Ground(scenario, plan.folder, plan.here)
        for number in range(1, max(1, round(total * share / 100)) + 1):
            moment, group = plan.random.random(), bool(number % 2)
            forked = number % _REAL_EVERY != 0
            what = f"{number:03}, {'group' if group else 'alone'}{'' if forked else ', a process of its own'}"
            yield Trial(name, what, partial(_kill, ground, moment, group, forked))


def _kill(ground: Ground, moment: float, group: bool, is_forked: bool, here: Path) -> list[str]:
    start_s = 0.0 if is_forked else 0.5     # in which nothing has happened yet
    limit_s = start_s + ground.undisturbed.seconds * moment * 1.05
    ground.lay()
    command = ground.begin(is_forked=is_forked)
    wait_until(command, limit_s)
    command.signal(signal.SIGKILL, group=group)
    ended = command.wait()
    return [*(crashes(ended) if ended.code != -signal.SIGKILL else []), *ground.healed()]


def wait_until(command: Command, seconds: float) -> None:
    """Wait for so long, or for the command's end."""
    deadline = time.monotonic() + seconds
    while command.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
