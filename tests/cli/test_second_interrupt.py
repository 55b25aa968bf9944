"""Ctrl-C and SIGTERM at the worst of moments: the exit code says which it was, and there is no traceback.

Each is a process that sends itself the signals at a place that chance would rarely find.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CLI

INTERRUPTED = "interrupted; what is done is kept, run the same command again to go on\n"
PRELUDE = """
import os, signal, sys
import cli
from db.signals import interrupts

def send(number, *more):
    try:
        os.kill(os.getpid(), number)
        sum(range(1000))        # until it is heard
    finally:
        if more:
            send(*more)

def instead(done):
    cli.run = lambda arguments: done()
"""


def ended(body: str, *arguments: str, cwd: Path = CLI.parent) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(CLI.parent)!r})\n{PRELUDE}{body}", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("when", ["in Python's own last steps", "before them"])
def test_a_signal_on_the_way_out_changes_no_exit_code(number: signal.Signals, code: int, when: str) -> None:
    """Python gives signals their own meaning back at its end: a second Ctrl-C killed the process by the raw signal."""
    register = {
        "in Python's own last steps": "sys.modules['sys'].last = At()",
        "before them": "import atexit; atexit.register(send, number)",
    }[when]
    body = f"""
number = {number:d}
class At:
    def __del__(self, send=send, number=number):
        send(number)

def work():
    {register}
    try:
        send(number)
    except KeyboardInterrupt:
        return interrupts.exit_code

instead(work)
cli.main()
"""
    assert ended(body) == (code, "")


def test_an_interrupt_that_falls_into_a_destructor_comes_again() -> None:
    body = """
import time
class Falls:
    def __del__(self):
        send(signal.SIGTERM)

def work():
    Falls()
    for _ in range(200):
        time.sleep(0.05)

import console.program
console.program.app = lambda *_, **__: work()
cli.main()
"""
    assert ended(body) == (143, INTERRUPTED)


@pytest.mark.parametrize("signals", ["SIGTERM", "SIGTERM, signal.SIGTERM", "SIGINT, signal.SIGTERM"])
def test_interrupts_while_sqlite_closes_leave_no_traceback(album: Path, signals: str) -> None:
    body = f"""
from sqlalchemy import event
from sqlalchemy.pool import Pool

@event.listens_for(Pool, "reset")
def reset(*_):
    send(signal.{signals})

cli.main()
"""
    code, said = ended(body, "images", cwd=album)
    assert (code, said) == (143, INTERRUPTED if signals == "SIGTERM" else "")


def test_a_second_interrupt_while_the_first_is_told_ends_at_once() -> None:
    """What is being written to stderr must not be flushed by the one that interrupts it."""
    body = """
class Says:
    def __getattr__(self, name):
        return getattr(sys.__stderr__, name)
    def write(self, text):
        sys.__stderr__.buffer.write(b"")
        send(signal.SIGINT)
        return len(text)
    def flush(self):
        raise RuntimeError("reentrant call")

def work():
    try:
        send(signal.SIGTERM)
    except KeyboardInterrupt:
        sys.stderr = Says()
        print("interrupted", file=sys.stderr, flush=True)

instead(work)
cli.main()
"""
    assert ended(body) == (130, "")
