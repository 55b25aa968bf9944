"""A running Chromium for each file of tests, and a stage: replica site, library and visits to it."""

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from db.library import CATALOG, Library, open_library
from db.records import Image, Role
from demo.accounts import Account
from demo.site import ReplicaSite
from scraper.browser import Chromium, open_chromium
from scraper.delays import Delays, pace_for
from scraper.events import Event
from scraper.grid import Grid, profile_page, read_grid
from scraper.report import ScrapeReport
from scraper.run import scrape_profiles
from scraper.site import Site, site_at
from scraper.stopping import ClassifiedPosts
from scraper.targets import ProfileTarget, Target
from tests.scraper.playing import PlayedTab


# For one file of tests and no longer: while it is open, nobody else can open one in this process.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with open_chromium() as running:
        yield running


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def instagram() -> Site:
    return site_at()


@pytest.fixture
def document() -> Callable[[str], Any]:
    """The example documents: the shapes of real ones with made-up values."""

    def load(name: str) -> Any:
        return json.loads((Path(__file__).parent / "documents" / f"{name}.json").read_text())

    return load


class Stage:
    """A replica site with one account or more, and a library to visit it with."""

    def __init__(self, replica: ReplicaSite, library: Library, chromium: Chromium) -> None:
        self.replica = replica
        self.site = site_at(replica.base_url)
        self.library = library
        self.events: list[Event] = []
        self.delays: Delays | None = None
        self.browsers_opened = 0
        self.later_s = 0.0      # how far the visits' time of day is ahead
        self._chromium = chromium

    def visit_all(self, *usernames: str, **options: Any) -> list[ScrapeReport]:
        """Scrape the profiles, one after the other, in one run."""
        return self._run([ProfileTarget(name) for name in usernames], options)

    def visit_target(self, target: Target, **options: Any) -> ScrapeReport:
        """Scrape one target of any kind."""
        return self._run([target], options)[0]

    def _run(self, targets: list[Target], options: dict[str, Any]) -> list[ScrapeReport]:
        """Without pauses; the replica's log begins anew."""
        self.replica.forget_requests()
        self.events.clear()
        site = self.site
        return list(
            scrape_profiles(
                targets,
                self.library,
                site,
                delays=self.delays or pace_for(site, 0),
                listen=self.events.append,
                browser=self._browser,
                sleep=lambda seconds: None,
                wall_clock=lambda: time.time() + self.later_s,
                **options,
            )
        )

    def _browser(self) -> nullcontext[Chromium]:
        self.browsers_opened += 1
        return nullcontext(self._chromium)

    def visit(self, username: str = "harbour.light", **options: Any) -> ScrapeReport:
        return self.visit_all(username, **options)[0]

    def images(self) -> list[Image]:
        return self.library.images.find(Role.CONTENT)


@pytest.fixture
def stage(library: Library, chromium: Chromium) -> Iterator[Callable[..., Stage]]:
    running: list[ReplicaSite] = []

    def build(*accounts: Account, **settings: Any) -> Stage:
        replica = ReplicaSite(accounts, **settings).__enter__()
        running.append(replica)
        return Stage(replica, library, chromium)

    yield build
    for replica in running:
        replica.__exit__(None, None, None)


@pytest.fixture
def catalog_value(library: Library) -> Callable[[str], Any]:
    """Ask the catalog's file for one value."""

    def ask(query: str) -> Any:
        with closing(sqlite3.connect(library.root / CATALOG)) as connection:
            return connection.execute(query).fetchone()[0]

    return ask


@pytest.fixture
def read(document: Callable[[str], Any], instagram: Site) -> Callable[..., Grid]:
    """Read the example's grid on through a tab that plays these answers."""

    def reading(
        *scrolled: Any,
        known: Collection[str] = (),
        known_in_a_row: int = 6,
        limit: int | None = None,
        grid: Any = None,
        **played: Any,
    ) -> Grid:
        tab = PlayedTab(scrolled=scrolled, **played)
        documents = [document("xig_profile"), grid or document("xig_grid")]
        reading.tab = tab
        return read_grid(
            tab,
            instagram,
            profile_page(documents, "harbour.light", instagram),
            SimpleNamespace(scroll_pause_s=lambda: 0),
            limit=limit,
            known_in_a_row=known_in_a_row,
            classify=lambda posts: ClassifiedPosts(known),
            on_more=lambda count: None,
        )

    return reading
