"""Command lines that were started for a library: processes of their own, which go on when whoever started them ends.

    jobs/12/job.json    what was asked, in which order, and what is wanted of it now
    jobs/12/alive       held by its process, and let go by the system with it
    jobs/12/answer      what it said on stdout: JSON lines, the last its exit code
    jobs/12/notes       what it said on stderr

Invariant: a job belongs to the library: whoever opens it finds what goes on, what waits and how the rest ended, whether
or not the one who started it is still there. One works at a time; the next is started by whoever looks (`advance`).
Nothing is signalled but a process that holds its job's lock.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from db.atomic import remove, whole_file
from db.errors import BadQuery, LibraryBusy
from db.exit_codes import ExitCode
from db.locks import is_held, locked

FOLDER = "jobs"
RECORD, ALIVE, ANSWER, NOTES = "job.json", "alive", "answer", "notes"
MOST_KEPT = 50          # that are over; older ones go
_PATIENCE_S, _REST_S = 5.0, 10.0
_TAIL = 64 * 1024


class Wish(StrEnum):
    """What is wanted of a job."""

    WORK = "work"
    PAUSE = "pause"
    STOP = "stop"


class Stage(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One of them. `arguments` are those of the command line; `pairs` what it is to make, as (content, style)."""

    id: int
    arguments: tuple[str, ...]
    words: str
    pairs: tuple[tuple[int, int], ...]
    made_at: datetime
    place: int                      # among those that wait: the lowest is next
    wish: Wish = Wish.WORK
    pid: int | None = None
    stage: Stage = Stage.WAITING
    exit_code: int | None = None
    problem: str = ""               # why it ended early, in its own words

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it unless it is asked for again."""
        return self.stage in (Stage.STOPPED, Stage.DONE, Stage.FAILED)


class Jobs:
    """The jobs of a library. Any thread and any process may ask."""

    def __init__(self, root: Path, *, is_writable: bool = True, folder: str = FOLDER, waits: bool = True) -> None:
        """Those in this folder of the library; with `waits` one that is sent away (75) waits for another turn."""
        self._root = root
        self._folder = root / folder
        self._is_writable = is_writable
        self._waits = waits

    def add(self, arguments: Sequence[str], words: str, pairs: Sequence[tuple[int, int]] = ()) -> Job:
        """A job that waits for its turn. `{job}` in an argument becomes the job's own folder."""
        with self._turn():
            found = self.all()
            number = max((job.id for job in found), default=0) + 1
            for old in [job for job in found if job.is_over][:-MOST_KEPT]:
                remove(self._folder / str(old.id))
            folder = self._folder / str(number)
            folder.mkdir(parents=True)
            job = Job(number, tuple(argument.replace("{job}", str(folder)) for argument in arguments), words,
                      tuple(pairs), datetime.now(UTC), max((each.place for each in found), default=0) + 1)
            self._write(job)
            return job

    def begin(self, arguments: Sequence[str], words: str, program: Sequence[str]) -> Job:
        """A job that is started at once, whatever else works."""
        job = self.add(arguments, words)
        with self._turn():
            return self._start(job, program)

    def all(self) -> list[Job]:
        """All that are known, in the order that they were asked for."""
        numbers = sorted(int(path.name) for path in self._folder.glob("[0-9]*") if path.name.isdecimal())
        return [job for number in numbers if (job := self._read(number)) is not None]

    def get(self, number: int) -> Job:
        """One of them. Raises BadQuery."""
        job = self._read(number)
        if job is None:
            raise BadQuery(f"there is no job {number}")
        return job

    def folder(self, number: int) -> Path:
        """Where a job keeps what it made besides."""
        return self._folder / str(number)

    def advance(self, program: Sequence[str], *, is_busy: bool = False) -> Job | None:
        """Starts the next job, if none works and `is_busy` says that nobody else does; returns it."""
        if not any(job.stage is Stage.WAITING for job in self.all()):
            return None     # and nothing is written to a library that has no jobs
        with suppress(LibraryBusy), self._turn(wait_s=0):
            found = self.all()
            if is_busy or any(job.stage is Stage.RUNNING for job in found):
                return None
            waiting = sorted((job for job in found if job.stage is Stage.WAITING and not self._was_sent_away(job)),
                             key=lambda job: job.place)
            return self._start(waiting[0], program) if waiting else None
        return None

    def pause(self, number: int) -> None:
        """Keeps it from working until `resume`; what is in hand is kept, as after Ctrl-C."""
        self._want(number, Wish.PAUSE)

    def stop(self, number: int) -> None:
        """Ends it in order; asked once more, at once."""
        self._want(number, Wish.STOP)

    def resume(self, number: int) -> None:
        """It waits for its turn again; what is done is not done again."""
        with self._turn():
            job = self.get(number)
            if job.stage is Stage.RUNNING:
                return
            (self._folder / str(number) / ANSWER).unlink(missing_ok=True)
            self._write(replace(job, wish=Wish.WORK, pid=None))

    def move(self, number: int, by: int) -> None:
        """Puts a job that waits so many places later, or earlier, among those that wait."""
        with self._turn():
            waiting = sorted((job for job in self.all() if job.stage is Stage.WAITING), key=lambda job: job.place)
            at = next((place for place, job in enumerate(waiting) if job.id == number), None)
            if at is None:
                return
            moved = waiting.pop(at)
            waiting.insert(min(max(0, at + by), len(waiting)), moved)
            for place, job in zip(sorted(job.place for job in waiting), waiting, strict=True):
                self._write(replace(job, place=place))

    def forget(self, number: int) -> None:
        """Removes a job that does not work; what it made stays in the library."""
        with self._turn():
            if self.get(number).stage is Stage.RUNNING:
                raise BadQuery(f"job {number} works; stop it first")
            remove(self._folder / str(number))

    def _want(self, number: int, wish: Wish) -> None:
        with self._turn():
            job = self.get(number)
            if job.is_over:
                return
            self._write(replace(job, wish=wish))
            if job.stage is Stage.RUNNING and job.pid is not None:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(job.pid, signal.SIGINT)

    def _was_sent_away(self, job: Job) -> bool:
        """Whether another run kept it from working a moment ago."""
        try:
            return job.pid is not None and time.time() - os.stat(self._folder / str(job.id) / ANSWER).st_mtime < _REST_S  # noqa: PTH116
        except OSError:
            return False

    def _start(self, job: Job, program: Sequence[str]) -> Job:
        folder = self._folder / str(job.id)
        with (folder / ALIVE).open("ab") as alive, (folder / ANSWER).open("wb") as answer, \
                (folder / NOTES).open("ab") as notes:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The lock goes with the descriptor that the process inherits: it is held until that one ends.
            process = subprocess.Popen(
                [*program, *job.arguments], stdin=subprocess.DEVNULL, stdout=answer, stderr=notes,
                cwd=self._root, start_new_session=True, pass_fds=(alive.fileno(),))
        process.returncode = 0      # it is to go on without us, and no object is to complain of that
        _CHILDREN.add(process.pid)
        started = replace(job, pid=process.pid)
        self._write(started)
        return replace(started, stage=Stage.RUNNING)

    def _read(self, number: int) -> Job | None:
        folder = self._folder / str(number)
        try:
            told = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            job = Job(
                number, tuple(map(str, told["arguments"])), str(told["words"]),
                tuple((int(content), int(style)) for content, style in told["pairs"]),
                datetime.fromisoformat(told["made_at"]), int(told["place"]), Wish(told["wish"]), told["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        _reap()
        if job.pid is not None and is_held(folder / ALIVE):
            return replace(job, stage=Stage.RUNNING)
        return _ended(job, folder, waits=self._waits)

    def _write(self, job: Job) -> None:
        told = {"arguments": job.arguments, "words": job.words, "pairs": job.pairs, "place": job.place,
                "made_at": job.made_at.isoformat(), "wish": job.wish, "pid": job.pid}
        with whole_file(self._folder / str(job.id) / RECORD) as part:
            part.write_text(json.dumps(told), encoding="utf-8")

    @contextmanager
    def _turn(self, wait_s: float = _PATIENCE_S) -> Iterator[None]:
        """One at a time. Raises LibraryBusy."""
        if not self._is_writable:
            raise LibraryBusy(f"{self._root} cannot be written")
        self._folder.mkdir(exist_ok=True)
        with locked(self._folder / "turn.lock", "another program is changing the jobs; try again", wait_s):
            yield


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


_BEFORE = {Wish.WORK: Stage.WAITING, Wish.PAUSE: Stage.PAUSED, Wish.STOP: Stage.STOPPED}


def _ended(job: Job, folder: Path, *, waits: bool) -> Job:
    """A job that does not work, by what is wanted of it and how its process ended."""
    if job.pid is None:
        return replace(job, stage=_BEFORE[job.wish])
    code = _exit_code(folder / ANSWER)
    if code in (ExitCode.DONE, ExitCode.SOME_FAILED):
        return replace(job, stage=Stage.DONE, exit_code=code)
    if job.wish is not Wish.WORK:
        return replace(job, stage=Stage.PAUSED if job.wish is Wish.PAUSE else Stage.STOPPED, exit_code=code)
    if code == ExitCode.TRY_LATER and waits:    # another run was quicker: it waits on
        return replace(job, stage=Stage.WAITING)
    return replace(job, stage=Stage.FAILED, exit_code=code, problem=_problem(folder / NOTES, code))


def _exit_code(answer: Path) -> int | None:
    for line in reversed(_tail(answer).splitlines()):
        with suppress(ValueError, KeyError, TypeError):
            told: dict[str, Any] = json.loads(line)
            if told["type"] == "summary":
                return int(told["exit_code"])
    return None


def _problem(notes: Path, code: int | None) -> str:
    lines = [line for line in _tail(notes).splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if errors:
        return errors[-1]
    return "it was ended from outside" if code is None else (lines[-1] if lines else f"it ended with {code}")


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
