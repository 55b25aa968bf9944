"""Collect: which profiles are followed, how their last visits ended, and what the site allows just now.

Invariant: nothing is asked of any site by looking at this page. Names are text, and no address of a picture is told.
"""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.records import Role
from gallery.server import collecting
from gallery.server.pages import page
from gallery.server.site import Site, site_of


def collect(request: Request) -> Response:
    """The page."""
    return page(request, "collect.html", place="Collect", roles=list(Role), **_now(site_of(request)))


def parts(request: Request) -> Response:
    """What of it changes by itself."""
    return page(request, "collect_parts.html", **_now(site_of(request)))


def _now(site: Site) -> dict[str, Any]:
    library = site.library
    found = collecting.profiles(library, list(site.model.now().images.values()))
    return {
        "patience": collecting.patience(library, site.collecting, datetime.now(UTC)),
        "profiles": found, "followed": sum(each.is_followed for each in found), "visits": collecting.visits(library),
    }


routes = [Route("/collect", collect), Route("/collect/parts", parts)]
