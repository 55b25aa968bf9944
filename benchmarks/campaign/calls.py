"""Trouble at every call by which a command touches its folder, one after the other.

The call fails, or is done in part; the disk is full from there on; the command is killed before it; it cannot read.
"""

import errno
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.campaign.commands import Command, Ended
from benchmarks.campaign.healing import Ground, crashes
from benchmarks.campaign.scenarios import COSTLY, SCENARIOS
from benchmarks.campaign.system_calls import GROWING, IN_PART, READS, WRITES, Answer, Call, watched
from benchmarks.campaign.trials import Plan, Trial
from db.exit_codes import ExitCode

_SPARSE = 5     # of a costly command, every so many calls where each is a trial of its own elsewhere
_NAMES = {errno.ENOSPC: "ENOSPC", errno.EIO: "EIO", IN_PART: "done in part"}
_TURNS = 3      # what tells of progress is written by the clock: not every run makes as many calls
Fault = Callable[[int, Command, Call], Answer]      # the first says how many calls come before the one that counts


def fails(plan: Plan) -> Iterator[Trial]:
    """Every call fails once in each way that it can; of a costly command in one way, by turns."""
    for ground, number, call in _calls(plan):
        ways = [errno.ENOSPC, errno.EIO, *([IN_PART] if call.name in WRITES else [])]
        if ground.scenario.name in COSTLY:
            ways = [ways[number % len(ways)]]
        for way in ways:
            yield _trial(ground, number, call, _NAMES[way], once(way))


def full(plan: Plan) -> Iterator[Trial]:
    """From each call on that needs room, none that does is done."""
    for ground, number, call in _calls(plan, sparsely=True):
        if call.name in GROWING:
            yield _trial(ground, number, call, "and all that follow", no_room)


def killed(plan: Plan) -> Iterator[Trial]:
    """Before each call the command and all that it started are killed."""
    for ground, number, call in _calls(plan, sparsely=True):
        yield _trial(ground, number, call, "never begun", kill)


def unreadable(plan: Plan) -> Iterator[Trial]:
    """Each read fails once."""
    for ground, number, call in _calls(plan, sparsely=True, reads=True):
        if call.name in READS:
            yield _trial(ground, number, call, "EIO", once(errno.EIO), reads=True)


def _calls(plan: Plan, *, sparsely: bool = False, reads: bool = False) -> Iterator[tuple[Ground, int, Call]]:
    """What every command calls when nothing disturbs it, in order."""
    for scenario in SCENARIOS.values():
        if not plan.wants(scenario.name):
            continue
        ground = Ground(scenario, plan.folder, plan.here)
        seen: list[Call] = []
        ground.lay()
        ended = watched(ground.begin, plan.here, lambda _, call, seen=seen: seen.append(call), reads=reads)
        assert ended.code == 0, str(ended)
        step = _SPARSE if sparsely and scenario.name in COSTLY else 1
        for number, call in [*enumerate(seen, start=1)][::step]:
            yield ground, number, call


def _trial(ground: Ground, number: int, call: Call, how: str, fault: Fault, *, reads: bool = False) -> Trial:
    return Trial(
        ground.scenario.name, f"{number:03} {call}: {how}", partial(disturbed, ground, number, fault, reads=reads))


def disturbed(ground: Ground, number: int, fault: Fault, _: Path, *, reads: bool = False) -> list[str]:
    """The command with a fault at its call of this number: how it crashed, and what of its folder was not healed."""
    for _ in range(_TURNS):
        ground.lay()
        ended, calls = _with_fault(ground, number, fault, reads=reads)
        if calls >= number:
            if ended.code == ExitCode.DAMAGED and ground.scenario.made:
                shutil.rmtree(ground.here / ground.scenario.made, ignore_errors=True)
            return [*(crashes(ended) if ended.code != -signal.SIGKILL else []), *ground.healed()]
    return [f"call {number} never came"]


def _with_fault(ground: Ground, number: int, fault: Fault, *, reads: bool) -> tuple[Ended, int]:
    """How the command ended, and how many calls it made; with or without its reads, as they were numbered."""
    calls = 0

    def answer(command: Command, call: Call) -> Answer:
        nonlocal calls
        calls += 1
        return fault(number - calls, command, call)

    return watched(ground.begin, ground.here, answer, reads=reads), calls


def once(answer: Answer) -> Fault:
    """The call that counts is answered so; what cannot be done in part fails, for threads change places."""
    def fault(left: int, command: Command, call: Call) -> Answer:
        if left:
            return None
        return errno.EIO if answer == IN_PART and call.name not in WRITES else answer

    return fault


def no_room(left: int, command: Command, call: Call) -> Answer:
    """The disk is full from the call that counts on."""
    return errno.ENOSPC if left <= 0 and call.name in GROWING else None


def kill(left: int, command: Command, call: Call) -> Answer:
    """All processes are killed before the call that counts."""
    if left == 0:
        command.signal(signal.SIGKILL, group=True)
    return None
