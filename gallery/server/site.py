"""What all answers share."""

from dataclasses import dataclass

from starlette.requests import Request

from db.library import Library
from gallery.server.model import Model
from gallery.server.thumbnails import Thumbnails


@dataclass(frozen=True)
class Site:
    """An open library with what is kept of it while it is shown."""

    library: Library
    model: Model
    thumbnails: Thumbnails
    read_only: bool = False


def site_of(request: Request) -> Site:
    """That of the application which answers."""
    site = request.app.state.site
    assert isinstance(site, Site)
    return site
