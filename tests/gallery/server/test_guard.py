"""Who is let in: over real sockets, what is refused and by what."""

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gallery.errors import AddressRefused
from gallery.server.access import Access, key_in
from gallery.server.guard import Names
from gallery.server.serve import is_loopback, running
from tests.gallery.server.conftest import Client, Gallery, served


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with served(tmp_path_factory.mktemp("guard")) as opened:
        yield opened


def test_without_token_or_cookie_nothing_is_shown(gallery: Gallery) -> None:
    paths = ("/", "/picture/1", "/thumbnail/result/1/320", "/file/result/1", "/assets/x/site.js", "/?token=",
             "/?token=x")
    for path in paths:
        answer = gallery.stranger.ask(path)
        assert answer.status == 401
        assert b"boat" not in answer.body
        assert "set-cookie" not in answer.headers


def test_the_token_becomes_a_strict_cookie_and_leaves_the_address(gallery: Gallery) -> None:
    token = gallery.where.first_address.partition("token=")[2]
    answer = gallery.stranger.ask(f"/picture/1?recipe=gatys&token={token}")
    assert answer.status == 303
    assert answer.headers["location"] == "/picture/1?recipe=gatys"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert token.lower() not in cookie
    assert gallery.client.ask("/picture/1").status == 200


@pytest.mark.parametrize("others", [
    "theme", "a b=c",
    "{}=1", "name=one two", 'open="quote', 'said="a;b"', "__Host-x[1]=2", "=", "é=ü", "a=b,c=d", "x=\x7f",
    "stylegram-1=2", "{ours}=", "{ours}=older"])
def test_the_cookie_is_found_among_any_others_of_this_machine(gallery: Gallery, others: str) -> None:
    cookie = gallery.client.headers["Cookie"]
    others = others.replace("{ours}", cookie.partition("=")[0])
    for said in (f"{others}; {cookie}", f"{cookie}; {others}", f"{others};{cookie};{others}"):
        assert gallery.stranger.ask("/", Cookie=said).status == 200
        assert gallery.stranger.ask("/", Cookie=said.replace(cookie, f"not-{cookie}")).status == 401


def test_the_first_address_leads_nowhere_else(gallery: Gallery) -> None:
    token = gallery.where.first_address.partition("token=")[2]
    for path in ("//elsewhere.example/", "/\\elsewhere.example/", "///elsewhere.example"):
        answer = gallery.stranger.ask(f"{path}?token={token}")
        location = answer.headers.get("location", "/")
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("host", [
    "evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "", "127.0.0.1.evil.example:{port}",
    "10.0.0.1:{port}", "[::1", "evil@127.0.0.1:{port}"])
def test_a_foreign_name_that_points_here_is_refused(gallery: Gallery, host: str) -> None:
    answer = gallery.client.ask("/", Host=host.format(port=gallery.where.port))
    assert answer.status in (400, 421)
    assert b"boat" not in answer.body


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}"])
def test_the_names_of_this_machine_are_let_in(gallery: Gallery, host: str) -> None:
    assert gallery.client.ask("/", Host=host.format(port=gallery.where.port)).status == 200


@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", "", "http://127.0.0.1:1", "https://127.0.0.1:{port}", "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example"])
def test_what_another_page_asks_for_is_not_done(gallery: Gallery, origin: str) -> None:
    answer = gallery.client.post("/", Origin=origin.format(port=gallery.where.port))
    assert answer.status == 403
    assert "another page" in answer.text


def test_without_an_origin_nothing_is_done(gallery: Gallery) -> None:
    answer = gallery.client.ask("/", "POST", b"", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 403


def test_more_than_an_action_can_say_is_not_read(gallery: Gallery) -> None:
    assert gallery.client.post("/", Content_Length=str(1 << 30)).status == 413
    connection = http.client.HTTPConnection("127.0.0.1", gallery.where.port, timeout=20)
    headers = gallery.client.headers | {"Origin": gallery.where.address.rstrip("/")}
    connection.request("POST", "/", iter([b"a=1"]), headers, encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()


def test_other_methods_are_not_done_here(gallery: Gallery) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert gallery.client.ask("/", method).status == 405


def test_one_that_only_shows_changes_nothing(tmp_path: Path) -> None:
    with served(tmp_path, read_only=True) as gallery:
        answer = gallery.client.post("/")
        assert answer.status == 403
        assert "only shows" in answer.text
        assert gallery.client.ask("/").status == 200


def test_every_answer_carries_the_policy(gallery: Gallery) -> None:
    for client, path in (
        (gallery.stranger, "/"), (gallery.client, "/"), (gallery.client, "/nowhere"),
        (gallery.client, "/file/result/1"), (gallery.client, "/thumbnail/result/1/320"),
    ):
        headers = client.ask(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", [
    "/file/result/../../catalog.sqlite", "/file/result/1/../../../catalog.sqlite", "/assets/../catalog.sqlite",
    "/file/result/%2e%2e%2fcatalog.sqlite", "/assets/x/..%2f..%2fserve.py", "/thumbnail/image/1/320/../../x",
    "/thumbnail/../1/320", "/thumbnail/image/1/999999", "/thumbnail/image/-1/320", "/file/result/1e9",
    f"/picture/{2**63}", f"/picture/{10**40}", f"/image/{10**18 - 1}", f"/picture/{'9' * 5000}",
    "/jobs/1/sheet", "/live/glimpse/1", "/live/glimpse/..%2f1", "/file/frame/1/1", "/%00", "/picture/1%00"])
def test_no_path_leads_out_of_what_is_shown(gallery: Gallery, path: str) -> None:
    answer = gallery.client.ask(path)
    assert answer.status in (400, 404)
    assert b"SQLite" not in answer.body


def test_the_cookie_of_a_library_is_good_for_the_next_server_and_for_no_other(tmp_path: Path) -> None:
    first, again, other = Access(key_in(tmp_path / "a")), Access(key_in(tmp_path / "a")), Access(key_in(tmp_path / "b"))
    assert again.is_cookie(first.cookie)
    assert not again.is_token(first.token)
    assert not other.is_cookie(first.cookie)
    assert (tmp_path / "a" / "gallery-key").stat().st_mode & 0o077 == 0


def test_a_key_that_others_could_have_read_is_not_used(tmp_path: Path) -> None:
    first = Access(key_in(tmp_path))
    (tmp_path / "gallery-key").chmod(0o644)
    assert not Access(key_in(tmp_path)).is_cookie(first.cookie)


def test_on_every_address_a_name_is_still_ours_and_an_address_is_any() -> None:
    names = Names(7717, ("localhost", "studio.lan"), any_address=True)
    assert {host: host in names for host in (
        "192.168.1.4:7717", "[fe80::1]:7717", "studio.lan:7717", "evil.example:7717", "192.168.1.4:80", "192.168.1.4",
    )} == {
        "192.168.1.4:7717": True, "[fe80::1]:7717": True, "studio.lan:7717": True, "evil.example:7717": False,
        "192.168.1.4:80": False, "192.168.1.4": False,
    }


def test_only_this_machine_can_come_unless_told_otherwise(gallery: Gallery) -> None:
    assert gallery.where.host == "127.0.0.1"
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.1.4", "a.lan")] == [
        True, True, True, False, False, False]


def test_a_port_that_is_taken_is_told_and_an_unnamed_one_is_found(gallery: Gallery) -> None:
    with pytest.raises(AddressRefused, match=str(gallery.where.port)), running(
            gallery.library, port=gallery.where.port):
        pass


def test_a_thousand_requests_side_by_side_are_answered(gallery: Gallery) -> None:
    """Over a hundred connections at once, ten on each."""
    statuses: list[int] = []

    def ask_often() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", gallery.where.port, timeout=60)
        for number in range(10):
            path = "/thumbnail/result/1/320" if number % 2 else "/nowhere"
            connection.request("GET", path, headers=gallery.client.headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=ask_often) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 500 + [404] * 500


def test_half_a_request_keeps_nobody_waiting(gallery: Gallery) -> None:
    held = [socket.create_connection(("127.0.0.1", gallery.where.port)) for _ in range(50)]
    for connection in held:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
    assert Client(gallery.where, gallery.client.headers).ask("/").status == 200
    for connection in held:
        connection.close()
