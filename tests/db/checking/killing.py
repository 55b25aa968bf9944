"""Work in a process of its own that is killed at one of its steps."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

FORK = multiprocessing.get_context("fork")


def _dying(step: int, work: Callable[[], object]) -> None:
    """Work that is killed at this fsync or rename of it."""
    steps = 0

    def then_die(act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments, **options)
        return counted

    os.fsync, os.rename, os.replace = map(then_die, (os.fsync, os.rename, os.replace))  # type: ignore[assignment]
    work()


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Whether it came to that step; else it is done."""
    process = FORK.Process(target=_dying, args=(step, work))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0
