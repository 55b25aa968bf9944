"""Processes, and what they take.

A peer's run as their users run them, and so does the plain loop: without what this program asks of the libraries below
it, which makes it faster (`stylizer.ENVIRONMENT`).
"""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylizer import ENVIRONMENT

_POLL_S = 0.1       # between two polls of a process's memory


@dataclass(frozen=True)
class Ended:
    """What a process took: seconds by the clock and of all processors, its highest resident set; and its stdout."""

    seconds: float
    processor_s: float
    peak_mb: float
    out: str


def run(command: Sequence[str]) -> Ended:
    """Runs a process of ours to its end. Raises RuntimeError when it fails."""
    return _run(command, os.environ)


def run_peer(command: Sequence[str]) -> Ended:
    """The same for one of others."""
    return _run(command, {name: value for name, value in os.environ.items() if not _is_ours(name, value)})


def be_a_peer() -> None:
    """Takes back what importing our modules has asked of the libraries. For a process that has imported torch before
    them and not used it yet: threads are asked for then, memory and the order of sums with the first use.
    """
    for name in [name for name, value in os.environ.items() if _is_ours(name, value)]:
        del os.environ[name]


def _is_ours(name: str, value: str) -> bool:
    return ENVIRONMENT.get(name) == value


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Ended:
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        to_file = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
        pid = os.posix_spawn(command[0], list(command), environment, file_actions=to_file)
        peak_mb = 0.0
        while not (ended := os.wait4(pid, os.WNOHANG))[0]:
            peak_mb = max(peak_mb, _highest_mb(pid))
            time.sleep(_POLL_S)
        seconds = time.monotonic() - began
        if os.waitstatus_to_exitcode(ended[1]):
            raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(ended[1])}")
        out.seek(0)
        return Ended(seconds, ended[2].ru_utime + ended[2].ru_stime, peak_mb, out.read().decode())


def _highest_mb(pid: int) -> float:
    """The highest resident set so far; what the kernel tells at the end counts this process's own before the start."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:     # it ended just now, or this is no Linux
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
