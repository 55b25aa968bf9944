"""Ctrl-C and SIGTERM: the first ends the run in order, the second at once."""

import os
import signal
import sys
from types import FrameType


class Interrupts:
    """Turns the first SIGINT or SIGTERM into KeyboardInterrupt; `exit_code` then says which it was (130, 143)."""

    def __init__(self) -> None:
        self.exit_code: int | None = None

    def install(self) -> None:
        """Take over both signals, for the main thread of a command."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def _handle(self, number: int, _: FrameType | None) -> None:
        code = 128 + number
        if self.exit_code is not None:
            sys.stderr.flush()
            os._exit(code)
        self.exit_code = code
        raise KeyboardInterrupt


interrupts = Interrupts()
