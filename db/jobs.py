"""Command lines that were started for a library: processes of their own, which go on when whoever started them ends.

    jobs/12/job.json    what was asked, in which order, whether it was begun, and what is wanted of it now
    jobs/12/...         what its process holds and says (db.job_process), and what it makes besides

Invariant: a job belongs to the library: whoever opens it finds what goes on, what waits and how the rest ended, whether
or not the one who started it is still there. One works at a time; the next is started by whoever looks (`advance`).
A folder without a record is what a kill left of a job that was being added or forgotten: no job, and cleared away.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from db import job_process
from db.atomic import remove, whole_file
from db.errors import BadQuery, LibraryBusy
from db.exit_codes import ExitCode
from db.locks import locked

FOLDER = "jobs"
RECORD = "job.json"
MOST_KEPT = 50          # that are over; older ones go
_PATIENCE_S, _REST_S = 5.0, 10.0
_Stamp = tuple[int, int, int]


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
    is_begun: bool = False
    pid: int | None = None          # of the process that works on it
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
        self._known: dict[int, tuple[_Stamp, Job]] = {}     # those that stay as they are until their record changes

    def add(self, arguments: Sequence[str], words: str, pairs: Sequence[tuple[int, int]] = ()) -> Job:
        """A job that waits for its turn. `{job}` in an argument becomes the job's own folder."""
        with self._turn():
            return self._add(arguments, words, pairs)

    def begin(self, arguments: Sequence[str], words: str, program: Sequence[str]) -> Job:
        """A job that is started at once, whatever else works."""
        with self._turn():
            return self._start(self._add(arguments, words, ()), program)

    def _add(self, arguments: Sequence[str], words: str, pairs: Sequence[tuple[int, int]]) -> Job:
        self._clear_away()
        found = self.all()
        for old in [job for job in found if job.is_over][:-MOST_KEPT]:
            remove(self.folder(old.id))
        number = max(self._numbers(), default=0) + 1
        folder = self.folder(number)
        folder.mkdir()
        job = Job(number, tuple(argument.replace("{job}", str(folder)) for argument in arguments), words,
                  tuple(pairs), datetime.now(UTC), max((each.place for each in found), default=0) + 1)
        self._write(job)
        return job

    def all(self) -> list[Job]:
        """All that are known, in the order that they were asked for."""
        return [job for number in self._numbers() if (job := self._read(number)) is not None]

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._folder.glob("[0-9]*") if path.name.isdecimal())

    def _clear_away(self) -> None:
        for number in self._numbers():
            folder = self.folder(number)
            if not (folder / RECORD).exists() and not job_process.is_alive(folder):
                remove(folder)

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
            self._write(replace(job, wish=Wish.WORK, is_begun=False))

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
            if not self.folder(number).exists():
                self.get(number)
            if job_process.is_alive(self.folder(number)):
                raise BadQuery(f"job {number} works; stop it first")
            remove(self.folder(number))

    def _want(self, number: int, wish: Wish) -> None:
        with self._turn():
            job = self.get(number)
            if job.is_over:
                return
            self._write(replace(job, wish=wish))
            if job.stage is Stage.RUNNING:
                job_process.interrupt(self.folder(number))

    def _was_sent_away(self, job: Job) -> bool:
        """Whether another run kept it from working a moment ago."""
        return job.is_begun and job_process.ended_s_ago(self.folder(job.id)) < _REST_S

    def _start(self, job: Job, program: Sequence[str]) -> Job:
        folder = self.folder(job.id)
        with job_process.held(folder) as alive:
            # Noted first: one that was not noted would be started again by whoever looks after a kill.
            self._write(replace(job, is_begun=True))
            job_process.start(folder, alive, [*program, *job.arguments], self._root)
        return self.get(job.id)

    def _read(self, number: int) -> Job | None:
        folder = self.folder(number)
        try:
            stamp = _stamp(folder / RECORD)
            known = self._known.get(number)
            if known and known[0] == stamp:
                return known[1]
            job = _from_record(number, (folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if job.is_begun and job_process.is_alive(folder):
            return replace(job, stage=Stage.RUNNING, pid=job_process.number_of(folder))
        job = _ended(job, folder, waits=self._waits)
        self._known[number] = stamp, job
        return job

    def _write(self, job: Job) -> None:
        told = {"arguments": job.arguments, "words": job.words, "pairs": job.pairs, "place": job.place,
                "made_at": job.made_at.isoformat(), "wish": job.wish, "is_begun": job.is_begun}
        self._known.pop(job.id, None)
        with whole_file(self.folder(job.id) / RECORD) as part:
            part.write_text(json.dumps(told), encoding="utf-8")

    @contextmanager
    def _turn(self, wait_s: float = _PATIENCE_S) -> Iterator[None]:
        """One at a time. Raises LibraryBusy."""
        if not self._is_writable:
            raise LibraryBusy(f"{self._root} cannot be written")
        self._folder.mkdir(exist_ok=True)
        with locked(self._folder / "turn.lock", "another program is changing the jobs; try again", wait_s):
            yield


def _stamp(record: Path) -> _Stamp:
    """Another one after the record was written anew."""
    found = record.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _from_record(number: int, text: str) -> Job:
    told = json.loads(text)
    return Job(
        number, tuple(map(str, told["arguments"])), str(told["words"]),
        tuple((int(content), int(style)) for content, style in told["pairs"]),
        datetime.fromisoformat(told["made_at"]), int(told["place"]), Wish(told["wish"]), bool(told["is_begun"]))


_BEFORE = {Wish.WORK: Stage.WAITING, Wish.PAUSE: Stage.PAUSED, Wish.STOP: Stage.STOPPED}


def _ended(job: Job, folder: Path, *, waits: bool) -> Job:
    """A job that does not work, by what is wanted of it and how its process ended."""
    if not job.is_begun:
        return replace(job, stage=_BEFORE[job.wish])
    code = job_process.exit_code(folder)
    if code in (ExitCode.DONE, ExitCode.SOME_FAILED):
        return replace(job, stage=Stage.DONE, exit_code=code)
    if job.wish is not Wish.WORK:
        return replace(job, stage=Stage.PAUSED if job.wish is Wish.PAUSE else Stage.STOPPED, exit_code=code)
    if code == ExitCode.TRY_LATER and waits:    # another run was quicker: it waits on
        return replace(job, stage=Stage.WAITING)
    return replace(job, stage=Stage.FAILED, exit_code=code, problem=job_process.problem(folder, code))
