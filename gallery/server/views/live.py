"""Live: what is being made now, whoever started it, what waits, what failed and why.

Invariant: nothing here depends on this server having started it: what goes on is read from the library.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from db.jobs import Job, Stage
from db.live import InHand, LiveRun
from db.records import Image, Result, ResultStatus
from gallery.labels import label, plain, short
from gallery.matrix import has_picture
from gallery.server.estimate import duration
from gallery.server.files import address
from gallery.server.pages import page
from gallery.server.query import ID
from gallery.server.site import Site, site_of

MOST_LATELY, MOST_FAILED, MOST_IN_HAND = 12, 40, 24
_SHEET = "sweep.png"


@dataclass(frozen=True)
class Making:
    """A pair in hand, as it looks by now; the content stands for it until it was seen."""

    key: int
    words: str
    picture: str
    percent: int
    step: int
    steps: int
    loss: str


@dataclass(frozen=True)
class Work:
    """A job with what can be done about it."""

    id: int
    words: str
    stage: str
    problem: str
    made_at: str
    sheet: str | None
    is_over: bool
    can_pause: bool
    can_resume: bool
    can_move: bool


def live(request: Request) -> Response:
    """The page."""
    return page(request, "live.html", place="Live", **_now(site_of(request)))


def parts(request: Request) -> Response:
    """What of it changes."""
    return page(request, "live_parts.html", **_now(site_of(request)))


def glimpse(request: Request) -> Response:
    """How a pair looks by now."""
    data = site_of(request).library.live.glimpse(request.path_params["id"])
    if data is None:
        raise HTTPException(404, "It is not being made.")
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def sheet(request: Request) -> Response:
    """The settings of a sweep as one picture."""
    site = site_of(request)
    job = site.library.jobs.get(request.path_params["id"])
    path = site.library.jobs.folder(job.id) / _SHEET
    if not path.is_file():
        raise HTTPException(404, "It has no sheet yet.")
    return FileResponse(path, media_type="image/png", headers={"Cache-Control": "no-cache"})


def _now(site: Site) -> dict[str, Any]:
    run, state = site.library.live.read(), site.model.now()
    jobs = site.library.jobs.all()
    results = state.results.values()
    goes_on = run is not None and run.goes_on
    owner = next((job for job in jobs if job.stage is Stage.RUNNING and not (
        run and goes_on and run.pid != job.pid)), None)
    return {
        "run": run if goes_on else None, "last": None if goes_on else run,
        "pace": _pace(run) if run and goes_on else "", "owner": owner.id if owner else None,
        "making": [_making(each, state.images) for each in run.in_hand[:MOST_IN_HAND]] if run and goes_on else [],
        "in_hand": len(run.in_hand) if run else 0,
        "waiting": [_work(site, job) for job in sorted(jobs, key=lambda job: job.place)
                    if job.stage in (Stage.WAITING, Stage.PAUSED, Stage.RUNNING)],
        "past": [_work(site, job) for job in reversed(jobs) if job.is_over][:20],
        "lately": [_lately(result, state.images) for result in sorted(
            (result for result in results if has_picture(result)), key=lambda result: result.created_at)[
                : -MOST_LATELY - 1 : -1]],
        "failed": [_failed(result, state.images) for result in sorted(
            (result for result in results if result.record.status is ResultStatus.FAILED),
            key=lambda result: result.created_at)[: -MOST_FAILED - 1 : -1]],
    }


def _pace(run: LiveRun) -> str:
    parts = [
        f"{run.done:,} of {run.total:,} done",
        f"about {run.an_hour:,.0f} an hour" if run.an_hour and run.elapsed_s > 5 else "",
        f"about {duration(run.left_s)} left" if run.left_s is not None and run.elapsed_s > 5 else "",
    ]
    return " · ".join(filter(None, parts))


def _making(each: InHand, images: Mapping[int, Image]) -> Making:
    content, style = images.get(each.content_id), images.get(each.style_id)
    if each.glimpse is not None:
        picture = f"/live/glimpse/{each.number}?v={each.glimpse}"
    else:
        picture = address("image", content.id, content.path, 320) if content else ""
    return Making(
        each.number, _pair(content, style), picture, round(100 * each.step / each.steps) if each.steps else 0,
        each.step, each.steps, "" if each.loss is None else short(each.loss))


def _work(site: Site, job: Job) -> Work:
    has_sheet = (site.library.jobs.folder(job.id) / _SHEET).is_file()
    return Work(
        job.id, plain(job.words), job.stage.value, plain(job.problem), f"{job.made_at:%Y-%m-%d %H:%M}",
        f"/jobs/{job.id}/sheet" if has_sheet else None, job.is_over,
        job.stage in (Stage.RUNNING, Stage.WAITING), job.stage not in (Stage.RUNNING, Stage.WAITING),
        job.stage is Stage.WAITING)


def _lately(result: Result, images: Mapping[int, Image]) -> dict[str, object]:
    assert result.path is not None
    words = _pair(images.get(result.content_id), images.get(result.style_id))
    return {"id": result.id, "words": words, "small": address("result", result.id, result.path, 320),
            "link": f"/picture/{result.id}"}


def _failed(result: Result, images: Mapping[int, Image]) -> dict[str, object]:
    return {
        "id": result.id, "words": _pair(images.get(result.content_id), images.get(result.style_id)),
        "reason": plain(result.record.reason or "no reason recorded"), "link": f"/picture/{result.id}",
        "when": f"{result.created_at:%Y-%m-%d %H:%M}",
        "how": f"{plain(result.record.recipe)}, {result.record.size} px",
    }


def _pair(content: Image | None, style: Image | None) -> str:
    return f"{label(content) if content else 'gone'} in the style of {label(style) if style else 'one that is gone'}"


routes = [
    Route("/live", live), Route("/live/parts", parts), Route(f"/live/glimpse/{ID}", glimpse),
    Route(f"/jobs/{ID}/sheet", sheet),
]
