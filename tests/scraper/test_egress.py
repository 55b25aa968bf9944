"""Whatever a page does, the browser reaches the allowed hosts and no other."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from scraper.browser import Chromium, open_chromium
from scraper.egress import open_egress
from scraper.errors import NetworkFailed
from scraper.page import open_tab
from scraper.site import Site, site_at
from tests.scraper.escapes import BY_ADDRESS, HELD_ANYWAY, NOT_LOADED, WAYS, Elsewhere, HostileSite, redirected

_PATIENCE_S = 20.0
_LATE_PACKETS_MS = 1_000


@dataclass(frozen=True)
class OpenSite(Site):
    """A site whose browser may go everywhere on this machine."""

    def may_reach(self, host: str, port: int) -> bool:
        return True


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One whose driver is told to let this machine's own addresses pass by a proxy."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PLAYWRIGHT_DISABLE_FORCED_CHROMIUM_PROXIED_LOOPBACK", "1")
        with open_chromium() as running:
            yield running


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    with ExitStack() as running:
        yield Elsewhere(running)


@pytest.fixture(scope="module")
def hostile(elsewhere: Elsewhere) -> Iterator[HostileSite]:
    with ExitStack() as running:
        yield HostileSite(running, elsewhere)


def wait(page: Page, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not until() and time.monotonic() < deadline:
        page.wait_for_timeout(20)


@pytest.fixture(scope="module")
def heard(hostile: HostileSite, elsewhere: Elsewhere, chromium: Chromium) -> set[str]:
    """The ways by which the page came elsewhere while it was visited."""
    redirects = {f"via/{redirected(way)}" for way in BY_ADDRESS if way not in NOT_LOADED}
    with open_tab(chromium, site_at(hostile.base_url)) as tab:
        tab.open(f"{hostile.base_url}/")
        wait(tab._page, lambda: hostile.asked >= redirects)
        tab._page.wait_for_timeout(_LATE_PACKETS_MS)
    assert hostile.asked >= redirects       # it has come that far
    heard = set(elsewhere.heard)
    elsewhere.heard.clear()
    return heard


@pytest.mark.parametrize("way", WAYS)
def test_a_page_that_is_visited_does_not_get_elsewhere_by(way: str, heard: set[str]) -> None:
    assert way not in heard


def test_each_of_these_ways_is_one(heard: set[str], hostile: HostileSite, elsewhere: Elsewhere, chromium: Chromium):
    everywhere = OpenSite(hostile.base_url, "http", "127.0.0.1", 0, loopback=True)
    with open_egress(everywhere) as egress, chromium.context(egress.address) as context:
        page = context.new_page()
        page.goto(f"{hostile.base_url}/")
        wait(page, lambda: elsewhere.heard >= set(WAYS) - HELD_ANYWAY)
    assert set(WAYS) - HELD_ANYWAY - elsewhere.heard == set()
    elsewhere.heard.clear()


def test_a_page_does_not_take_its_tab_elsewhere(hostile: HostileSite, elsewhere: Elsewhere, chromium: Chromium):
    leaving = {
        "script": "<script>location = '{url}'</script>",
        "popup in its place": "<script>open('{url}', '_self')</script>",
        "refresh": "<meta http-equiv=refresh content='0;url={url}'>",
        "form": "<form method=post action='{url}'></form><script>document.forms[0].submit()</script>",
        "link": "<a href='{url}'></a><script>document.links[0].click()</script>",
    }
    with open_tab(chromium, site_at(hostile.base_url)) as tab:
        for way, page in leaving.items():
            for url in (f"{elsewhere.base_url}/{way}", f"{hostile.base_url}/via/{way} redirected"):
                tab.open(f"{hostile.base_url}/leaves?{quote(page.format(url=quote(url, safe=':/')))}")
                wait(tab._page, lambda: not tab._page.url.startswith(hostile.base_url))
                assert tab._page.url.startswith("chrome-error:"), way
        assert {f"via/{way} redirected" for way in leaving} <= hostile.asked
        with pytest.raises(NetworkFailed, match=r"leads to another one, 127\.0\.0\.1$"):
            tab.open(f"{hostile.base_url}/via/itself")
    assert elsewhere.heard == set()


def test_what_a_host_of_images_says_is_no_page(hostile: HostileSite, elsewhere: Elsewhere, chromium: Chromium):
    site = site_at(hostile.base_url)
    with (
        open_tab(chromium, OpenSite(site.base_url, site.scheme, site.host, site.port, loopback=True)) as tab,
        pytest.raises(NetworkFailed, match="leads to another one"),
    ):
        tab.open(f"{hostile.base_url}/via/a page")
    assert elsewhere.heard == {"a page"}
    elsewhere.heard.clear()


def test_a_context_without_an_egress_reaches_nothing(hostile: HostileSite, chromium: Chromium):
    hostile.asked.clear()
    with chromium.context() as context:
        page = context.new_page()
        with pytest.raises(PlaywrightError, match="ERR_"):
            page.goto(f"{hostile.base_url}/")
    assert hostile.asked == set()


def test_a_name_of_the_site_that_leads_into_this_network_is_not_visited(chromium: Chromium, monkeypatch):
    with ExitStack() as running:
        neighbour = Elsewhere(running)
        port = urlsplit(neighbour.base_url).port
        inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr("scraper.hosts.socket.getaddrinfo", lambda *_, **__: inside)
        with (
            open_tab(chromium, site_at()) as tab,
            pytest.raises(NetworkFailed, match=r": www\.instagram\.com is not at a public address$"),
        ):
            tab.open("https://www.instagram.com/x/")
        assert neighbour.heard == set()


def test_behind_a_proxy_the_browser_goes_through_it_to_the_same_hosts(chromium: Chromium, monkeypatch):
    with ExitStack() as running:
        proxy = RefusingProxy(running)
        monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        with open_tab(chromium, site_at()) as tab:
            tab._page.evaluate("new WebSocket('wss://example.org/'); new WebSocket('wss://edge.instagram.com/')")
            wait(tab._page, lambda: len(proxy.heads) > 0)
            with pytest.raises(NetworkFailed, match=r"www\.instagram\.com through the proxy \(502"):
                tab.open("https://www.instagram.com/x/")
    asked = {head.split()[1] for head in proxy.heads}
    assert asked == {"www.instagram.com:443", "edge.instagram.com:443"}
    assert all("Proxy-Authorization: Basic bWU6c2VjcmV0" in head for head in proxy.heads)


class RefusingProxy:
    """An HTTP proxy that notes what it is asked for and answers that it cannot."""

    def __init__(self, running: ExitStack) -> None:
        self.heads: list[str] = []
        self._listening = running.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection:
                    self.heads.append(connection.recv(4096).decode())
                    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
