"""A limit to how long a run may take: at its end the work is interrupted as by Ctrl-C, and keeps what is done."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Deadline:
    """Whether the time is up."""

    passed: bool = False


@contextmanager
def deadline(seconds: float | None) -> Iterator[Deadline]:
    """Raise KeyboardInterrupt in the block after so many seconds; on leaving, that one goes no further.

    For the main thread of a command. None is no limit.
    """
    limit = Deadline()
    if seconds is None:
        yield limit
        return

    def ring(number: int, frame: FrameType | None) -> None:
        limit.passed = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield limit
    except KeyboardInterrupt:
        if not limit.passed:
            raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
