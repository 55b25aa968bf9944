"""A page from its template, with what every page has: the ways to the others, and whether anything can be changed."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gallery.server import assets
from gallery.server.site import site_of
from gallery.templating import render


@dataclass(frozen=True)
class Place:
    """A way from every page; `changes` where it is of no use to one who only looks."""

    name: str
    path: str
    changes: bool = False


PLACES = [      # in the order of the navigation
    Place("Wall", "/"),
    Place("Images", "/images"),
    Place("Make", "/make", changes=True),
    Place("Live", "/live"),
    Place("Collect", "/collect"),
]


def page(request: Request, template: str, *, place: str = "", status: int = 200, **values: object) -> Response:
    """The document of this template; `place` is the name of where it stands in the navigation."""
    site = site_of(request)
    text = render(
        template, place=place, heard=request.state.heard, read_only=site.read_only, asset=assets.address,
        library=site.library.root.name,
        places=[each for each in PLACES if not (each.changes and site.read_only)], **values)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-cache"})


def problem(request: Request, error: Exception) -> Response:
    """What went wrong, in words."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Something went wrong in the gallery."
    return page(request, "problem.html", status=status, detail=detail)
