"""A worker of a cluster that does nothing for a tenth of a second a pair: all that is not the making shows.

Invariant: it takes the calls of `stylizer.engines.ray_worker.RayWorker`, and loads no torch, so many fit a machine.
"""

import os
import time
from typing import Any

from stylizer.engines.protocol import Batch, Began, Event, Made

SECONDS = 0.1
FILE_BYTES = 20_000


class IdleWorker:
    """Gives a file of so many bytes for each pair."""

    def __init__(self) -> None:
        self._news: list[Event] = []
        self._life: dict[str, Any] = {}

    def begin(self, config: Any, weights: Any, threads: int, stylegram: str) -> None:
        """There is nothing to load; its life begins."""
        self._life = {"worker": os.getpid(), "born": time.monotonic()}

    def make(self, batch: Batch, refs: dict[str, Any]) -> list[Made]:
        """Each pair after its time."""
        return [self._made(number) for number in (job.number for job in batch)]

    def news(self) -> list[Event]:
        """Which pairs were begun since the last call."""
        news, self._news = self._news, []
        return news

    def _made(self, number: int) -> Made:
        self._news.append(Began(number))
        time.sleep(SECONDS)
        return made(number, **self._life)


def made(number: int, **details: Any) -> Made:
    """What a worker gives for a pair."""
    return Made(number, bytes(FILE_BYTES), None, details, SECONDS)
