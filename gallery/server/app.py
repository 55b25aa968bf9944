"""Which address is answered by what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from db.errors import DbError
from db.exit_codes import ExitCode
from gallery.server import assets, files, pages
from gallery.server.actions import errands, follows, jobs, marks, removals
from gallery.server.news import watch, watch_work
from gallery.server.site import Site
from gallery.server.views import collect, duplicates, events, images, live, make, picture, wall


def application(site: Site) -> Starlette:
    """The gallery of a library, without its guard."""
    app = Starlette(
        routes=[
            *wall.routes, *images.routes, *duplicates.routes, *picture.routes, *make.routes, *live.routes,
            *collect.routes, *events.routes, *marks.routes, *jobs.routes, *follows.routes, *errands.routes,
            *removals.routes, *files.routes, *assets.routes,
        ],
        lifespan=_watched,
        exception_handlers={HTTPException: _problem, DbError: _trouble},
    )
    app.state.site = site
    return app


@asynccontextmanager
async def _watched(app: Starlette) -> AsyncIterator[None]:
    """While the server runs, one task watches the library."""
    site: Site = app.state.site
    site.bulletin.open()
    watching = [
        asyncio.create_task(watch(site.model, site.bulletin)),
        asyncio.create_task(watch_work(
            site.library, site.menu.program, site.bulletin, read_only=site.read_only)),
    ]
    try:
        yield
    finally:
        for task in watching:
            task.cancel()
        for task in watching:
            with suppress(asyncio.CancelledError):
                await task


def _problem(request: Request, error: Exception) -> Response:
    return pages.problem(request, error)


def _trouble(request: Request, error: Exception) -> Response:
    """The catalog knows no such thing, or cannot be read just now: its own words say why."""
    is_question = getattr(error, "exit_code", None) == ExitCode.USAGE
    return pages.problem(request, HTTPException(404 if is_question else 503, str(error)))
