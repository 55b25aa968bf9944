"""The door for programs: public pages visited as the command line visits them.

Invariant: it is as polite as the command line: pauses, the budget of pages an hour, cool-downs and the lock of the
library all hold, and nobody signs in.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from db import api
from db.library import Library, open_library
from db.records import Role
from scraper.dates import parse_since, parse_until
from scraper.delays import pace_for
from scraper.errors import BadSetting
from scraper.events import Listener
from scraper.report import ScrapeReport
from scraper.run import scrape_profiles
from scraper.selection import Selection
from scraper.site import DEFAULT_BASE_URL, site_at
from scraper.targets import parse_target


def scrape(
    targets: str | Iterable[str],
    *,
    library: str | os.PathLike[str] | api.Library,
    role: str | None = None,
    limit: int | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    full: bool = False,
    dry_run: bool = False,
    page_delay_s: float | None = None,
    pages_per_hour: int | None = None,
    base_url: str = DEFAULT_BASE_URL,
    on_event: Listener = lambda event: None,
) -> Iterator[ScrapeReport]:
    """Visits public profiles and posts (names or links), and yields a report as each visit ends.

    Instagram's terms restrict automated collection, and the pictures belong to their authors: what you may collect,
    and do with it, is yours to find out first. Pages are opened slowly, and a refusal is respected for hours.

    Images go into `library`, a folder that is made if need be, or one that is open. `limit` looks at so many of the
    newest posts of each; the rest are options of `stylegram scrape`. A visit that fails says so in its report. Nothing
    happens before the first report is asked for. Raises BadTarget and BadSetting, LibraryBusy while another run
    visits, BrowserMissing, and others of `scraper.errors` and `db.errors`.
    """
    if limit is not None and limit < 1:
        raise BadSetting(f"limit must be at least 1, not {limit}")
    if role is not None and role not in list(Role):
        raise BadSetting(f"role must be one of {', '.join(Role)}, not {role!r}")
    site = site_at(base_url)
    found = list(dict.fromkeys(map(parse_target, [targets] if isinstance(targets, str) else targets)))
    selection = Selection(_moment(since, parse_since), _moment(until, parse_until), full=full)
    delays = pace_for(site, page_delay_s, pages_per_hour)

    def visits() -> Iterator[ScrapeReport]:
        with _opened(library) as opened:
            yield from scrape_profiles(
                found, opened, site, role=None if role is None else Role(role), limit=limit, dry_run=dry_run,
                selection=selection, delays=delays, listen=on_event)

    return visits()


def _moment(said: str | datetime | None, parse: Callable[[str], datetime]) -> datetime | None:
    """As behind `--since` and `--until`; one without a time zone is in UTC, as there."""
    if said is None or isinstance(said, str):
        return None if said is None else parse(said)
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said


def _opened(library: str | os.PathLike[str] | api.Library) -> AbstractContextManager[Library]:
    return nullcontext(library.inner) if isinstance(library, api.Library) else open_library(Path(library))
