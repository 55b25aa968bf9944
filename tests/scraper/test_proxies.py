"""One reading of the environment's proxy: images go by it, and what is none is said before anything is asked."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from scraper.download import Downloader
from scraper.errors import FileRefused, ProxyUnusable
from scraper.proxies import Proxy, find_proxy
from scraper.run import scrape_profiles
from scraper.site import site_at
from scraper.targets import ProfileTarget

IMAGE = "https://scontent.cdninstagram.com/v/t51.82787-15/1_n.jpg?stp=dst-jpg_e35&oe=7FFFFFFF"
NAME = b"scontent.cdninstagram.com"
VARIABLES = ("https_proxy", "all_proxy", "http_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets these variables and no other that names a proxy."""

    def set_to(**variables: str) -> None:
        for name in (*VARIABLES, *map(str.upper, VARIABLES)):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    set_to()
    return set_to


class ProxyHost:
    """Says `says`, one part after each thing that it is told, and hangs up; keeps what it was told."""

    def __init__(self) -> None:
        self.says: list[bytes] = []
        self.told: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                for part in [*self.says, b""]:
                    self.told.append(connection.recv(1000))
                    connection.sendall(part)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def proxy() -> Iterator[ProxyHost]:
    running = ProxyHost()
    yield running
    running.close()


def fetch(tmp_path) -> None:
    with Downloader(site_at(), "Visitor/1.0", sleep=lambda _: None) as downloader:
        downloader.fetch(IMAGE, tmp_path / "staged")


SOCKS_5 = [b"\5\0", b"\5\0\0\1" + bytes(6)]
SOCKS_5_WITH_PASSWORD = [b"\5\2", b"\1\0", b"\5\0\0\1" + bytes(6)]


@pytest.mark.parametrize(
    ("variable", "address", "says", "wished_for"),
    [
        ("all_proxy", "socks5://{}", SOCKS_5, b"\5\1\0\3" + bytes((len(NAME),)) + NAME + b"\1\xbb"),
        ("HTTPS_PROXY", "socks5h://{}", SOCKS_5, b"\5\1\0\3" + bytes((len(NAME),)) + NAME + b"\1\xbb"),
        ("ALL_PROXY", "socks://{}/", SOCKS_5, b"\5\1\0\3" + bytes((len(NAME),)) + NAME + b"\1\xbb"),
        ("all_proxy", "socks5://me:p%40ss@{}", SOCKS_5_WITH_PASSWORD, b"\1\2me\4p@ss"),
        ("all_proxy", "socks4://{}", [b"\0\x5a" + bytes(6)], b"\4\1\1\xbb\0\0\0\1\0" + NAME + b"\0"),
        ("https_proxy", "http://{}", [b"HTTP/1.1 200 OK\r\n\r\n"], b"CONNECT " + NAME + b":443"),
        ("https_proxy", "{}", [b"HTTP/1.1 200 OK\r\n\r\n"], b"CONNECT " + NAME + b":443"),
        ("https_proxy", "http://me:p%40ss@{}", [b"HTTP/1.1 200 OK\r\n\r\n"], b"Authorization: Basic bWU6cEBzcw=="),
    ],
)
def test_images_go_by_a_proxy_of_every_kind_which_looks_up_their_host(
    proxy, environment, tmp_path, variable, address, says, wished_for
):
    environment(**{variable: address.format(f"127.0.0.1:{proxy.port}")})
    proxy.says = says
    with pytest.raises(FileRefused, match="no answer"):     # it hangs up when TLS begins
        fetch(tmp_path)
    assert any(wished_for in told for told in proxy.told)
    hello = proxy.told[len(says)]
    assert hello.startswith(b"\x16\3")      # TLS to the host itself, through the proxy
    assert NAME in hello


def test_a_proxy_that_does_not_end_its_answer_keeps_the_limit_of_the_image(
    proxy, environment, tmp_path, monkeypatch
):
    monkeypatch.setattr("scraper.download._FILE_TIMEOUT_S", 0.2)
    environment(https_proxy=f"127.0.0.1:{proxy.port}")
    proxy.says = [b"HTTP/1.1 200 OK\r\n"]       # and no end of its head
    with pytest.raises(FileRefused, match="not finished"):
        fetch(tmp_path)


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, None),
        ({"https_proxy": "", "ALL_PROXY": " "}, None),
        ({"http_proxy": "http://a:1"}, None),       # nothing is asked for without TLS
        ({"https_proxy": "http://a:1", "all_proxy": "socks5://b"}, Proxy("http", "a", 1)),
        ({"HTTPS_PROXY": "HTTP://Proxy.Example/path"}, Proxy("http", "proxy.example", 80)),
        ({"https_proxy": "https://a"}, Proxy("https", "a", 443)),
        ({"all_proxy": "socks5h://[::1]"}, Proxy("socks5", "[::1]", 1080)),
        ({"all_proxy": "socks4a://a:9"}, Proxy("socks4", "a", 9)),
        ({"https_proxy": "http://bücher.example:8"}, Proxy("http", "xn--bcher-kva.example", 8)),
        ({"https_proxy": "http://a%20b:c%2Fd@e:1"}, Proxy("http", "e", 1, "a b", "c/d")),
        ({"https_proxy": "a:1", "no_proxy": "*"}, None),
        ({"https_proxy": "a:1", "NO_PROXY": " .fbcdn.net, *.b ,10.0.0.0/8,x:80,"},
         Proxy("http", "a", 1, bypass=(".fbcdn.net", ".b"))),
    ],
    ids=str,
)
def test_the_variables_mean_one_proxy_or_none(environment, variables, found):
    environment(**variables)
    assert find_proxy(site_at()) == found
    assert find_proxy(site_at("http://127.0.0.1:8765")) is None     # never to this very machine


def test_hosts_that_the_user_leaves_out_are_asked_directly(proxy, environment, tmp_path, monkeypatch):
    environment(https_proxy=f"127.0.0.1:{proxy.port}", no_proxy="localhost,.cdninstagram.com")
    monkeypatch.setattr("scraper.download.socket.getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("10.0.0.7", 443))])
    with pytest.raises(Exception, match="public address"):
        fetch(tmp_path)
    assert proxy.told == []
    by_proxy = find_proxy(site_at())
    assert by_proxy.serves("www.instagram.com")
    assert not by_proxy.serves("Scontent.cdninstagram.com")


UNUSABLE = [
    "http://[bad", "http://:0", "http://a:0", "http://:3128", "http://", "://", "http://a:99999", "http://a:b",
    "a b:80", "http://a..b:80", "http://a\tb:80", "http://-:80", "ftp://a:21", "direct://a", "socks6://a:1",
    "http://me:se/cret@a:1", "http://[::1", "file:///etc/passwd", "http://" + "x" * 64 + ":80", "\x1b[31m:80",
]


@pytest.mark.parametrize("value", UNUSABLE, ids=repr)
def test_what_is_no_proxy_is_one_line_before_anything_is_asked_and_keeps_its_password(
    environment, library, catalog_value, value
):
    environment(all_proxy=value)

    def no_browser() -> None:
        pytest.fail("a browser is opened")

    with pytest.raises(ProxyUnusable) as refused:
        list(scrape_profiles([ProfileTarget("harbour.light")], library, site_at(), browser=no_browser))
    assert refused.value.exit_code == 78
    assert str(refused.value).isprintable()
    assert "cret" not in str(refused.value)
    assert catalog_value("SELECT count(*) FROM runs") == 0


def test_a_replica_is_visited_whatever_proxy_the_environment_names(environment):
    environment(all_proxy="http://[bad", https_proxy="ftp://x")
    assert find_proxy(site_at("http://localhost:8765")) is None


def test_neither_name_nor_password_is_shown(environment):
    environment(https_proxy="http://me:secret@proxy.example:3128")
    assert str(find_proxy(site_at())) == "http://***@proxy.example:3128"
    assert str(Proxy("socks5", "a", 1)) == "socks5://a:1"
