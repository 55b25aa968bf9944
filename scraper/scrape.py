"""Profiles from end to end: one browser, one visit after the other, a report for each.

Every visit ends with a report that says truthfully why; a wall in place of a profile's page is an answer for
the profiles that would have come next, too.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict

from db.library import Library
from db.records import Role
from db.runs import RunNote
from scraper.browser import Chromium, open_chromium
from scraper.collect import Tools
from scraper.download import Downloader
from scraper.errors import (
    BrowserFailed,
    LoginWall,
    NetworkFailed,
    PageChanged,
    ProfileNotFound,
    ProfilePrivate,
    ScrapeError,
    Throttled,
)
from scraper.events import Listener, VisitEnded
from scraper.pace import Pace, pace_for
from scraper.page import open_tab
from scraper.report import ScrapeReport, StopReason
from scraper.site import Site
from scraper.targets import ProfileTarget
from scraper.visit import Order, Visit

_RUNS_LOOKED_BACK = 100

_REASONS: dict[type[ScrapeError], StopReason] = {
    ProfileNotFound: StopReason.NOT_FOUND,
    ProfilePrivate: StopReason.PRIVATE,
    LoginWall: StopReason.LOGIN_WALL,
    Throttled: StopReason.THROTTLED,
    NetworkFailed: StopReason.NETWORK,
    BrowserFailed: StopReason.NETWORK,
    PageChanged: StopReason.PAGE_CHANGED,
}
_MESSAGES = {
    StopReason.END_OF_TIMELINE: "the whole timeline was seen",
    StopReason.CAUGHT_UP: "from here on everything is known",
    StopReason.LIMIT: "as many posts as asked for",
    StopReason.LOGIN_WALL: "the site shows visitors no more posts than these",
    StopReason.THROTTLED: "the site holds back further posts for now",
    StopReason.INTERRUPTED: "interrupted; the next run goes on from here",
}

# Visits that ended like this left nothing unread between the posts that they found and those known before.
_GAPLESS = frozenset({StopReason.END_OF_TIMELINE, StopReason.CAUGHT_UP, StopReason.LOGIN_WALL})


def scrape_profiles(
    targets: Sequence[ProfileTarget],
    library: Library,
    site: Site,
    *,
    role: Role | None = None,
    limit: int | None = None,
    dry_run: bool = False,
    pace: Pace | None = None,
    listen: Listener = lambda event: None,
    browser: Callable[[], AbstractContextManager[Chromium]] = open_chromium,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[ScrapeReport]:
    """Visit the profiles in turn, yielding each report as its visit ends. Holds the library's scrape lock.

    `role` None keeps a known profile's role (content for a new one); `limit` looks at so many of the newest
    posts of each; `dry_run` reads the profile pages and changes nothing; `sleep` waits between attempts at an
    image. A KeyboardInterrupt during a visit ends it with the report `interrupted` and the run with it. Raises
    BrowserMissing, BrowserFailed, and db's errors when the library is busy or cannot be written.
    """
    pace = pace or pace_for(site)
    wall: StopReason | None = None
    with library.lock("scrape"), browser() as chromium:
        library.store.clear_stale()
        for target in targets:
            if wall is not None:
                listen(VisitEnded(target.username, wall.value, "not visited: the site refused just before"))
                yield ScrapeReport(target.username, None, wall)
                continue
            order = Order(role, limit, dry_run, gapless=_gapless_so_far(library, target.username))
            report = _visit(target.username, order, library, site, chromium, pace, listen, sleep)
            yield report
            if report.stop_reason is StopReason.INTERRUPTED:
                return
            refused = report.stop_reason is StopReason.LOGIN_WALL and not report.posts_seen
            if refused or report.stop_reason is StopReason.THROTTLED:
                wall = report.stop_reason


def _visit(
    username: str,
    order: Order,
    library: Library,
    site: Site,
    chromium: Chromium,
    pace: Pace,
    listen: Listener,
    sleep: Callable[[float], None],
) -> ScrapeReport:
    recording = nullcontext(RunNote()) if order.dry_run else library.runs.record("scrape", username)
    with (
        open_tab(chromium, site) as tab,
        Downloader(site, tab.user_agent, sleep=sleep) as downloader,
        recording as note,
    ):
        visit = Visit(username, order, Tools(library, site, tab, pace, downloader, listen))
        try:
            reason, message = _reason_for_end(visit)
            note.outcome = reason.value
        finally:
            note.counts = {**asdict(visit.tally), "page_loads": tab.page_loads}
    listen(VisitEnded(username, reason.value, message))
    return ScrapeReport(username, visit.pk, reason, **asdict(visit.tally), page_loads=tab.page_loads)


def _reason_for_end(visit: Visit) -> tuple[StopReason, str]:
    """Run the visit to its end, whatever that is; only db's errors and bugs pass."""
    try:
        reason = visit.run()
    except KeyboardInterrupt:
        reason = StopReason.INTERRUPTED
    except ScrapeError as error:
        return _REASONS[type(error)], str(error)
    return reason, _MESSAGES[reason]


def _gapless_so_far(library: Library, username: str) -> bool:
    """Whether known posts in a row prove that everything older is known too.

    A visit that recorded new posts and stopped early, or was killed, may have left a gap below them; one that
    found nothing new changed nothing.
    """
    for run in library.runs.of("scrape", username, _RUNS_LOOKED_BACK):
        if run.outcome in _GAPLESS:
            return True
        if run.ended_at is None or run.counts.get("posts_new", 0):
            return False
    return False
