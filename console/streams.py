"""stdout and stderr as a command has them: whoever reads them may go away, and their disk may be full.

Invariant: whatever writes there (`print`, rich, the parser's help) the run then ends as after Ctrl-C, quietly where a
reader has gone. What is written after that is dropped, so that nothing is left to complain about at the exit.
"""

import io
import os
import select
import sys
from typing import TYPE_CHECKING

from db.exit_codes import ExitCode
from db.signals import Interrupts

if TYPE_CHECKING:   # not at run time: this is loaded before the program
    from _typeshed import ReadableBuffer

READER_GONE = ExitCode.CLOSED_PIPE      # as shells say of a process that SIGPIPE ended
NOT_WRITTEN = ExitCode.DISK
_STDOUT, _STDERR = 1, 2


class _Stream(io.FileIO):
    """A standard stream that ends the run where it cannot be written to."""

    def __init__(self, number: int, interrupts: Interrupts) -> None:
        super().__init__(number, "w", closefd=False)
        self._interrupts = interrupts

    def write(self, data: "ReadableBuffer", /) -> int:
        """All of it, where nothing ends the run; what is written is not written again after an interrupt."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest:
                written = super().write(rest)
                if written is None:     # a child that shares the stream, such as Playwright's, made it non-blocking
                    select.select((), (self,), ())
                rest = rest[written or 0 :]
        except BrokenPipeError:
            self._drop_the_rest()
            self._interrupts.end(READER_GONE)
        except OSError as error:
            self._drop_the_rest()
            if self.fileno() == _STDOUT:    # of the other one there is nowhere to tell, and the work goes on
                self._interrupts.end(NOT_WRITTEN, f"cannot write the answer: {error.strerror}")
        return size

    def _drop_the_rest(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def take_over(interrupts: Interrupts) -> None:
    """Put such streams in the place of stdout and stderr. One that was closed is open again, on nothing."""
    for number in (0, _STDOUT, _STDERR):
        try:
            os.fstat(number)
        except OSError:     # or the next file to be opened, such as the catalog, would get this number
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = _text(_STDOUT, interrupts, sys.stdout)
    sys.stderr = _text(_STDERR, interrupts, sys.stderr)


def _text(number: int, interrupts: Interrupts, like: "io.TextIOWrapper | object | None") -> io.TextIOWrapper:
    # Without a buffer of bytes between: that would keep what an interrupt came behind, and write it again at the exit.
    return io.TextIOWrapper(
        _Stream(number, interrupts),
        encoding=getattr(like, "encoding", "utf-8"),
        errors="backslashreplace",      # a name that this encoding has no letters for is still told
        line_buffering=number == _STDERR or bool(getattr(like, "line_buffering", False)),
    )
