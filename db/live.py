"""What is being made at this moment, for whoever watches: told by the process that makes it, read by any other.

    live/stylize.json       the run in hand, or the last one: its pairs, how far each is, which failed
    live/pair-7.jpg         how the pair of this number looks by now
    live/stylize.alive      held while the run goes on

Invariant: it is news and no record, which the catalog is: nothing depends on it, losing it costs nothing, and what goes
wrong in telling it ends no run. Whether a run goes on is told by a lock that the system drops with its process.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from db.locks import is_held
from db.values import finite

FOLDER = "live"
NEWS, ALIVE = "stylize.json", "stylize.alive"
EVERY_S = 0.5           # a file is written at most so often
MOST_FAILURES, MOST_WAITING = 200, 1000


@dataclass(frozen=True)
class InHand:
    """A pair that is being made. `glimpse` is the evaluation after which it was last seen."""

    number: int
    content_id: int
    style_id: int
    step: int
    steps: int
    loss: float | None
    glimpse: int | None


@dataclass(frozen=True)
class Failure:
    """A pair that could not be made."""

    content_id: int
    style_id: int
    result_id: int
    reason: str


@dataclass(frozen=True)
class LiveRun:
    """A run as it was last told of. `waiting` are the next pairs (content, style) that are neither done nor in hand."""

    pid: int
    words: str
    started_at: datetime
    goes_on: bool
    total: int
    done: int
    elapsed_s: float
    in_hand: tuple[InHand, ...]
    waiting: tuple[tuple[int, int], ...]
    failures: tuple[Failure, ...]

    @property
    def share(self) -> float:
        """How much of it is done, with what is in hand."""
        begun = sum(each.step / each.steps for each in self.in_hand if each.steps)
        return min(1.0, (self.done + begun) / self.total) if self.total else 1.0

    @property
    def left_s(self) -> float | None:
        """The time left at the mean pace so far; None as long as there is none."""
        return self.elapsed_s * (1 - self.share) / self.share if self.goes_on and self.share > 0 else None

    @property
    def an_hour(self) -> float | None:
        """Pairs an hour so far."""
        made = self.share * self.total
        return made / self.elapsed_s * 3600 if self.elapsed_s > 0 and made > 0 else None


class Live:
    """The `live/` folder of a library."""

    def __init__(self, root: Path, *, is_writable: bool = True) -> None:
        self._folder = root / FOLDER
        self._is_writable = is_writable

    @contextmanager
    def tell(self, words: str, total: int, pair: Callable[[int], tuple[int, int]]) -> Iterator["LiveNote"]:
        """For the one who makes so many pairs, while the block runs; `pair` gives the ids of content and style."""
        lock = FileLock(self._folder / ALIVE, timeout=2.0)
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            for old in self._folder.glob("pair-*.jpg"):
                old.unlink(missing_ok=True)
        try:
            with suppress(OSError, Timeout):
                lock.acquire()
            note = LiveNote(self._folder, words, total, pair)
            try:
                yield note
            finally:
                note.write()
        finally:
            lock.release()

    def stamp(self) -> object:
        """Something that is another after the news have changed."""
        try:
            found = os.stat(self._folder / NEWS)    # noqa: PTH116 - asked several times a second
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def read(self) -> LiveRun | None:
        """The run in hand, or the last one; None where none was told of, or not so that it can be read."""
        try:
            told = json.loads((self._folder / NEWS).read_text(encoding="utf-8"))
            return _read(told, goes_on=self.goes_on())
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None

    def glimpse(self, number: int) -> bytes | None:
        """The JPEG of how a pair looks by now."""
        try:
            return (self._folder / f"pair-{int(number)}.jpg").read_bytes()
        except OSError:
            return None

    def goes_on(self) -> bool:
        """Whether a run is at work."""
        return self._is_writable and is_held(self._folder / ALIVE)


@dataclass
class _State:
    step: int = 0
    steps: int = 0
    loss: float | None = None
    glimpse: int | None = None


@dataclass
class LiveNote:
    """What a run tells of itself; pairs are known by their place among all."""

    _folder: Path
    _words: str
    _total: int
    _pair: Callable[[int], tuple[int, int]]
    _in_hand: dict[int, _State] = field(default_factory=dict)
    _ended: bytearray = field(init=False)
    _done: int = 0
    _first: int = 0     # no pair before this one waits
    _failures: list[list[Any]] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _next: float = 0.0

    def __post_init__(self) -> None:
        self._ended = bytearray(self._total)
        self.write()

    def began(self, number: int) -> None:
        """A pair is in hand, perhaps once more."""
        self._in_hand[number] = _State()
        self._write_in_time()

    def stepped(self, number: int, step: int, steps: int, loss: float) -> None:
        """How far it is."""
        state = self._in_hand.setdefault(number, _State())
        state.step, state.steps, state.loss = step, steps, finite(loss)
        self._write_in_time()

    def glimpsed(self, number: int, step: int, data: bytes) -> None:
        """How it looks."""
        path = self._folder / f"pair-{number}.jpg"
        with suppress(OSError):
            part = path.with_suffix(".part")
            part.write_bytes(data)
            part.replace(path)
            self._in_hand.setdefault(number, _State()).glimpse = step

    def ended(self, number: int, result_id: int, reason: str | None) -> None:
        """It is in the catalog: with a picture, or with the reason why there is none."""
        self._in_hand.pop(number, None)
        self._done += not self._ended[number]
        self._ended[number] = True
        if reason is not None:
            self._failures = [*self._failures[1 - MOST_FAILURES:], [*self._pair(number), result_id, reason]]
        with suppress(OSError):
            (self._folder / f"pair-{number}.jpg").unlink(missing_ok=True)
        self._write_in_time()

    def write(self) -> None:
        """All of it, now."""
        now = time.monotonic()
        self._next = now + EVERY_S
        told = {
            "pid": os.getpid(), "words": self._words, "started_at": self._started_at.isoformat(),
            "total": self._total, "done": self._done, "elapsed_s": round(now - self._began, 3),
            "in_hand": [[number, *self._pair(number), state.step, state.steps, state.loss, state.glimpse]
                        for number, state in self._in_hand.items()],
            "waiting": [self._pair(number) for number in self._waiting()],
            "failures": self._failures,
        }
        with suppress(OSError):
            part = self._folder / f"{NEWS}.part"
            part.write_text(json.dumps(told), encoding="utf-8")
            part.replace(self._folder / NEWS)

    def _waiting(self) -> list[int]:
        """The next of those that are neither done nor in hand."""
        while self._first < self._total and self._ended[self._first]:
            self._first += 1
        rest = (number for number in range(self._first, self._total)
                if not self._ended[number] and number not in self._in_hand)
        return list(islice(rest, MOST_WAITING))

    def _write_in_time(self) -> None:
        if time.monotonic() >= self._next:
            self.write()


def _read(told: dict[str, Any], *, goes_on: bool) -> LiveRun:
    return LiveRun(
        pid=int(told["pid"]), words=str(told["words"]), started_at=datetime.fromisoformat(told["started_at"]),
        goes_on=goes_on, total=int(told["total"]), done=int(told["done"]), elapsed_s=float(told["elapsed_s"]),
        in_hand=tuple(
            InHand(int(number), int(content), int(style), int(step), int(steps), finite(loss),
                   None if glimpse is None else int(glimpse))
            for number, content, style, step, steps, loss, glimpse in told["in_hand"]),
        waiting=tuple((int(content), int(style)) for content, style in told["waiting"]),
        failures=tuple(
            Failure(int(content), int(style), int(result), str(reason))
            for content, style, result, reason in told["failures"]),
    )
