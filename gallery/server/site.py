"""What all answers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from db.jobs import Stage
from db.library import Library
from db.live import InHand
from db.selection.terms import split
from gallery.server.alike import AlikePairs
from gallery.server.bulletin import Bulletin
from gallery.server.collecting import INSTAGRAM, Collecting
from gallery.server.hanging import Hanging, Wish, hang
from gallery.server.menu import Menu
from gallery.server.model import Model
from gallery.server.thumbnails import Thumbnails


@dataclass(frozen=True)
class Site:
    """An open library with what is kept of it while it is shown."""

    library: Library
    model: Model
    thumbnails: Thumbnails
    bulletin: Bulletin
    menu: Menu
    read_only: bool = False
    collecting: Collecting = INSTAGRAM
    alike: AlikePairs = field(default_factory=AlikePairs)


def site_of(request: Request) -> Site:
    """That of the application which answers."""
    site = request.app.state.site
    assert isinstance(site, Site)
    if not hasattr(request.state, "heard"):     # before anything is read: what comes in between is told to the page
        request.state.heard = site.bulletin.last_id
    return site


@dataclass(frozen=True)
class AtWork:
    """The pairs that are being made or wait for it, and those in hand by their pair."""

    pairs: tuple[tuple[int, int], ...] = ()
    waiting: frozenset[tuple[int, int]] = frozenset()
    in_hand: Mapping[tuple[int, int], InHand] = field(default_factory=dict)


def at_work(site: Site) -> AtWork:
    """What is being made now, whoever started it, and what waits for its turn."""
    run = site.library.live.read()
    pairs: list[tuple[int, int]] = []
    in_hand: dict[tuple[int, int], InHand] = {}
    if run is not None and run.goes_on:
        in_hand = {(each.content_id, each.style_id): each for each in run.in_hand}
        pairs += [*in_hand, *run.waiting]
    # One that has just begun tells of its pairs in a moment.
    silent = {Stage.WAITING} if run is not None and run.goes_on else {Stage.WAITING, Stage.RUNNING}
    jobs = [job for job in site.library.jobs.all() if job.stage in silent]
    all_of_them = tuple(dict.fromkeys([*pairs, *(pair for job in jobs for pair in job.pairs)]))
    return AtWork(all_of_them, frozenset(all_of_them) - in_hand.keys(), in_hand)


def hung(site: Site, wish: Wish) -> Hanging:
    """What hangs on the wall as it is wished. Raises BadSelection for words that name nothing."""
    state = site.model.now()
    named = None if wish.q is None else frozenset(site.library.selections.result_ids(split(wish.q)))
    return hang(state, wish, named, () if wish.filters else at_work(site).pairs)
