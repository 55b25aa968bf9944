"""A page whose scripts never end has failed: within a limit, with what it showed kept, and for itself alone."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote, unquote, urlsplit

import pytest

from demo.behaviour import Behaviour
from demo.samples import sample_account
from scraper.errors import NetworkFailed
from scraper.page import Tab, open_tab
from scraper.site import site_at
from tests.scraper.escapes import serve

FOR_EVER = "while (true) {}"
WHEN_SCROLLED = {
    "listener": f"addEventListener('scroll', () => {{ {FOR_EVER} }})",
    "timer": f"addEventListener('scroll', () => setTimeout(() => {{ {FOR_EVER} }}, 20))",
    "observer": "new MutationObserver(() => document.body.append('x')).observe(document, "
    "{childList: true, subtree: true}); addEventListener('scroll', () => document.body.append('x'))",
    "popup": f"addEventListener('scroll', () => open('').setTimeout(() => {{ {FOR_EVER} }}))",
    "function in the place of the browser's": f"window.scrollBy = () => {{ {FOR_EVER} }}",
    "dialogs": "addEventListener('scroll', () => { for (;;) alert('stay') })",
}
WHEN_OPENED = {
    "while it loads": FOR_EVER,
    "once it is there": f"addEventListener('DOMContentLoaded', () => setTimeout(() => {{ {FOR_EVER} }}))",
}


@contextmanager
def little_patience() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patience:
        patience.setattr("scraper.window.ANSWER_TIMEOUT_S", 1.5)
        patience.setattr("scraper.page._PAGE_TIMEOUT_MS", 1_500)
        yield


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A site whose pages hold what their query says."""

    def answer(path):
        return 200, {}, f"<!DOCTYPE html><body style='height: 9000px'><script>{unquote(urlsplit(path).query)}</script>"

    with ExitStack() as running:
        yield serve(running, answer)


@pytest.fixture
def tab(base_url, chromium) -> Iterator[Tab]:
    with open_tab(chromium, site_at(base_url)) as opened:
        yield opened


def scrolls(tab: Tab) -> bool:
    """Whether the tab's page is one that scrolls, which those that have come to their end do not."""
    return bool(tab._window.evaluate("() => { scrollBy(0, 100); return scrollY > 0 }"))


@pytest.mark.parametrize("how", WHEN_SCROLLED)
def test_scrolling_ends_within_the_limit_and_the_next_page_is_a_fresh_one(tab, base_url, how):
    tab.open(f"{base_url}/page?{quote(WHEN_SCROLLED[how])}")
    stuck = tab._page
    started = time.monotonic()
    with little_patience():
        for _ in range(3):      # as long as it is asked, it has nothing to say
            assert tab.scroll(0.05) == []
            assert tab.wall() is None
    assert time.monotonic() - started < 6
    assert tab.failure is not None
    assert stuck.is_closed()
    assert stuck.context.pages == []
    tab.open(f"{base_url}/page?1")
    assert tab.failure is None
    assert scrolls(tab)


@pytest.mark.parametrize("how", WHEN_OPENED)
def test_a_page_that_hangs_as_it_opens_has_not_arrived_and_the_next_one_does(tab, base_url, how):
    started = time.monotonic()
    with little_patience(), pytest.raises(NetworkFailed):
        tab.open(f"{base_url}/page?{quote(WHEN_OPENED[how])}")
    assert time.monotonic() - started < 6
    tab.open(f"{base_url}/page?1")
    assert scrolls(tab)


def test_what_was_seen_of_a_grid_that_hangs_is_kept_and_collected(stage, monkeypatch):
    on = stage(sample_account("harbour.light", 9, Behaviour(page_size=2), width=160, height=200))
    open_, scroll = Tab.open, Tab.scroll

    def open_and_hang(tab, url):
        page = open_(tab, url)
        if "/p/" not in url:
            tab._page.evaluate(f"() => void setTimeout(() => {{ {FOR_EVER} }})")
            monkeypatch.setattr("scraper.window.ANSWER_TIMEOUT_S", 1.5)
        return page

    def scroll_and_go_on(tab, pause_s):
        documents = scroll(tab, pause_s)
        monkeypatch.setattr("scraper.window.ANSWER_TIMEOUT_S", 20)
        return documents

    monkeypatch.setattr(Tab, "open", open_and_hang)
    monkeypatch.setattr(Tab, "scroll", scroll_and_go_on)
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.not_before) == ("network", 75, None)
    assert "did not end within 1.5 s" in on.events[-1].message
    assert 2 <= report.posts_seen == report.images_new < 9
    monkeypatch.undo()
    assert on.visit().images_new == 9 - report.images_new
