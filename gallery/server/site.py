"""What all answers share."""

from dataclasses import dataclass

from starlette.requests import Request

from db.library import Library
from db.selection.terms import split
from gallery.server.bulletin import Bulletin
from gallery.server.collecting import INSTAGRAM, Collecting
from gallery.server.hanging import Hanging, Wish, hang
from gallery.server.model import Model
from gallery.server.thumbnails import Thumbnails


@dataclass(frozen=True)
class Site:
    """An open library with what is kept of it while it is shown."""

    library: Library
    model: Model
    thumbnails: Thumbnails
    bulletin: Bulletin
    read_only: bool = False
    collecting: Collecting = INSTAGRAM


def site_of(request: Request) -> Site:
    """That of the application which answers."""
    site = request.app.state.site
    assert isinstance(site, Site)
    if not hasattr(request.state, "heard"):     # before anything is read: what comes in between is told to the page
        request.state.heard = site.bulletin.last_id
    return site


def hung(site: Site, wish: Wish) -> Hanging:
    """What hangs on the wall as it is wished. Raises BadSelection for words that name nothing."""
    state = site.model.now()
    named = None if wish.q is None else frozenset(site.library.selections.result_ids(split(wish.q)))
    return hang(state, wish, named)
