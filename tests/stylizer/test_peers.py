"""Peers are measured as their users run them."""

import json
import os
import sys

import pytest

from benchmarks import processes
from stylizer import ENVIRONMENT

TELL = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


def test_a_peer_hears_nothing_of_what_this_program_asks_of_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    ours, theirs = (json.loads(run(TELL).out) for run in (processes.run, processes.run_peer))
    assert ours.items() >= ENVIRONMENT.items()
    assert not ENVIRONMENT.keys() & theirs.keys()
    assert theirs["OMP_NUM_THREADS"] == "2"


def test_what_the_machines_user_asks_of_them_holds_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    for name in ENVIRONMENT.keys() - {"OMP_WAIT_POLICY"}:
        monkeypatch.setenv(name, ENVIRONMENT[name])
    assert json.loads(processes.run_peer(TELL).out)["OMP_WAIT_POLICY"] == "ACTIVE"
    processes.be_a_peer()
    assert os.environ.keys() & ENVIRONMENT.keys() == {"OMP_WAIT_POLICY"}
