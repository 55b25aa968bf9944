"""Signals that arrive at a bad moment, kept for a better one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Lets Ctrl-C or SIGTERM end the block after its last line instead of in its middle; a second one ends it at once.

    Only the main thread gets signals, so in another thread this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, _: FrameType | None) -> None:
        held.append(number)
        if len(held) > 1:
            restore()
            signal.raise_signal(number)

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
        if len(held) == 1:
            signal.raise_signal(held[0])
