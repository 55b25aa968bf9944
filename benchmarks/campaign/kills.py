"""kill -9 at a random moment of a command: to all of its processes at once, or to the command alone."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.campaign.commands import load
from benchmarks.campaign.healing import Ground, crashes
from benchmarks.campaign.scenarios import SCENARIOS
from benchmarks.campaign.trials import Plan, Trial

# How many of a hundred are done to it; the rest is shared by the others.
_COSTLY = {"scrape": 5, "stylize": 5, "sweep": 3}
_REAL_EVERY = 10        # every tenth is a process as a user starts it, and no fork


def kills(plan: Plan) -> Iterator[Trial]:
    """So many in all, 1,100 unless told."""
    load()
    total = plan.wished or 1100
    cheap = len(SCENARIOS) - len(_COSTLY)
    for name, scenario in SCENARIOS.items():
        share = _COSTLY.get(name, (100 - sum(_COSTLY.values())) / cheap)
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
    deadline = time.monotonic() + limit_s
    while command.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    command.signal(signal.SIGKILL, group=group)
    ended = command.wait()
    return [*(crashes(ended) if ended.code != -signal.SIGKILL else []), *ground.healed()]
