"""How the browser's connections are made: to public addresses, to the very ones looked at, through the user's proxy."""

import gc
import ipaddress
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from scraper.egress import Egress, open_egress
from scraper.hosts import is_public
from scraper.site import Site, site_at

NAME = "www.instagram.com"
CONNECTED, NOT_CONNECTED = 0, 4


@dataclass(frozen=True)
class Anywhere(Site):
    """Has an egress that stands for a SOCKS proxy: it goes to every host on this machine."""

    def may_reach(self, host: str, port: int) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


@pytest.fixture
def look_up(monkeypatch) -> Callable[[Callable[[], list]], None]:
    """Look names up, which literal addresses are not, in the way that is given."""
    really = socket.getaddrinfo

    def set_up(found: Callable[[], list]) -> None:
        def getaddrinfo(host, *arguments, **named):
            return really(host, *arguments, **named) if host == "127.0.0.1" else found()

        monkeypatch.setattr("scraper.hosts.socket.getaddrinfo", getaddrinfo)

    return set_up


@pytest.fixture
def lead(look_up) -> Callable[..., None]:
    """Let any name lead to these addresses, and be looked up once."""

    def lead(port: int, *addresses: str) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]
        look_up([found].pop)

    return lead


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


def ask(egress: Egress, host: str, port: int) -> tuple[socket.socket, int]:
    """A connection to the egress, and its answer to the wish for a connection on (RFC 1928)."""
    here = socket.create_connection(("127.0.0.1", int(egress.address.rpartition(":")[2])), timeout=10)
    here.sendall(bytes((5, 1, 0)) + bytes((5, 1, 0, 3, len(host))) + host.encode() + port.to_bytes(2, "big"))
    return here, received(here, 12)[3]


def answer(site: Site, host: str = NAME, port: int = 443) -> tuple[int, str | None]:
    """What the egress to a site answers, and why not."""
    with open_egress(site) as egress:
        here, code = ask(egress, host, port)
        here.close()
        return code, egress.why_not(f"https://{host}:{port}/")


def received(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := connection.recv(count - len(data))):
        data += more
    return data


def test_bytes_go_both_ways_and_a_connection_that_breaks_does_not_look_like_one_that_ends(server):
    port = port_of(server)
    with open_egress(site_at(f"http://127.0.0.1:{port}")) as egress:
        for breaks in (False, True):
            here, code = ask(egress, "127.0.0.1", port)
            there = server.accept()[0]
            with here, closing(there):
                assert code == CONNECTED
                here.sendall(b"there" * 5_000)
                assert received(there, 25_000) == b"there" * 5_000
                there.sendall(b"here")
                assert received(here, 4) == b"here"
                if breaks:
                    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                there.close()
                if breaks:
                    with pytest.raises(ConnectionResetError):
                        here.recv(1)
                else:
                    assert here.recv(1) == b""


def test_a_replica_on_loopback_is_one_host_and_one_port(server):
    with socket.create_server(("127.0.0.1", 0)) as other:
        site = site_at(f"http://127.0.0.1:{port_of(server)}")
        assert answer(site, "127.0.0.1", port_of(server))[0] == CONNECTED
        assert answer(site, "127.0.0.1", port_of(other))[0] == NOT_CONNECTED
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()


@pytest.mark.parametrize(
    ("host", "port", "may"),
    [
        ("instagram.com", 443, True),
        ("www.instagram.com", 443, True),
        ("static.cdninstagram.com", 443, True),
        ("scontent-ber1-1.cdninstagram.com", 443, True),
        ("instagram.fxyz1-1.fna.fbcdn.net", 443, True),
        ("www.instagram.com", 80, False),
        ("www.instagram.com", 8443, False),
        ("www.instagram.com.", 443, False),
        ("www.instagram.com.example.org", 443, False),
        ("evilinstagram.com", 443, False),
        ("evilcdninstagram.com", 443, False),
        ("www.facebook.com", 443, False),
        ("127.0.0.1", 443, False),
        ("::1", 443, False),
        ("", 443, False),
    ],
)
def test_the_browser_may_connect_to_instagram_and_its_image_hosts_over_https_alone(instagram, host, port, may):
    assert instagram.may_reach(host, port) is may


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("157.240.1.1", "10.0.0.1"), ("169.254.169.254",)])
def test_a_name_that_leads_into_this_network_is_not_connected_to(server, lead, addresses, instagram):
    lead(port_of(server), *addresses)
    assert answer(instagram) == (NOT_CONNECTED, f"{NAME} is not at a public address")


def test_the_addresses_that_were_looked_at_are_those_that_are_connected_to(server, lead, instagram, monkeypatch):
    monkeypatch.setattr("scraper.hosts.is_public", lambda address: True)
    lead(port_of(server), "127.0.0.1")      # a second look would raise
    assert answer(instagram) == (CONNECTED, None)


def test_the_next_address_is_tried_where_the_first_does_not_answer(server, lead, instagram, monkeypatch):
    monkeypatch.setattr("scraper.hosts.is_public", lambda address: True)
    lead(port_of(server), "192.0.2.1", "127.0.0.1")     # RFC 5737: nobody's
    assert answer(instagram) == (CONNECTED, None)


def test_a_name_without_an_address_is_told(look_up, instagram):
    def nothing() -> list:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    look_up(nothing)
    assert answer(instagram) == (NOT_CONNECTED, f"no connection to {NAME} (Name or service not known)")


def test_a_host_that_refuses_is_told():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = port_of(closed)
    why = "no connection to 127.0.0.1 (Connection refused)"
    assert answer(site_at(f"http://127.0.0.1:{port}"), "127.0.0.1", port) == (NOT_CONNECTED, why)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("157.240.1.1", True),
        ("2a03:2880:f1::1", True),
        ("64:ff9b::9df0:101", True),        # as seen through NAT64
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_what_is_a_public_address(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


def test_behind_a_socks_proxy_names_are_looked_up_there(server, lead, instagram, monkeypatch):
    lead(port_of(server), "127.0.0.1")
    with open_egress(Anywhere("", "", "", 0, loopback=True)) as proxy:
        monkeypatch.setenv("all_proxy", proxy.address)
        # A private address here, which nobody looks at but the proxy.
        assert answer(instagram) == (CONNECTED, None)
        assert answer(instagram, "www.example.org")[0] == NOT_CONNECTED
        assert answer(site_at("http://127.0.0.1:9"), "127.0.0.1", 9)[0] == NOT_CONNECTED


def test_what_the_environment_excepts_from_its_proxy_is_connected_to_directly(server, lead, instagram, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", NAME)
    lead(port_of(server), "127.0.0.1")
    assert answer(instagram) == (NOT_CONNECTED, f"{NAME} is not at a public address")
    code, why = answer(instagram, "static.cdninstagram.com")
    assert code == NOT_CONNECTED
    assert "through the proxy" in why


@pytest.mark.parametrize("words", [b"GET / HTTP/1.1\r\n\r\n", bytes((5, 1, 0, 5, 2, 0, 3, 1, 65, 0, 80)), b""])
def test_who_speaks_no_socks_or_not_at_all_is_sent_away(words, instagram, monkeypatch):
    monkeypatch.setattr("scraper.egress._HANDSHAKE_TIMEOUT_S", 0.2)
    with open_egress(instagram) as egress:
        address = ("127.0.0.1", int(egress.address.rpartition(":")[2]))
        with socket.create_connection(address, timeout=10) as here:
            here.sendall(words)
            answered = received(here, 3) if words else here.recv(1)
    assert answered in (b"", bytes((5, 0)))


def test_an_egress_that_ends_takes_its_connections_along_at_once(server):
    port = port_of(server)
    with open_egress(site_at(f"http://127.0.0.1:{port}")) as egress:
        here, _ = ask(egress, "127.0.0.1", port)
        there = server.accept()[0]
        started = time.monotonic()
    assert time.monotonic() - started < 3
    with here, there:
        assert there.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            ask(egress, "127.0.0.1", port)


def test_what_comes_in_the_last_moment_is_closed_with_the_egress(server):
    """Nothing is left to the collector, whose warning would fail this test or a later one."""
    with ExitStack() as clients, open_egress(site_at(f"http://127.0.0.1:{port_of(server)}")) as egress:
        accepting = threading.Event()
        egress._loop.call_soon_threadsafe(accepting.wait)
        for _ in range(3):
            clients.enter_context(socket.create_connection(("127.0.0.1", int(egress.address.rpartition(":")[2]))))
        # In one turn of the loop: three connections are accepted, and the end has come.
        egress._loop.call_soon_threadsafe(egress._ended.set)
        accepting.set()
    gc.collect()
