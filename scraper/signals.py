"""Signals that arrive at a bad moment, kept for a better one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ALARMS = (signal.SIGALRM,) if hasattr(signal, "SIGALRM") else ()   # of a deadline
_NUMBERS = (signal.SIGINT, signal.SIGTERM, *_ALARMS)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Lets Ctrl-C, SIGTERM or an alarm end the block after its last line instead of in its middle.

    A second Ctrl-C or SIGTERM comes at once, behind the first, so that whoever counts them counts two. Only the main
    thread gets signals, so in another thread this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupts: list[int] = []
    alarms: list[int] = []

    def hold(number: int, _: FrameType | None) -> None:
        (alarms if number in _ALARMS else interrupts).append(number)
        if len(interrupts) > 1:
            restore()
            first, second = interrupts
            interrupts.clear()
            alarms.clear()
            try:
                signal.raise_signal(first)
            finally:
                signal.raise_signal(second)

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    # A handler that was not set from Python cannot be set again from here.
    handlers = {number: handler for number in _NUMBERS if (handler := signal.getsignal(number)) is not None}
    try:
        for number in handlers:
            signal.signal(number, hold)
        yield
    finally:
        restore()
        # Both end the run, and with an interrupt the exit code tells of it.
        for number in (interrupts or alarms)[:1]:
            signal.raise_signal(number)
