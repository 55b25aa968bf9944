"""Hostile pages, visited as `scrape` visits profiles: an ending for each, a sound library, and nobody else harmed."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hostile.pages import HostilePage, HostileSite
from db.checking.check import Check, Scope
from db.checking.files import Level
from db.library import Library, open_library
from demo.samples import sample_account
from scraper.browser import Chromium, open_chromium
from scraper.delays import pace_for
from scraper.report import ScrapeReport
from scraper.run import scrape_profiles
from scraper.site import Site, site_at
from scraper.targets import ProfileTarget

_MOST_S = 240
_DAYS_APART_S = 3 * 86_400      # so that no cool-down of the page before is left
_HONEST = sample_account("harbour.light", 3, width=80, height=100)


@dataclass(frozen=True)
class Visited:
    """How a visit ended; `wrong` is empty where it went as it should."""

    name: str
    reason: str
    seconds: float
    wrong: tuple[str, ...]


def visits(here: Path, pages: list[HostilePage], tell: Callable[[str], None]) -> Iterator[Visited]:
    """Each page, and after them the profile of an honest one, of which everything has to be there."""
    with (
        HostileSite(pages, [_HONEST]) as replica, open_library(here / "library") as library,
        open_chromium() as chromium,
    ):
        site = site_at(replica.base_url)
        for number, page in enumerate(pages):
            began, wrong, reason = time.monotonic(), list[str](), "error"
            try:
                report = _visit(page.account.username, library, site, chromium, number)
                reason = report.stop_reason.value
            except Exception:   # noqa: BLE001 - that there is none is what is looked for
                wrong.append(traceback.format_exc()[-1500:])
            seconds = time.monotonic() - began
            if seconds > _MOST_S:
                wrong.append(f"it took {seconds:.0f} s")
            wrong += _findings(library.root)
            tell(f"{page.name}: {reason} ({seconds:.1f} s)" + (f" WRONG: {wrong}" if wrong else ""))
            yield Visited(page.name, reason, seconds, tuple(wrong))
        began = time.monotonic()
        report = _visit(_HONEST.username, library, site, chromium, len(pages))
        missing = [] if report.images_new == 3 else [f"of 3 images of an honest profile {report.images_new} are there"]
        yield Visited("an honest page", report.stop_reason.value, time.monotonic() - began, tuple(missing))


def _visit(name: str, library: Library, site: Site, chromium: Chromium, number: int) -> ScrapeReport:
    (report,) = scrape_profiles(
        [ProfileTarget(name)], library, site, delays=pace_for(site, 0), browser=lambda: nullcontext(chromium),
        sleep=lambda _: None, wall_clock=lambda: time.time() + number * _DAYS_APART_S)
    return report


def _findings(library: Path) -> list[str]:
    check = Check(library, Scope(Level(reads=False)), lambda *_: None, sleep=lambda _: None)
    return [f"{found.kind}: {found.where}: {found.what}" for found in check.findings()]
