"""What Chromium shows of a page, and calls into it that have a limit whatever its scripts do.

A page that crashes, closes itself or no longer answers has come to its end, which is told once. The window goes on: a
fresh page takes its place as soon as one is asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from scraper.browser import quietly_close
from scraper.time_limit import time_limit

ANSWER_TIMEOUT_S = 20.0

Listeners: TypeAlias = Mapping[str, Callable[[Any], None]]     # by Playwright's names of events


class Window:
    """Shows a `page` with these listeners; `ended` hears, in words, how one has come to its end."""

    def __init__(self, context: BrowserContext, listeners: Listeners, ended: Callable[[str], None]) -> None:
        self._context, self._listeners, self._ended = context, listeners, ended
        self._is_up = True
        self.page = self._new_page()

    def renew(self) -> None:
        """See to it that the page can be used. Raises PlaywrightError when Chromium has died."""
        if not self._is_up:
            self.page = self._new_page()
            self._is_up = True

    def end(self, why: str) -> None:
        """Leave the page, and what it has opened, as one that has failed."""
        if self._is_up:
            self._is_up = False
            self._ended(why)
            for page in self._context.pages:
                quietly_close(page)

    @contextmanager
    def limited(self) -> Iterator[None]:
        """For calls that wait for the page's scripts to give way, to which Playwright sets no limit.

        Raises Playwright's TimeoutError when they do not, and the page has come to its end.
        """
        try:
            with time_limit(ANSWER_TIMEOUT_S):
                yield
        except PlaywrightTimeout:
            self.end(f"a script of the page did not end within {ANSWER_TIMEOUT_S:g} s")
            raise

    def evaluate(self, expression: str) -> object:
        """What an expression is in the page. Raises PlaywrightError."""
        with self.limited():
            return self.page.evaluate(expression)

    def _new_page(self) -> Page:
        with time_limit(ANSWER_TIMEOUT_S):
            page = self._context.new_page()
        for event, listener in self._listeners.items():
            page.on(event, listener)                        # type: ignore[call-overload] # one overload an event
        page.on("crash", lambda gone: self._went_away(gone, "the page has crashed"))
        page.on("close", lambda gone: self._went_away(gone, "the page was closed"))
        return page

    def _went_away(self, page: Page, why: str) -> None:
        if page == self.page:
            self.end(why)
