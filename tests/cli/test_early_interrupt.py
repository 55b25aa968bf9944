"""Ctrl-C while the program is still being loaded, and where whoever started it had it ignored."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CLI


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_while_the_program_loads_is_no_traceback(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    process = loading(tmp_path)
    process.send_signal(number)
    said = [line for line in process.communicate(timeout=60)[1].splitlines() if not line.startswith("import time:")]
    assert process.returncode == code
    assert [line for line in said if not line.startswith("interrupted")] == []


def test_a_program_that_a_script_started_in_the_background_can_be_interrupted_as_any_other(tmp_path: Path) -> None:
    """A shell without job control, and nohup, start what they start with Ctrl-C ignored; the gallery's stop is one."""
    process = loading(tmp_path, "/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130


def loading(folder: Path, *starter: str) -> "subprocess.Popen[str]":
    """The program, started by this command, at a moment when it has just taken Ctrl-C over."""
    process = subprocess.Popen(
        [*starter, sys.executable, "-X", "importtime", CLI, "images"], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    wait_for(process.stderr, "db.signals")
    wait_for(process.stderr, "")        # one module more: cli.py has gone on from there
    return process


def wait_for(lines, end: str) -> None:
    for line in lines:
        if line.rstrip().endswith(end):
            return
    raise AssertionError(f"no line ended with {end!r}")
