"""What ends a run from outside: Ctrl-C and SIGTERM, the first in order, the second at once; or nobody to answer to.

Invariant: once the signals are taken over the exit code says which it was, and nothing else is printed about it.
"""

import atexit
import os
import signal
import sys
import time
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN_S = 0.05


class Interrupts:
    """Turns the first SIGINT or SIGTERM into KeyboardInterrupt; `exit_code` then says which it was (130, 143).

    `problem` is what there is to say of an end that nobody asked for.
    """

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self.problem: str | None = None
        self._is_leaving = False

    def install(self) -> None:
        """Take over both signals, for the main thread of a command."""
        for number in SIGNALS:
            signal.signal(number, self._handle)
        # Called last of all at the exit. Python would then give signals their own meaning back, which is to kill.
        atexit.register(_ignore)
        sys.unraisablehook = self._see

    def end(self, exit_code: int, problem: str | None = None) -> None:
        """End the run as an interrupt does, with this exit code; nothing, where it is ending already."""
        if self.exit_code is None:
            self.exit_code, self.problem = exit_code, problem
            raise KeyboardInterrupt

    def leave(self) -> None:
        """The run is over: from here on a signal ends the process at once."""
        self._is_leaving = True

    def _handle(self, number: int, _: FrameType | None) -> None:
        code = 128 + number
        if self.exit_code is not None or self._is_leaving:
            os._exit(code)
        self.exit_code = code
        raise KeyboardInterrupt

    def _see(self, dropped: "sys.UnraisableHookArgs") -> None:
        """An interrupt that came where Python drops what is raised, such as in a destructor, comes again."""
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(dropped)
        elif self.exit_code is not None and self.exit_code - 128 in SIGNALS:
            import threading  # here, for loading it takes as long as all the rest

            threading.Thread(target=self._again, args=(self.exit_code - 128,), daemon=True).start()

    def _again(self, number: int) -> None:
        time.sleep(_AGAIN_S)
        self.exit_code = None
        os.kill(os.getpid(), number)


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


interrupts = Interrupts()
