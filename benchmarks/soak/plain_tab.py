"""A tab without a browser: the same pages from the same site, and what their script would ask for, in milliseconds.

It stands in for `scraper.page.Tab` on those nights of a simulated year that have no Chromium. What it hands on is read,
judged and collected by the program's own code.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from db.politeness import Answer
from scraper.errors import NetworkFailed
from scraper.page import PageRead
from scraper.parser.documents import Json, blocks, body, objects, pictures_named, scripts
from scraper.parser.page_kind import PageKind, page_kind, route
from scraper.passing import Passed, asked
from scraper.site import Site


class PlainTab:
    """As far as visits use one."""

    user_agent = "Mozilla/5.0"
    led_away: str | None = None

    def __init__(self, site: Site) -> None:
        self._site = site
        self.page_loads = 0
        self.failure: str | None = None
        self._switches: dict[str, Json] = {}
        self._cursor: str | None = None
        self._scrolls = 0

    def open(self, url: str) -> PageRead:
        """The page, or NetworkFailed."""
        self.page_loads += 1
        self._cursor, self._scrolls, self._switches = None, 0, {}
        self._status, self._url, html = _asked(url)
        if self._status >= 500:
            raise NetworkFailed(f"{url}: the site answered {self._status}")
        documents = blocks(html) or body(html)
        kind = page_kind(self._url, html, documents)
        self._route, self.pictures_named = route(html), pictures_named(html)
        self._switches = next((json.loads(text) for tag, text in scripts(html) if 'id="switches"' in tag), {})
        self._cursor = _cursor(documents)
        if kind is PageKind.UNKNOWN and self._status >= 400:
            kind = PageKind.MISSING if self._status == 404 else PageKind.REFUSED
        return PageRead(kind, documents)

    def wait_for_data(self) -> list[Passed]:
        """The replica's pages come with their data."""
        return []

    def scroll(self, pause_s: float) -> list[Passed]:
        """What the page's script asks for at its end."""
        self._scrolls += 1
        if self._cursor is None or self.wall() is not None:
            return []
        query = f"{self._switches['query']}_connection"
        variables = {"after": self._cursor, "before": None, "first": 12, "last": None, "id": self._switches["graphId"]}
        content = urlencode({"fb_api_req_friendly_name": query, "variables": json.dumps(variables)})
        url = f"{self._site.base_url}{self._switches['endpoint']}"
        status, _, text = _asked(url, content)
        documents = body(text)
        self._cursor = _cursor(documents)
        return [Passed(*asked(url, {}, content), answer=Answer(status, url), documents=tuple(documents))]

    def take_passing(self) -> list[Passed]:
        """Nothing passes by itself."""
        return []

    def wall(self) -> PageKind | None:
        """The page that the site has led to, or a dialog on the one that was asked for."""
        kind = page_kind(self._url, "", [])
        if kind is not PageKind.UNKNOWN:
            return kind
        asks = any(dialog["kind"] == "login" for dialog in self._switches.get("dialogs", ()))
        return PageKind.LOGIN if asks else None

    def answer(self) -> Answer:
        """How the page looks from outside."""
        return Answer(self._status, self._url, self._route)


@contextmanager
def open_plain_tab(chromium: object, site: Site) -> Iterator[PlainTab]:
    """In the place of `scraper.page.open_tab`."""
    yield PlainTab(site)


def _asked(url: str, content: str | None = None) -> tuple[int, str, str]:
    """Status, address after redirects, and text."""
    try:
        with urlopen(Request(url, None if content is None else content.encode())) as answer:
            return answer.status, answer.url, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.url or url, error.read().decode()
    except OSError as error:
        raise NetworkFailed(f"{url}: {error}") from error


def _cursor(documents: list[Json]) -> str | None:
    """Where the timeline goes on, as the last part of it says."""
    found = None
    for part in (part for document in documents for part in objects(document)):
        info = part.get("page_info")
        if isinstance(info, dict) and "timeline" in " ".join(part) + "timeline" and part.get("edges"):
            found = info.get("end_cursor") if info.get("has_next_page") else None
    return found
