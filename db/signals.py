"""Signals of the main thread: what ends a run from outside, a deadline's alarm, and blocks that neither may cut.

Invariant: once taken over, the first SIGINT or SIGTERM ends the run in order and the second at once; the exit code says
which it was, and nothing else is printed about it. This loads little: Ctrl-C is taken over before the program is there.
"""

import atexit
import os
import signal
import sys
import time
from contextlib import contextmanager

TYPE_CHECKING = False   # typing takes longer to load than all else here
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
_ALARMS = (signal.SIGALRM,) if hasattr(signal, "SIGALRM") else ()   # of a deadline
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
        for number in _INTERRUPTS:
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

    def _handle(self, number: int, _: "FrameType | None") -> None:
        code = 128 + number
        if self.exit_code is not None or self._is_leaving:
            os._exit(code)
        self.exit_code = code
        raise KeyboardInterrupt

    def _see(self, dropped: "sys.UnraisableHookArgs") -> None:
        """An interrupt that came where Python drops what is raised, such as in a destructor, comes again."""
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(dropped)
        elif self.exit_code is not None and self.exit_code - 128 in _INTERRUPTS:
            import threading  # here, for loading it takes as long as all the rest

            threading.Thread(target=self._again, args=(self.exit_code - 128,), daemon=True).start()

    def _again(self, number: int) -> None:
        time.sleep(_AGAIN_S)
        self.exit_code = None
        os.kill(os.getpid(), number)


def _ignore() -> None:
    for number in _INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)


interrupts = Interrupts()


class Deadline:
    """Whether the time is up."""

    def __init__(self) -> None:
        self.passed = False


@contextmanager
def deadline(seconds: float | None) -> "Iterator[Deadline]":
    """Raise KeyboardInterrupt in the block after so many seconds; on leaving, that one goes no further.

    For the main thread of a command. None is no limit.
    """
    limit = Deadline()
    if seconds is None:
        yield limit
        return

    def ring(number: int, frame: "FrameType | None") -> None:
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


@contextmanager
def interrupts_held() -> "Iterator[None]":
    """Lets Ctrl-C, SIGTERM or an alarm end the block after its last line instead of in its middle.

    A second Ctrl-C or SIGTERM comes at once, behind the first, so that whoever counts them counts two. Only the main
    thread gets signals, so in another thread this does nothing.
    """
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupts: list[int] = []
    alarms: list[int] = []

    def hold(number: int, _: "FrameType | None") -> None:
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
    handlers = {
        number: handler for number in (*_INTERRUPTS, *_ALARMS) if (handler := signal.getsignal(number)) is not None}
    try:
        for number in handlers:
            signal.signal(number, hold)
        yield
    finally:
        restore()
        # Both end the run, and with an interrupt the exit code tells of it.
        for number in (interrupts or alarms)[:1]:
            signal.raise_signal(number)


@contextmanager
def handlers_kept() -> "Iterator[None]":
    """Gives SIGINT and SIGTERM back to whom they had before the block, in which a library may take them for itself."""
    import threading

    handlers = {number: signal.getsignal(number) for number in _INTERRUPTS}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                signal.signal(number, handler)


@contextmanager
def interrupts_kept_from_children() -> "Iterator[None]":
    """A process that is started here never hears Ctrl-C, which a terminal sends to all: whoever starts it ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})      # inherited, and never lifted there
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
