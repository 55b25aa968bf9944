"""The one who watches the library for all pages, and tells what has changed.

Invariant: the catalog is looked at by one task, however many pages are open; a page asks nothing again and again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from anyio import to_thread

from db.errors import DbError
from db.jobs import Job
from db.library import Library
from db.live import LiveRun
from gallery.server.bulletin import LOOK_ANEW, Bulletin
from gallery.server.model import Model, State

EVERY_S = 0.2
MOST_TOLD = 200     # of things that changed at once; beyond it is quicker to look anew
_SLOWLY = 3         # jobs are looked at so much more seldom
_REST = 4           # times as long as reading took, the library is left alone


async def watch(model: Model, bulletin: Bulletin) -> None:
    """Until it is cancelled."""
    loop = asyncio.get_running_loop()
    seen = await to_thread.run_sync(_now, model)
    while True:
        await asyncio.sleep(EVERY_S)
        began = loop.time()
        now = await to_thread.run_sync(_now, model)
        if now is None or now is seen:
            continue
        if seen is not None and (data := changes(seen, now)):
            many = sum(len(each) for each in data.values()) > MOST_TOLD
            bulletin.tell(LOOK_ANEW) if many else bulletin.tell("change", **data)
        seen = now
        await asyncio.sleep(_REST * (loop.time() - began))


async def watch_work(library: Library, program: Sequence[str], bulletin: Bulletin, *, read_only: bool) -> None:
    """The same for what is being made; the next job is started when its turn has come."""
    work = Work(library, () if read_only else program)
    ticks = 0
    while True:
        await asyncio.sleep(EVERY_S)
        ticks += 1
        run = await to_thread.run_sync(work.other_run)
        if run is not None:
            bulletin.tell_state("progress", **progress(run))
        if ticks % _SLOWLY == 0 and await to_thread.run_sync(work.has_other_jobs):
            bulletin.tell_state("jobs")


class Work:
    """What is being made, as last seen. Where nothing goes on and nothing changes, no file is read."""

    def __init__(self, library: Library, program: Sequence[str]) -> None:
        self._library, self._program = library, program
        self._stamp: object = None
        self._goes_on = False
        self._jobs: list[Job] = []

    def other_run(self) -> LiveRun | None:
        """The run, if it is another or stands otherwise than when this was last asked."""
        stamp = self._library.live.stamp()
        if stamp == self._stamp and (not self._goes_on or self._library.live.goes_on()):
            return None
        run = self._library.live.read()
        was, now = (self._stamp, self._goes_on), (stamp, run is not None and run.goes_on)
        self._stamp, self._goes_on = now
        return run if now != was else None

    def has_other_jobs(self) -> bool:
        """Whether the jobs are others or stand otherwise; starts the next one if it may."""
        try:
            if self._program:
                self._library.jobs.advance(self._program, is_busy=self._goes_on)
            found = [*self._library.jobs.all(), *self._library.errands.all()]
        except (DbError, OSError):      # such as a disk that is full: it may have room again
            return False
        is_other, self._jobs = found != self._jobs, found
        return is_other


def progress(run: LiveRun) -> dict[str, Any]:
    """How a run stands, for pages."""
    return {
        "goes_on": run.goes_on, "done": run.done, "total": run.total, "share": run.share,
        "in_hand": [f"{each.content_id}-{each.style_id}" for each in run.in_hand],
    }


def changes(before: State, now: State) -> dict[str, list[dict[str, Any]]]:
    """What is new, other or gone, by noun."""
    found = {
        "results": [
            {"id": number, "pair": f"{result.content_id}-{result.style_id}", "is_gone": number not in now.results,
             "status": result.record.status.value, "is_starred": result.is_starred}
            for number, result in _differing(before.results, now.results).items()
        ],
        "images": [
            {"id": number, "is_gone": number not in now.images, "is_starred": image.is_starred,
             "is_excluded": image.is_excluded, "role": image.role.value}
            for number, image in _differing(before.images, now.images).items()
        ],
    }
    return {noun: each for noun, each in found.items() if each}


def _differing(before: Mapping[int, Any], now: Mapping[int, Any]) -> dict[int, Any]:
    if before is now:
        return {}
    other = {number: thing for number, thing in now.items() if before.get(number) != thing}
    return other | {number: before[number] for number in before.keys() - now.keys()}


def _now(model: Model) -> State | None:
    """None where the catalog cannot be read at this moment."""
    try:
        return model.now()
    except DbError:
        return None
