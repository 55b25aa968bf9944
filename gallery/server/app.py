"""Which address is answered by what."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from db.errors import DbError
from gallery.server import assets, files, pages
from gallery.server.site import Site
from gallery.server.views import picture, wall


def application(site: Site) -> Starlette:
    """The gallery of a library, without its guard."""
    app = Starlette(
        routes=[*wall.routes, *picture.routes, *files.routes, *assets.routes],
        exception_handlers={HTTPException: _problem, DbError: _trouble},
    )
    app.state.site = site
    return app


def _problem(request: Request, error: Exception) -> Response:
    return pages.problem(request, error)


def _trouble(request: Request, error: Exception) -> Response:
    """The catalog cannot be read just now: its own words say why."""
    return pages.problem(request, HTTPException(503, str(error)))
