"""Jobs belong to the library: they go on without whoever started them, are found again, and end as was wished."""

import fcntl
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from db import job_process
from db import jobs as module
from db.errors import BadQuery
from db.jobs import Job, Jobs, Stage

# Writes what a command line does at its end: at once, or when it is interrupted.
PROGRAM = [sys.executable, "-c", """
import json, sys, time
code = 0
def over(code):
    print(json.dumps({"type": "result"}), json.dumps({"type": "summary", "exit_code": code}), sep="\\n", flush=True)
    sys.exit(code)
try:
    if sys.argv[1] == "long":
        open(sys.argv[2], "w").close()
        time.sleep(60)
    if sys.argv[1] == "bad":
        print("error: no such recipe", file=sys.stderr)
        over(2)
except KeyboardInterrupt:
    over(130)
over(int(sys.argv[1]))
"""]


def until(jobs: Jobs, number: int, stage: Stage) -> Job:
    return wait_for(lambda: jobs.get(number), lambda job: job.stage is stage)


def wait_for(ask: Callable[[], Job], holds: Callable[[Job], bool], patience_s: float = 20) -> Job:
    until_s = time.monotonic() + patience_s
    while not holds(found := ask()):
        assert time.monotonic() < until_s, found
        time.sleep(0.02)
    return found


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def begin(jobs: Jobs, tmp_path: Path, program: Sequence[str] = PROGRAM) -> Job:
    """One that works until it is told to end."""
    job = jobs.add(["long", "{job}/began"], "long")
    assert jobs.advance(program)
    while not (jobs.folder(job.id) / "began").exists():
        time.sleep(0.02)
    return job


@pytest.mark.parametrize(("argument", "stage", "problem"), [
    ("0", Stage.DONE, ""), ("3", Stage.DONE, ""), ("bad", Stage.FAILED, "no such recipe"),
    ("74", Stage.FAILED, "it ended with 74")])
def test_a_job_ends_as_its_command_says(jobs: Jobs, argument: str, stage: Stage, problem: str) -> None:
    job = jobs.add([argument], "words", [(1, 2)])
    assert jobs.get(job.id).stage is Stage.WAITING
    jobs.advance(PROGRAM)
    ended = until(jobs, job.id, stage)
    assert (ended.problem, ended.words, ended.pairs) == (problem, "words", ((1, 2),))
    assert jobs.advance(PROGRAM) is None


@pytest.mark.parametrize("killed", ["as soon as there is a process", "after it was started"])
def test_it_goes_on_when_its_starter_is_killed_and_is_found_and_stopped_by_another(tmp_path: Path, killed: str) -> None:
    starter = f"""
import os, signal, subprocess, sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from db.jobs import Jobs
class Popen(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        if {killed!r} == "as soon as there is a process":
            os.kill(os.getpid(), signal.SIGKILL)
subprocess.Popen = Popen
jobs = Jobs(Path({str(tmp_path)!r}))
jobs.add(["long", "{{job}}/began"], "long")
jobs.advance({PROGRAM!r})
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", starter], check=False).returncode == -signal.SIGKILL
    jobs = Jobs(tmp_path)
    (job,) = jobs.all()
    assert job.stage is Stage.RUNNING
    assert jobs.advance(PROGRAM) is None
    wait_for(lambda: jobs.get(1), lambda _: (jobs.folder(1) / "began").exists())
    jobs.stop(1)
    assert until(jobs, 1, Stage.STOPPED).exit_code == 130


def test_one_works_at_a_time_and_the_next_in_their_order(jobs: Jobs, tmp_path: Path) -> None:
    begin(jobs, tmp_path)
    second, third = jobs.add(["0"], "second"), jobs.add(["0"], "third")
    assert jobs.advance(PROGRAM) is None
    jobs.move(third.id, -1)
    jobs.move(second.id, 5)
    jobs.stop(1)
    until(jobs, 1, Stage.STOPPED)
    assert jobs.advance(PROGRAM, is_busy=True) is None
    started = jobs.advance(PROGRAM)
    assert started is not None
    assert started.id == third.id
    until(jobs, third.id, Stage.DONE)
    jobs.advance(PROGRAM)
    until(jobs, second.id, Stage.DONE)


def test_paused_it_does_not_work_until_it_is_to_go_on(jobs: Jobs, tmp_path: Path) -> None:
    job = begin(jobs, tmp_path)
    jobs.pause(job.id)
    until(jobs, job.id, Stage.PAUSED)
    assert jobs.advance(PROGRAM) is None
    jobs.resume(job.id)
    assert jobs.get(job.id).stage is Stage.WAITING
    begun = jobs.advance(PROGRAM)
    assert begun is not None
    jobs.stop(job.id)
    until(jobs, job.id, Stage.STOPPED)


def test_killed_from_outside_it_says_so(jobs: Jobs, tmp_path: Path) -> None:
    job = begin(jobs, tmp_path)
    pid = jobs.get(job.id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert until(jobs, job.id, Stage.FAILED).problem == "it was ended from outside"


def test_one_that_another_run_kept_out_waits_and_is_not_started_again_at_once(jobs: Jobs) -> None:
    job = jobs.add(["75"], "words")
    assert jobs.advance(PROGRAM)
    until(jobs, job.id, Stage.WAITING)
    assert jobs.advance(PROGRAM) is None
    os.utime(jobs.folder(job.id) / job_process.ANSWER, (0, 0))
    assert jobs.advance(PROGRAM)
    until(jobs, job.id, Stage.WAITING)


def test_a_process_that_has_the_number_of_one_that_ended_is_not_signalled(jobs: Jobs) -> None:
    job = jobs.add(["0"], "words")
    jobs.advance(PROGRAM)
    until(jobs, job.id, Stage.DONE)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (jobs.folder(job.id) / job_process.ALIVE).write_text(f"{stranger.pid}\n")
        jobs.stop(job.id)
        jobs.stop(job.id)
        assert stranger.poll() is None
        stranger.kill()


def test_what_is_over_is_forgotten_when_there_are_many_and_what_works_never(jobs: Jobs, tmp_path: Path,
                                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 1)
    working = begin(jobs, tmp_path)
    with pytest.raises(BadQuery, match="stop it first"):
        jobs.forget(working.id)
    for _ in range(3):
        jobs.stop(jobs.add(["0"], "over").id)
    jobs.add(["0"], "new")
    assert [job.words for job in jobs.all()] == ["long", "over", "new"]
    jobs.stop(working.id)
    until(jobs, working.id, Stage.STOPPED)
    jobs.forget(working.id)
    with pytest.raises(BadQuery):
        jobs.get(working.id)
    assert not (tmp_path / "jobs" / str(working.id)).exists()


def test_a_record_that_cannot_be_read_is_passed_over(jobs: Jobs) -> None:
    jobs.add(["0"], "one")
    for text in ("{", "[]", '{"arguments": 3}'):
        (jobs.folder(1) / module.RECORD).write_text(text)
        assert jobs.all() == []
    assert jobs.advance(PROGRAM) is None


def test_what_a_kill_left_of_a_job_keeps_no_other_from_being_added(jobs: Jobs) -> None:
    """Between making the folder and writing the record, and between removing the record and the folder."""
    jobs.add(["0"], "one")
    (jobs.folder(2)).mkdir()
    (jobs.folder(1) / module.RECORD).unlink()
    with pytest.raises(BadQuery):
        jobs.get(2)
    added = jobs.add(["0"], "another")
    assert [job.words for job in jobs.all()] == ["another"]
    assert [path.name for path in jobs.folder(added.id).parent.glob("[0-9]*")] == [str(added.id)]


@pytest.mark.parametrize("text", ["{", "[]", '{"arguments": 3}'])
def test_a_job_that_nobody_can_read_is_forgotten_when_that_is_said(jobs: Jobs, text: str) -> None:
    jobs.add(["0"], "one")
    (jobs.folder(1) / module.RECORD).write_text(text)
    jobs.forget(1)
    assert not jobs.folder(1).exists()
    with pytest.raises(BadQuery):
        jobs.forget(1)


def test_one_who_looks_at_the_moment_of_a_start_does_not_keep_it_back(jobs: Jobs) -> None:
    job = jobs.add(["0"], "words")
    alive = jobs.folder(job.id) / job_process.ALIVE
    alive.touch()
    with alive.open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        Timer(0.2, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        assert jobs.advance(PROGRAM)
        until(jobs, job.id, Stage.DONE)


def test_one_who_looks_while_a_job_is_started_sees_it_work_and_sees_its_end(jobs: Jobs, tmp_path: Path,
                                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    job, another, stages = jobs.add(["0"], "words"), Jobs(tmp_path), []
    start = job_process.start

    def look_and_start(*arguments: Any) -> None:
        stages.append(another.get(job.id).stage)
        start(*arguments)

    monkeypatch.setattr(job_process, "start", look_and_start)
    jobs.advance(PROGRAM)
    assert stages == [Stage.RUNNING]
    until(another, job.id, Stage.DONE)


def test_a_program_that_is_not_there_is_a_job_that_failed_and_says_so(jobs: Jobs) -> None:
    job = jobs.add(["0"], "words")
    jobs.advance(["/nowhere/stylegram"])
    assert "/nowhere/stylegram" in until(jobs, job.id, Stage.FAILED).problem
    assert jobs.advance(PROGRAM) is None


def test_what_is_over_is_not_read_again_as_long_as_nothing_changes(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    for argument in ("0", "bad"):
        jobs.add([argument], "words")
        jobs.advance(PROGRAM)
        wait_for(lambda: jobs.all()[-1], lambda job: job.is_over)
    jobs.stop(jobs.add(["0"], "not begun").id)
    found = jobs.all()
    with monkeypatch.context() as patched:
        patched.setattr(io, "open", lambda *_, **__: pytest.fail("a file was opened"))
        assert jobs.all() == found
    jobs.resume(1)      # which another process may have done
    assert Jobs(jobs.folder(1).parents[1]).get(1).stage is jobs.get(1).stage is Stage.WAITING


def test_an_errand_starts_at_once_and_one_that_is_sent_away_is_over(jobs: Jobs, tmp_path: Path) -> None:
    begin(jobs, tmp_path)
    errands = Jobs(tmp_path, folder="errands", waits=False)
    first, second = (errands.begin([code], "words", PROGRAM) for code in ("75", "0"))
    assert until(errands, first.id, Stage.FAILED).exit_code == 75
    until(errands, second.id, Stage.DONE)
    assert [job.id for job in jobs.all()] == [1]
    jobs.stop(1)


def test_who_looks_at_a_library_without_jobs_writes_nothing_to_it(jobs: Jobs, tmp_path: Path) -> None:
    assert jobs.all() == []
    assert jobs.advance(PROGRAM) is None
    assert list(tmp_path.iterdir()) == []
