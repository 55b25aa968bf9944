"""Profiles from end to end: one browser, one visit after the other, a report for each.

Every visit ends with a report that says truthfully why. A refusal is an answer for the profiles that would have
come next, too: it starts a cool-down, in which neither they nor later runs ask for anything.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from db.forgotten import Kind
from db.library import Library
from db.politeness import NO_ANSWER, Answer
from db.records import Role
from db.runs import RunNote
from scraper.browser import Chromium, open_chromium
from scraper.collect import Tools
from scraper.delays import Delays, pace_for
from scraper.download import AT_ONCE, Downloader
from scraper.errors import (
    BrowserFailed,
    BudgetSpent,
    CoolingDown,
    LoginWall,
    NetworkFailed,
    NotYet,
    OwnerChanged,
    PageChanged,
    PartlyChanged,
    PostUnavailable,
    ProfileNotFound,
    ProfilePrivate,
    Refused,
    ScrapeError,
    Throttled,
)
from scraper.events import Listener, VisitEnded
from scraper.page import Tab, open_tab
from scraper.post_visit import PostVisit
from scraper.posts import Profile
from scraper.proxies import find_proxy
from scraper.rate_limiter import RateLimiter
from scraper.report import ScrapeReport, StopReason
from scraper.samples import keep_sample
from scraper.selection import EVERYTHING, Selection
from scraper.site import Site
from scraper.targets import PostTarget, ProfileTarget, Target
from scraper.visit import Visit, VisitOptions

_RUNS_LOOKED_BACK = 100

_REASONS: dict[type[ScrapeError], StopReason] = {
    ProfileNotFound: StopReason.NOT_FOUND,
    ProfilePrivate: StopReason.PRIVATE,
    PostUnavailable: StopReason.NOT_FOUND,
    OwnerChanged: StopReason.OWNER_CHANGED,
    LoginWall: StopReason.LOGIN,
    Throttled: StopReason.THROTTLED,
    CoolingDown: StopReason.COOL_DOWN,
    BudgetSpent: StopReason.PAGE_BUDGET,
    NetworkFailed: StopReason.NETWORK,
    BrowserFailed: StopReason.NETWORK,
    PageChanged: StopReason.PAGE_CHANGED,
    PartlyChanged: StopReason.PARTLY_READ,
}
_MESSAGES = {
    StopReason.END_OF_TIMELINE: "the whole timeline was seen",
    StopReason.CAUGHT_UP: "from here on everything is known",
    StopReason.DATE: "what follows is older than asked for",
    StopReason.LIMIT: "as many posts as asked for",
    StopReason.LOGIN_WALL: "the site shows visitors no more posts than these",
    StopReason.FORGOTTEN: "you had it removed; `forget --take-back` lets it be visited again",
    StopReason.INTERRUPTED: "interrupted; the next run goes on from here",
}

_KEPT = "a sample of it is kept, which `reparse` reads again after an update"

# Visits that ended like this left nothing unread between the posts that they found and those known before.
_GAPLESS = frozenset({StopReason.END_OF_TIMELINE, StopReason.CAUGHT_UP, StopReason.LOGIN_WALL})


@dataclass(frozen=True)
class _Setting:
    """What all visits of a run have in common."""

    library: Library
    site: Site
    limiter: RateLimiter
    listen: Listener
    sleep: Callable[[float], None]
    wall_clock: Callable[[], float]
    downloads: int


@dataclass(frozen=True)
class _Ending:
    """How a visit ended, in words too; `not_before` is when the next page may be asked for."""

    reason: StopReason
    message: str
    not_before: datetime | None = None
    refusal: Refused | None = None
    changed: PageChanged | None = None


def scrape_profiles(
    targets: Sequence[Target],
    library: Library,
    site: Site,
    *,
    role: Role | None = None,
    limit: int | None = None,
    dry_run: bool = False,
    selection: Selection = EVERYTHING,
    accept_new_owner: bool = False,
    delays: Delays | None = None,
    downloads: int = AT_ONCE,
    listen: Listener = lambda event: None,
    browser: Callable[[], AbstractContextManager[Chromium]] = open_chromium,
    sleep: Callable[[float], None] = time.sleep,
    wall_clock: Callable[[], float] = time.time,
) -> Iterator[ScrapeReport]:
    """Visit the profiles and posts in turn, yielding each report as its visit ends. Holds the library's scrape lock.

    `role` None keeps a known profile's role (content for a new one); `limit` looks at so many of the newest
    posts of each; `dry_run` reads the profile pages and changes nothing; `downloads` is how many images of a post may
    be fetched at once; `sleep` waits between pages and, in threads too, between attempts at an image. A
    KeyboardInterrupt during a visit ends it with the report `interrupted` and the run with it. Raises ProxyUnusable,
    BrowserMissing, BrowserFailed, and db's errors when the library is busy or cannot be written.
    """
    with library.lock("scrape"), ExitStack() as stack:
        library.store.clear_stale()
        limiter = RateLimiter(site, delays or pace_for(site), library.politeness, wall_clock=wall_clock, sleep=sleep)
        setting = _Setting(library, site, limiter, listen, sleep, wall_clock, downloads)
        chromium: Chromium | None = None
        for target in targets:
            name = target.code if isinstance(target, PostTarget) else target.username
            ending = _not_visited(target, library, limiter)
            if ending is not None:
                listen(VisitEnded(name, ending.reason.value, ending.message))
                yield ScrapeReport(name, None, ending.reason, not_before=ending.not_before)
                continue
            if chromium is None:
                find_proxy(site)    # before anything is asked for, and before a try is used up
                chromium = stack.enter_context(browser())
            gapless = isinstance(target, ProfileTarget) and _gapless_so_far(library, name)
            options = VisitOptions(role, limit, dry_run, selection, accept_new_owner, gapless)
            try:
                report = _visit(target, name, options, setting, chromium)
            except KeyboardInterrupt:   # while its tab was opened or closed
                report = ScrapeReport(name, None, StopReason.INTERRUPTED)
            yield report
            if report.stop_reason is StopReason.INTERRUPTED:
                return


def _not_visited(target: Target, library: Library, limiter: RateLimiter) -> _Ending | None:
    """Why a target is not even asked for, or None."""
    if isinstance(target, ProfileTarget) and library.forgotten.has(Kind.PROFILE, target.username):
        return _Ending(StopReason.FORGOTTEN, _MESSAGES[StopReason.FORGOTTEN])
    try:
        limiter.check()
    except CoolingDown as cool_down:
        return _Ending(StopReason.COOL_DOWN, str(cool_down), cool_down.not_before)
    return None


def _visit(target: Target, name: str, options: VisitOptions, setting: _Setting, chromium: Chromium) -> ScrapeReport:
    library, site = setting.library, setting.site
    recording = nullcontext(RunNote()) if options.dry_run else library.runs.record("scrape", name)
    with (
        open_tab(chromium, site) as tab,
        _downloader(tab, options, setting) as downloader,
        recording as note,
    ):
        tools = Tools(
            library, site, tab, setting.limiter, downloader, setting.listen, options.selection,
            keeps_samples=not options.dry_run,
        )
        kind = PostVisit if isinstance(target, PostTarget) else Visit
        visit = kind(name, options, tools)
        try:
            ending = _end_of(visit)
            note.outcome = ending.reason.value
            if ending.refusal is not None and ending.refusal not in visit.refusals:
                visit.refusals.append(ending.refusal)
        finally:
            evidence = _evidence(visit.refusals, visit.asides) | ({"is_walled": True} if visit.is_walled else {})
            note.counts = {**asdict(visit.counts), "page_loads": tab.page_loads, **evidence}
    if ending.changed is not None and not options.dry_run:
        owner = None if visit.pk is None else Profile(visit.pk, visit.name)
        kept = keep_sample(library, site, ending.changed, options.role, owner)
        ending = replace(ending, message=f"{ending.message}; {_KEPT}") if kept else ending
    cool_down = visit.cool_down
    if cool_down is None and _is_refusal(ending.reason, visit.counts.posts_seen):
        answer = ending.refusal.answer if ending.refusal is not None else NO_ANSWER
        cool_down = setting.limiter.refused(f"{name}: {ending.message}", answer)
    if cool_down is not None:
        ending = replace(ending, not_before=cool_down.until)
    report = ScrapeReport(
        visit.name, visit.pk, ending.reason, **asdict(visit.counts), page_loads=tab.page_loads,
        not_before=ending.not_before,
    )
    setting.listen(VisitEnded(visit.name, ending.reason.value, ending.message))
    return report


def _downloader(tab: Tab, options: VisitOptions, setting: _Setting) -> Downloader:
    return Downloader(
        setting.site,
        tab.user_agent,
        despite_robots_tag=options.selection.despite_robots_tag,
        at_once=setting.downloads,
        sleep=setting.sleep,
        wall_clock=setting.wall_clock,
    )


def _is_refusal(reason: StopReason, posts_seen: int) -> bool:
    """Whether the site has refused. A dialog that ends a grid is no refusal: visitors are shown no more than that."""
    refused = reason in (StopReason.LOGIN, StopReason.THROTTLED)
    return refused or (reason is StopReason.LOGIN_WALL and not posts_seen)


def _evidence(refusals: Sequence[Refused], asides: Sequence[Answer]) -> dict[str, Any]:
    """What the log of runs keeps of the refusals that a visit met; nothing when it met none."""
    said = [{"message": str(refusal), **asdict(refusal.answer)} for refusal in refusals]
    beside = [asdict(answer) for answer in asides]
    return ({"refusals": said} if said else {}) | ({"refused_asides": beside} if beside else {})


def _end_of(visit: Visit | PostVisit) -> _Ending:
    """Run the visit to its end, whatever that is; only db's errors and bugs pass."""
    try:
        reason = visit.run()
    except KeyboardInterrupt:
        reason = StopReason.INTERRUPTED
    except ScrapeError as error:
        not_before = error.not_before if isinstance(error, NotYet) else None
        refusal = error if isinstance(error, Refused) else None
        changed = error if isinstance(error, PageChanged) else None
        return _Ending(_REASONS[type(error)], str(error), not_before, refusal, changed)
    return _Ending(reason, _MESSAGES[reason])


def _gapless_so_far(library: Library, username: str) -> bool:
    """Whether known posts in a row prove that everything older is known too.

    A visit that recorded new posts and stopped early, or was killed, may have left a gap below them; one that
    found nothing new changed nothing.
    """
    for run in library.runs.of("scrape", username, _RUNS_LOOKED_BACK):
        # A grid that just went on no more, though, says nothing of what lies below it; nor does a dialog over none.
        is_walled = run.counts.get("is_walled") and run.counts.get("posts_seen", 0)
        if run.outcome in _GAPLESS and (run.outcome != StopReason.LOGIN_WALL or is_walled):
            return True
        if run.ended_at is None or run.counts.get("posts_new", 0):
            return False
    return False
