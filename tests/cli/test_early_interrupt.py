"""Ctrl-C while the program is still being loaded."""

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
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", CLI, "images"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    wait_for(process.stderr, "db.signals")
    wait_for(process.stderr, "")        # one module more: cli.py has gone on from there
    process.send_signal(number)
    said = [line for line in process.communicate(timeout=60)[1].splitlines() if not line.startswith("import time:")]
    assert process.returncode == code
    assert [line for line in said if not line.startswith("interrupted")] == []


def wait_for(lines, end: str) -> None:
    for line in lines:
        if line.rstrip().endswith(end):
            return
    raise AssertionError(f"no line ended with {end!r}")
