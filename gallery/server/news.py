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
    stamp: object = None
    goes_on = False
    jobs: list[Job] = []
    ticks = 0
    while True:
        await asyncio.sleep(EVERY_S)
        ticks += 1
        now = await to_thread.run_sync(library.live.stamp)
        if now != stamp or ticks % _SLOWLY == 0:
            run = await to_thread.run_sync(library.live.read)
            if run is not None and (now != stamp or run.goes_on != goes_on):
                bulletin.tell_state("progress", **progress(run))
            stamp, goes_on = now, run is not None and run.goes_on
        if ticks % _SLOWLY:
            continue
        found = await to_thread.run_sync(_all_jobs, library, program, goes_on, read_only)
        if found is not None and found != jobs:
            bulletin.tell_state("jobs")
            jobs = found


def progress(run: LiveRun) -> dict[str, Any]:
    """How a run stands, for pages."""
    return {
        "goes_on": run.goes_on, "done": run.done, "total": run.total, "share": run.share,
        "in_hand": [f"{each.content_id}-{each.style_id}" for each in run.in_hand],
    }


def _all_jobs(library: Library, program: Sequence[str], is_busy: bool, read_only: bool) -> list[Job] | None:
    try:
        if program and not read_only:
            library.jobs.advance(program, is_busy=is_busy)
        return [*library.jobs.all(), *library.errands.all()]
    except (DbError, OSError):      # such as a disk that is full: it may have room again
        return None


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
