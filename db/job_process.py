"""The process of a job: how it is started, known to be at work, and how it ended.

    alive       held by the process, with its number in it; let go by the system when it ends
    answer      what it said on stdout: JSON lines, the last its exit code
    notes       what it said on stderr

Invariant: it goes on when whoever started it ends, at whatever moment: what says so is its own lock, and its number is
told by itself before it does anything else.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from db.errors import LibraryBusy
from db.locks import is_held

ALIVE, ANSWER, NOTES = "alive", "answer", "notes"
_PATIENCE_S, _MOMENT_S = 2.0, 0.005
_TAIL = 64 * 1024
# The shell notes its number and becomes the program, which so has that number.
_NOTED = ("/bin/sh", "-c", 'echo $$ >"$0"; exec "$@"')


@contextmanager
def held(folder: Path) -> Iterator[IO[bytes]]:
    """The lock of the job in this folder, for `start`: whoever looks sees it work. Raises LibraryBusy where it does."""
    with (folder / ALIVE).open("ab") as alive:
        _hold(alive)
        alive.truncate(0)
        yield alive


def start(folder: Path, alive: IO[bytes], command: Sequence[str], working_folder: Path) -> None:
    """Starts a command, which has the lock from now on. One that is not there has ended: the notes say why."""
    with (folder / ANSWER).open("wb") as answer, (folder / NOTES).open("ab") as notes:
        if shutil.which(command[0]) is None:
            notes.write(f"error: {command[0]} is not there\n".encode())
            return
        # The lock goes with the descriptor that the process inherits: it is held until that one ends.
        process = subprocess.Popen(
            [*_NOTED, folder / ALIVE, *command], stdin=subprocess.DEVNULL, stdout=answer, stderr=notes,
            cwd=working_folder, start_new_session=True, pass_fds=(alive.fileno(),))
    until = time.monotonic() + _PATIENCE_S
    while number_of(folder) is None and process.poll() is None and time.monotonic() < until:
        time.sleep(_MOMENT_S)
    process.returncode = 0      # it is to go on without us, and no object is to complain of that
    _CHILDREN.add(process.pid)


def is_alive(folder: Path) -> bool:
    """Whether the job in this folder has a process."""
    _reap()
    return is_held(folder / ALIVE)


def number_of(folder: Path) -> int | None:
    """The number of the process that was started last; None as long as it is not told."""
    try:
        return int((folder / ALIVE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def interrupt(folder: Path) -> None:
    """Tells the process to end in order. Nothing is signalled but one that holds the lock."""
    number = number_of(folder)
    if number is not None and is_alive(folder):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(number, signal.SIGINT)


def ended_s_ago(folder: Path) -> float:
    """How long ago it said something last."""
    try:
        return time.time() - (folder / ANSWER).stat().st_mtime
    except OSError:
        return float("inf")


def exit_code(folder: Path) -> int | None:
    """What it ended with, by its own words; None if it did not come to say so."""
    for line in reversed(_tail(folder / ANSWER).splitlines()):
        with suppress(ValueError, KeyError, TypeError):
            told: dict[str, Any] = json.loads(line)
            if told["type"] == "summary":
                return int(told["exit_code"])
    return None


def problem(folder: Path, code: int | None) -> str:
    """Why it ended early, in its own words."""
    lines = [line for line in _tail(folder / NOTES).splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if errors:
        return errors[-1]
    return "it was ended from outside" if code is None else (lines[-1] if lines else f"it ended with {code}")


def _hold(alive: IO[bytes]) -> None:
    """Takes the lock; who only looks whether it is held has it for a moment."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise LibraryBusy("the process of that job goes on") from error
            time.sleep(_MOMENT_S)
        else:
            return


_CHILDREN: set[int] = set()     # by their process numbers


def _reap() -> None:
    """What ended is no zombie of ours."""
    for pid in list(_CHILDREN):
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            ended = pid
        if ended:
            _CHILDREN.discard(pid)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
