"""The command `refresh`: every followed profile visited once, the one that waited longest first; made for cron.

One lock for the whole run: a second one leaves at once. A refusal by the site ends the visits, not only one of them.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from console.errors import BadRequest
from console.progress import scrape_progress
from console.scraping import GRAVEST_LAST
from console.stylizing import run_stylize
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from console.words import counted
from db.exit_codes import ExitCode
from db.follows import Follow
from db.library import Library, open_library
from db.records import ResultStatus, Role
from db.signals import Deadline, deadline
from db.success import write_success
from scraper.browser import Chromium, open_chromium
from scraper.delays import Delays, pace_for
from scraper.events import Event, VisitEnded
from scraper.report import ScrapeReport, StopReason
from scraper.run import scrape_profiles
from scraper.site import DEFAULT_BASE_URL, Site, site_at
from scraper.targets import ProfileTarget

_MOST_MINUTES = 366 * 24 * 60       # the timer takes more, but not all that a float can be


@dataclass(frozen=True)
class RefreshOptions:
    """What the user asked of `refresh`."""

    stylize: bool = False
    max_minutes: float | None = None
    spread_minutes: float = 0
    base_url: str | None = None
    page_delay_s: float | None = None


class _RunCounts:
    """What a run has done so far; `code` is the gravest of what it met."""

    def __init__(self) -> None:
        self.code = 0
        self.counts = Counter[str](
            followed=0,
            visited=0,
            posts_new=0,
            images_new=0,
            images_failed=0,
            posts_unread=0,
            nodes_unread=0,
            page_loads=0,
            pictures_made=0,
        )

    def worsen(self, code: int) -> None:
        self.code = max(self.code, code, key=GRAVEST_LAST.index)


@dataclass(frozen=True)
class Surroundings:
    """What visits need from outside: a browser, a way to wait, and the time of day."""

    browser: Callable[[], AbstractContextManager[Chromium]] = open_chromium
    sleep: Callable[[float], None] = time.sleep
    wall_clock: Callable[[], float] = time.time


def run_refresh(
    terminal: Terminal, root: Path, options: RefreshOptions, around: Surroundings = Surroundings()
) -> int:
    """Visit the followed profiles, then make the new pictures if wished; the gravest exit code of all."""
    minutes = options.max_minutes
    if minutes is not None and not 0 < minutes <= _MOST_MINUTES:     # a timer of 0 never rings
        raise BadRequest(f"--max-minutes {minutes:g}: expected more than 0 and at most {_MOST_MINUTES}")
    site = site_at(options.base_url or DEFAULT_BASE_URL)
    delays = pace_for(site, options.page_delay_s)
    tally = _RunCounts()
    with open_library(root, create=False) as library, library.lock("refresh"):
        around.sleep(random.uniform(0, options.spread_minutes * 60))
        with library.runs.record("refresh", "followed profiles") as note:
            with deadline(None if minutes is None else minutes * 60) as limit:
                _visit_all(terminal, library, site, delays, tally, around)
                if options.stylize:
                    _stylize(terminal, library, tally)
            note.counts = dict(tally.counts)
            note.outcome = "done" if tally.code == 0 else f"exit code {tally.code}"
        if tally.code == 0:
            write_success(library.root, dict(tally.counts))
    _tell(terminal, tally, limit)
    return tally.code


def _visit_all(
    terminal: Terminal, library: Library, site: Site, delays: Delays, tally: _RunCounts, around: Surroundings
) -> None:
    follows = library.follows.all()
    tally.counts["followed"] = len(follows)
    for follow in follows:
        report, message = _visit(terminal, library, site, delays, follow, around)
        fields = report.as_json()
        terminal.record(fields.pop("type"), **fields)
        tally.counts.update(
            visited=int(report.page_loads > 0),
            posts_new=report.posts_new,
            images_new=report.images_new,
            images_failed=report.images_failed,
            posts_unread=report.posts_unread,
            nodes_unread=report.nodes_unread,
            page_loads=report.page_loads,
        )
        if report.stop_reason is StopReason.INTERRUPTED:
            raise KeyboardInterrupt     # the visit has put it aside to end in order
        if report.exit_code:
            terminal.error(f"{follow.username}: {message}")
        tally.worsen(report.exit_code)
        if report.exit_code == ExitCode.TRY_LATER:
            return


def _visit(
    terminal: Terminal, library: Library, site: Site, delays: Delays, follow: Follow, around: Surroundings
) -> tuple[ScrapeReport, str]:
    """The report and how the visit ended in words."""
    message = ""

    def hear(event: Event) -> None:
        nonlocal message
        if isinstance(event, VisitEnded):
            message = event.message
        show(event)

    with scrape_progress(terminal) as show:
        (report,) = scrape_profiles(
            [ProfileTarget(follow.username)],
            library,
            site,
            role=follow.role,
            limit=follow.limit,
            delays=delays,
            listen=hear,
            browser=around.browser,
            sleep=around.sleep,
            wall_clock=around.wall_clock,
        )
    if report.page_loads:
        # Also after a refusal: a profile that is always refused must not keep the others from their turn.
        library.follows.visited(follow.username, report.pk, report.stop_reason.value)
    return report, message


def _stylize(terminal: Terminal, library: Library, tally: _RunCounts) -> None:
    """Make the missing pictures, once there is something of either kind."""
    if not (library.images.find(Role.CONTENT) and library.images.find(Role.STYLE)):
        return
    before = library.results.counts()[ResultStatus.DONE]
    try:
        tally.worsen(run_stylize(terminal, library.root, ImageSelection(every=True), RecipeOptions(), Machine()))
    finally:
        tally.counts["pictures_made"] = library.results.counts()[ResultStatus.DONE] - before


def _tell(terminal: Terminal, tally: _RunCounts, limit: Deadline) -> None:
    counts = tally.counts
    finished_at = datetime.now(UTC).isoformat(timespec="seconds")   # first, for the line ends up in a log of nights
    terminal.record("refresh", finished_at=finished_at, **counts, time_up=limit.passed)
    parts = [
        f"{counts['visited']} of {counted(counts['followed'], 'followed profile')} visited",
        counted(counts["posts_new"], "new post"),
        counted(counts["images_new"], "new image"),
        f"{counts['images_failed']} failed",
        f"{counted(counts['page_loads'], 'page')} opened",
        f"{counted(counts['pictures_made'], 'picture')} made",
    ]
    terminal.answer(f"{finished_at} {', '.join(parts)}" + ("; the time was up" if limit.passed else ""))
