"""P11, P15: what once went wrong with something read that others wrote. Each file is one input that ended a run."""

from pathlib import Path

import pytest

from benchmarks.fuzzing.room import Room
from benchmarks.fuzzing.targets import TARGETS

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("case", sorted(CASES.glob("*/*")), ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_what_ended_a_run_once_is_read_or_refused(case: Path) -> None:
    with Room() as room:
        TARGETS[case.parent.name].run(room, case.read_bytes())
        room.settle(now=True)
