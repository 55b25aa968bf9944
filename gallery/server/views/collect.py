"""Collect: which profiles are followed, how their last visits ended, and what the site allows just now.

Invariant: nothing is asked of any site by looking at this page. Names are text, and no address of a picture is told.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.errors import BadQuery
from db.jobs import Job, Stage
from db.records import Role
from gallery.labels import plain
from gallery.server import collecting
from gallery.server.export_wish import FORMS, SUBJECTS, ExportWish
from gallery.server.pages import page
from gallery.server.picking import ROLES, Pick
from gallery.server.site import Site, site_of

MOST_PAST = 6


@dataclass(frozen=True)
class Errand:
    """A visit or an export that was started here."""

    id: int
    words: str
    stage: str
    problem: str
    made_at: datetime
    is_running: bool


@dataclass(frozen=True)
class Offer:
    """An export as it is wished: of how many it would be, its command line, and whether it can be started here."""

    wish: ExportWish
    words: str
    is_empty: bool
    complaint: str
    command: str
    folder: str
    further: tuple[tuple[str, object], ...]     # filters that the form has no field for
    wider: str                                  # where it is offered without them


def collect(request: Request) -> Response:
    """The page."""
    site = site_of(request)
    return page(
        request, "collect.html", place="Collect", roles=list(Role), export_roles=ROLES, forms=FORMS, subjects=SUBJECTS,
        offer=_offer(site, ExportWish.of(request.query_params)), is_asked="name" in request.query_params, **_now(site))


def parts(request: Request) -> Response:
    """What of it changes by itself."""
    return page(request, "collect_parts.html", **_now(site_of(request)))


def _now(site: Site) -> dict[str, Any]:
    library = site.library
    found = collecting.profiles(library, list(site.model.now().images.values()))
    errands = [_errand(job) for job in reversed(library.errands.all())]
    return {
        "patience": collecting.patience(library, site.collecting, datetime.now(UTC)),
        "profiles": found, "followed": sum(each.is_followed for each in found), "visits": collecting.visits(library),
        "errands": [each for each in errands if each.is_running], "can_start": bool(site.menu.program),
        "past": [each for each in errands if not each.is_running][:MOST_PAST],
    }


def _errand(job: Job) -> Errand:
    return Errand(job.id, plain(job.words), job.stage.value, plain(job.problem), job.made_at,
                  job.stage is Stage.RUNNING)


def _offer(site: Site, wish: ExportWish) -> Offer:
    """Where no folder is known, the command names one beside which it is started."""
    (count, left_out), complaint, folder = (0, 0), "", site.collecting.exports
    try:
        count, left_out = wish.count(site.library)
    except BadQuery as error:
        complaint = str(error)
    command = wish.command(site.library.root, folder or Path())
    nouns = SUBJECTS[wish.subject].partition(":")[0]
    words = f"1 {nouns.removesuffix('s')}" if count == 1 else f"{count:,} {nouns}"
    if left_out:
        words += f"; {left_out:,} more {'is' if left_out == 1 else 'are'} excluded and left out"
    pick = Pick(q=wish.pick.q, role=wish.pick.role)
    further = tuple((name, value) for name, value in vars(wish.pick).items() if value != getattr(pick, name))
    return Offer(
        wish, words, count == 0, complaint, command, "" if folder is None else str(folder / wish.name), further,
        replace(wish, pick=pick).address())


routes = [Route("/collect", collect), Route("/collect/parts", parts)]
