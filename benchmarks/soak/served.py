"""The site in a process of its own, so that its memory is not taken for the program's, with a clock that both share."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from benchmarks.soak.world import World
from demo.site import ReplicaSite

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Asked:
    """A request: when by the true clock, of which kind, for whose, and where."""

    at_s: float
    kind: str
    account: str | None
    path: str


class ServedSite:
    """The site from outside: `now_s` is the true time, which whoever waits moves on."""

    def __init__(self, connection: Connection, now: "Synchronized[float]", base_url: str) -> None:
        self._connection = connection
        self._now = now
        self.base_url = base_url

    @property
    def now_s(self) -> float:
        return self._now.value

    def pass_time(self, seconds: float) -> None:
        """Nobody waits: the clock is moved on."""
        with self._now.get_lock():
            self._now.value += seconds

    def set_day(self, day: int, at_s: float) -> None:
        """The profiles become those of a day."""
        self._now.value = at_s
        self._connection.send(day)
        self._connection.recv()

    def requests(self) -> list[Asked]:
        """What was asked since the last time."""
        self._connection.send(None)
        found: list[Asked] = self._connection.recv()
        return found


class _Noting(ReplicaSite):
    """Notes when each request came, by the clock of the year."""

    def __init__(self, world: World, now: "Synchronized[float]") -> None:
        super().__init__(world.accounts(0), clock=lambda: now.value)
        self._now_of_year = now
        self.noted: list[Asked] = []

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> Any:
        found = super().answer(method, target, headers, body)
        last = self.requests[-1]
        self.noted.append(Asked(self._now_of_year.value, found[0], last.account, last.path))
        return found


def _serve(world: World, connection: Connection, now: "Synchronized[float]") -> None:
    with _Noting(world, now) as site:
        connection.send(site.base_url)
        while True:
            try:
                asked = connection.recv()
            except EOFError:
                return
            if asked is None:
                connection.send(list(site.noted))
                site.noted.clear()
                site.forget_requests()
                continue
            for account in world.accounts(asked):
                site.replace(account)
            connection.send(True)


@contextmanager
def served(world: World) -> Iterator[ServedSite]:
    """The site for the time of the block."""
    ours, theirs = _SPAWN.Pipe()
    now = _SPAWN.Value("d", float(world.begins_s))
    process = _SPAWN.Process(target=_serve, args=(world, theirs, now), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ServedSite(ours, now, ours.recv())
    finally:
        ours.close()
        process.join(10)
        process.kill()
