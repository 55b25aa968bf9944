"""One visitor's tab: open a page, scroll it, and hand out the raw documents that it carries and loads.

The site is asked for pages only; its data is read from the page's own HTML and from the responses to the page's
own requests as they pass. A dialog is looked at and never touched. Every wait has a limit, whatever the page's scripts
do, and no connection leads away from the site.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request, Response, Route
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from db.politeness import Answer
from scraper.browser import Chromium
from scraper.egress import Egress, open_egress
from scraper.errors import BrowserFailed, NetworkFailed
from scraper.parser.documents import LARGEST_TEXT, Json, blocks, body, pictures_named
from scraper.parser.page_kind import PageKind, page_kind, route
from scraper.passing import Passed, asked
from scraper.site import Site
from scraper.window import Listeners, Window

_PAGE_TIMEOUT_MS = 30_000
_QUIET_TIMEOUT_MS = 18_000
_DATA_TIMEOUT_S = 15.0
_TICK_MS = 50
_MOST_READ, _MOST_PASSING = 200, 1_000      # answers between two takes: read, and noted

_DATA_PATHS = ("/api/graphql", "/graphql/query", "/api/v1/")
_BY_SCRIPT = ("fetch", "xhr")
_ABORTED = "net::ERR_ABORTED"       # by the page itself, as when it leads to another one
_UNNEEDED = frozenset({"font", "image", "media"})   # pictures are fetched once, in full size, by download.py

# True when the page moved. At the bottom it does not, and then nothing tells its script to load more.
_SCROLL_DOWN = "() => { const y = scrollY; scrollBy(0, innerHeight); return scrollY > y; }"
_SCROLL_BACK = "() => scrollBy(0, -innerHeight / 2)"

# A dialog on screen that leads into an account, in whatever language. A consent dialog does not, and stays.
_ASKS_FOR_LOGIN = """() => [...document.querySelectorAll('[role="dialog"]')].some(
    dialog => dialog.getClientRects().length > 0
        && dialog.querySelector('a[href*="/accounts/"], input[type="password"]') !== null)"""


@dataclass(frozen=True)
class PageRead:
    """A page as it was answered: what it is and the documents in its HTML."""

    kind: PageKind
    documents: list[Json]


class Tab:
    """A tab in a fresh context: `page_loads` pages asked for, by a browser that calls itself `user_agent`."""

    def __init__(self, context: BrowserContext, site: Site, egress: Egress) -> None:
        self.page_loads = 0
        self._site, self._egress = site, egress
        self._passing: list[Passed] = []
        self.failure: str | None = None     # of the page itself, in words
        self._is_scrolled = False
        self._in_flight: dict[Request, float] = {}      # since when, by the monotonic clock
        self._statuses: list[int] = []      # of the answers to this page's navigation
        self._asked = ""                    # ... and the address that it came to, redirects included
        self._read = ("", "")               # the address and the route of the page that was read last
        self.pictures_named = 0                 # ... and how many pictures of posts its text names
        context.route("**/*", self._route)
        listeners: Listeners = {
            "request": self._requested,
            "response": self._answered,
            "requestfailed": self._failed,
        }
        self._window = Window(context, listeners, self._ended)
        self.user_agent = str(self._window.evaluate("navigator.userAgent"))

    def open(self, url: str) -> PageRead:
        """Ask for a page of the site. Raises NetworkFailed when none arrives, BrowserFailed when Chromium has died."""
        with _chromium_at_work():
            self._window.renew()
        self._passing.clear()
        self._in_flight.clear()
        self._statuses.clear()
        self.failure, self._is_scrolled = None, False
        self._asked, self._read, self.pictures_named = url, (url, ""), 0
        self.page_loads += 1
        try:
            response = self._page.goto(url, wait_until="domcontentloaded", timeout=_PAGE_TIMEOUT_MS)
            if response is None:
                raise NetworkFailed(f"{url}: no answer")
            if not self._site.serves_pages(response.url):
                # Redirects pass no route, and may lead to a host of images; what that says is not read.
                raise NetworkFailed(f"{url}: {self._leads_away()}")
            html = self._html(response)
        except PlaywrightError as error:
            if isinstance(error, PlaywrightTimeout):
                self._window.end("the page did not load in time")
            if not self._site.serves_pages(self._asked):
                raise NetworkFailed(f"{url}: {self._leads_away()}") from error
            if self._statuses and self._statuses[-1] >= 400:
                # Chromium calls an error without a body a failure to load.
                return PageRead(_kind_by_status(url, self._statuses[-1]), [])
            why = self.failure or self._egress.why_not(self._asked) or _first_line(error)
            raise NetworkFailed(f"{url}: {why}") from error
        documents = blocks(html) or body(html)
        kind = page_kind(response.url, html, documents)
        self._read, self.pictures_named = (response.url, route(html) or ""), pictures_named(html)
        if kind is PageKind.UNKNOWN:
            kind = _kind_by_status(url, response.status)
        return PageRead(kind, documents)

    def wait_for_data(self) -> list[Passed]:
        """Let the page finish what it loads by itself, and take what passed."""
        with suppress(PlaywrightError):    # a page that never falls quiet is read as far as it came
            self._page.wait_for_load_state("networkidle", timeout=_QUIET_TIMEOUT_MS)
        return self.take_passing()

    def scroll(self, pause_s: float) -> list[Passed]:
        """Scroll on by a screen (at the bottom: back and down again), look for `pause_s`, take what passed."""
        self._is_scrolled = True
        with suppress(PlaywrightError):     # it has ended, or is being replaced by another one; `wall` tells which
            if not self._window.evaluate(_SCROLL_DOWN):
                self._window.evaluate(_SCROLL_BACK)
                self._page.wait_for_timeout(pause_s * 1000)
                self._window.evaluate(_SCROLL_DOWN)
            self._page.wait_for_timeout(pause_s * 1000)
        return self.take_passing()

    def take_passing(self) -> list[Passed]:
        """What came of the page's own requests since the last take, waiting for those under way.

        One that hangs is waited for once, not at every take.
        """
        began = time.monotonic()
        with suppress(PlaywrightError):    # a page that has gone away loads nothing more
            while (now := time.monotonic()) - began < _DATA_TIMEOUT_S and any(
                now - since < _DATA_TIMEOUT_S for since in self._in_flight.values()
            ):
                self._page.wait_for_timeout(_TICK_MS)
        taken = list(self._passing)
        self._passing.clear()
        return taken

    def wall(self) -> PageKind | None:
        """LOGIN or CHALLENGE if the page has turned into one, or LOGIN if a dialog that asks for it lies on it."""
        if self.led_away is not None:
            return None     # what is not the site's asks for nothing in its name
        kind = page_kind(self._page.url, "", [])
        if kind is not PageKind.UNKNOWN:
            return kind
        try:
            return PageKind.LOGIN if self._window.evaluate(_ASKS_FOR_LOGIN) else None
        except PlaywrightError:
            return None     # between two pages: the next look sees the new one

    @property
    def led_away(self) -> str | None:
        """That the page has sent itself where nothing is visited, in words; None while it is on the site."""
        shown = self._page.url
        if self._site.serves_pages(shown):
            return None
        host = urlsplit(shown).hostname if shown.startswith(("http://", "https://")) else None
        return f"the page led to {host or 'an address'} that is not visited"

    def answer(self) -> Answer:
        """How what the tab shows now looks from outside: evidence where it is not what was asked for."""
        address, named = self._read
        shown = self._page.url
        return Answer(
            status=self._statuses[-1] if self._statuses else None,
            address=_without_query(shown if shown.startswith("http") else address),
            route=named if named and _without_query(shown) == _without_query(address) else None,
        )

    @property
    def _page(self) -> Page:
        return self._window.page

    def _ended(self, why: str) -> None:
        """The page has crashed, was closed or does not answer."""
        self.failure = self.failure or why

    def _leads_away(self) -> str:
        return f"the site leads to another one, {urlsplit(self._asked).hostname}"

    def _html(self, response: Response) -> str:
        # The answer's own text: scripts may drop their data blocks from the page once they have run.
        try:
            with self._window.limited():
                return response.text()
        except (PlaywrightError, UnicodeDecodeError):
            with self._window.limited():
                return self._page.content()

    def _route(self, route: Route) -> None:
        request = route.request
        address = request.url
        allowed = self._site.serves_pages(address) or self._site.serves_images(address)
        if allowed and request.resource_type not in _UNNEEDED:
            route.continue_()
        else:
            route.abort()

    def _requested(self, request: Request) -> None:
        if self._is_the_page(request):
            self._asked = request.url
        if self._is_data(request.url):
            self._in_flight[request] = time.monotonic()

    def _failed(self, request: Request) -> None:
        self._in_flight.pop(request, None)
        why = request.failure or "no answer"
        if why != _ABORTED:
            self._note_failure(request, self._egress.why_not(request.url) or why)

    def _note_failure(self, request: Request, why: str) -> None:
        if self._is_scrolled and self._is_data(request.url) and request.resource_type in _BY_SCRIPT:
            self._pass(request, failure=f"{_without_query(request.url)}: {why}")

    def _pass(self, request: Request, **came: Any) -> None:
        if len(self._passing) < _MOST_PASSING:
            self._passing.append(Passed(*asked(request.url, request.headers, _content(request)), **came))

    def _answered(self, response: Response) -> None:
        if self._is_the_page(response.request):
            self._statuses.append(response.status)
        if not self._is_data(response.url):
            return
        if response.status >= 500:
            self._note_failure(response.request, f"the site answered {response.status}")
        # Read at once: after a navigation the body is gone. Bodies of redirects and aborted requests raise.
        content: str | None
        try:
            content = response.text()
        except (PlaywrightError, UnicodeDecodeError):
            content = None
        finally:
            self._in_flight.pop(response.request, None)
        has_room = len(self._passing) < _MOST_READ and len(content or "") <= LARGEST_TEXT
        documents = body(content or "") if has_room else []
        documents = documents or _refused_without_words(response.status)
        # The page's script may have understood it, and go on behind what was lost. An empty or aborted one told it
        # nothing.
        is_told = content != "" and response.request.failure != _ABORTED
        is_lost = is_told and not documents and response.ok and response.request.resource_type in _BY_SCRIPT
        if documents or is_lost:
            answer = Answer(response.status, _without_query(response.url))
            self._pass(response.request, answer=answer, documents=tuple(documents), is_lost=is_lost)

    def _is_the_page(self, request: Request) -> bool:
        return request.is_navigation_request() and request.frame.parent_frame is None

    def _is_data(self, url: str) -> bool:
        return self._site.serves_pages(url) and urlsplit(url).path.startswith(_DATA_PATHS)


@contextmanager
def open_tab(chromium: Chromium, site: Site) -> Iterator[Tab]:
    """A tab of a fresh visitor for the time of the block. Raises BrowserFailed when Chromium has died."""
    with open_egress(site) as egress, chromium.context(egress.address) as context:
        with _chromium_at_work():
            tab = Tab(context, site, egress)
        yield tab


@contextmanager
def _chromium_at_work() -> Iterator[None]:
    """For calls that fail when Chromium has died. Raises BrowserFailed then."""
    try:
        yield
    except PlaywrightError as error:
        raise BrowserFailed(f"Chromium went away: {_first_line(error)}") from error


def _kind_by_status(url: str, status: int) -> PageKind:
    """What a page without a route is: its status is all that it says."""
    if status >= 500:
        raise NetworkFailed(f"{url}: the site answered {status}")
    if status in (404, 410):
        return PageKind.MISSING
    return PageKind.REFUSED if status >= 400 else PageKind.UNKNOWN


def _without_query(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _content(request: Request) -> str:
    """What a request sends along, as far as it is text."""
    try:
        return request.post_data or ""
    except (PlaywrightError, UnicodeDecodeError):
        return ""


def _refused_without_words(status: int) -> list[Json]:
    """A refusal may come with an empty body."""
    return [{"status": "fail"}] if status in (401, 403, 429) else []


def _first_line(error: PlaywrightError) -> str:
    """What the driver says, without the name of its own function before it and the address behind it."""
    line = error.message.splitlines()[0] if error.message else type(error).__name__
    return line.removeprefix("Page.goto: ").partition(" at http")[0]
