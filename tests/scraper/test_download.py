"""Downloads over real sockets from a small server that answers as it is told."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from db.errors import StorageFailed
from scraper.download import Downloader
from scraper.errors import AddressRefused, FileRefused, SignatureRefused, Withheld
from scraper.site import site_at

BYTES = bytes(range(256)) * 400


class Answer:
    """One reply: `cut` ends the body early, against the announced length."""

    def __init__(self, status=200, body=BYTES, headers=None, cut=None, drip_s=0.0):
        self.status, self.body, self.headers, self.cut, self.drip_s = status, body, headers or {}, cut, drip_s


class Host:
    """Gives its answers one after the other, the last one for ever, and keeps the requests' headers."""

    def __init__(self):
        self.answers: list[Answer] = []
        self.asked: list[dict[str, str]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host.asked.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
                answer = host.answers.pop(0) if len(host.answers) > 1 else host.answers[0]
                self.send_response(answer.status)
                headers = {"Content-Type": "image/jpeg", "Content-Length": str(len(answer.body))} | answer.headers
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                body = answer.body[: answer.cut]
                for start in range(0, len(body), 1000 if answer.drip_s else len(body) or 1):
                    self.wfile.write(body[start : start + (1000 if answer.drip_s else len(body))])
                    time.sleep(answer.drip_s)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                pass        # a visitor that hangs up is part of the tests

        self._server = Server(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def host():
    running = Host()
    yield running
    running.close()


@pytest.fixture
def fetch(host, tmp_path) -> Callable[..., bytes]:
    slept: list[float] = []

    def run(*answers: Answer, path: str = "/v/t51.82787-15/1_n.jpg", **settings) -> bytes:
        host.answers = list(answers)
        target = tmp_path / "staged"
        site = site_at(host.base_url)
        url = path if "://" in path else host.base_url + path
        with Downloader(site, "Visitor/1.0", sleep=slept.append, **settings) as downloader:
            downloader.fetch(url, target)
        return target.read_bytes()

    run.slept = slept
    return run


def test_the_bytes_arrive_as_they_were_sent_to_an_honest_visitor(host, fetch):
    assert fetch(Answer()) == BYTES
    [asked] = host.asked
    assert asked["user-agent"] == "Visitor/1.0"
    assert asked["referer"] == f"{host.base_url}/"
    assert asked["accept-encoding"] == "identity"
    assert "cookie" not in asked
    assert "authorization" not in asked


def test_the_passwords_of_a_netrc_are_sent_to_nobody(host, fetch, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    fetch(Answer())
    assert "authorization" not in host.asked[0]


def test_a_broken_download_goes_on_from_where_it_was(host, fetch):
    rest = Answer(206, BYTES[5000:], {"Content-Range": f"bytes 5000-{len(BYTES) - 1}/{len(BYTES)}"})
    assert fetch(Answer(headers={"ETag": '"a"'}, cut=5000), rest) == BYTES
    assert host.asked[1]["range"] == "bytes=5000-"
    assert host.asked[1]["if-range"] == '"a"'
    assert len(fetch.slept) == 1


def test_a_server_that_ignores_ranges_does_not_corrupt_the_file(fetch):
    assert fetch(Answer(headers={"ETag": '"a"'}, cut=5000), Answer(headers={"ETag": '"b"'})) == BYTES


def test_without_a_validator_the_file_is_begun_again(host, fetch):
    assert fetch(Answer(cut=5000), Answer()) == BYTES
    assert "range" not in host.asked[1]


@pytest.mark.parametrize(
    "second",
    [Answer(206, BYTES[100:], {"Content-Range": "bytes 100-9/10"}), Answer(206, BYTES[5000:]), Answer(416, b"")],
)
def test_a_wrong_or_refused_part_is_begun_again_from_the_start(host, fetch, second):
    assert fetch(Answer(headers={"ETag": '"a"'}, cut=5000), second, Answer()) == BYTES
    assert "range" not in host.asked[2]


def test_server_errors_are_tried_again_a_few_times_with_growing_pauses(host, fetch):
    with pytest.raises(FileRefused, match="503"):
        fetch(Answer(503, b""))
    assert len(host.asked) == 4
    assert fetch.slept[0] < fetch.slept[1] * 3 < fetch.slept[2] * 9
    assert fetch(Answer(500, b""), Answer()) == BYTES


def test_the_servers_wish_to_wait_is_granted_up_to_a_limit(fetch):
    fetch(Answer(503, b"", {"Retry-After": "30"}), Answer())
    fetch(Answer(429, b"", {"Retry-After": "86400"}), Answer())
    assert fetch.slept == [30, 60]


def test_the_servers_wish_is_granted_by_the_next_downloads_too(host, tmp_path):
    slept: list[float] = []
    with Downloader(site_at(host.base_url), "Visitor/1.0", sleep=slept.append, clock=lambda: 100.0) as downloader:
        for number, answers in enumerate(([Answer(503, b"", {"Retry-After": "30"}), Answer()], [Answer()])):
            host.answers = answers
            downloader.start(f"{host.base_url}/v/{number}.jpg", tmp_path / str(number)).result(timeout=20)
    assert slept == [30, 30]


def test_after_a_visit_nothing_more_is_asked(host, tmp_path):
    host.answers = [Answer(drip_s=0.02)]
    with Downloader(site_at(host.base_url), "Visitor/1.0", at_once=1) as downloader:
        begun = downloader.start(f"{host.base_url}/v/1.jpg", tmp_path / "1")
        waiting = downloader.start(f"{host.base_url}/v/2.jpg", tmp_path / "2")
        while not host.asked:
            time.sleep(0.01)
    with pytest.raises(FileRefused):
        begun.result(timeout=20)
    assert not waiting.done()
    assert [asked["path"] for asked in host.asked] == ["/v/1.jpg"]


def test_the_wish_may_be_a_date_and_one_that_is_neither_is_not_minded(fetch):
    def at_noon() -> float:
        return 1_795_262_400.0      # 21 November 2026, 12:00

    wish = {"Retry-After": "Sat, 21 Nov 2026 12:00:25 GMT"}
    fetch(Answer(503, b"", wish), Answer(), wall_clock=at_noon)
    for odd in ("Sat, 21 Nov 2026 11:00:00 GMT", "Sat, 99 Nov 2026", "soon", "-5", "9" * 40):
        fetch(Answer(503, b"", {"Retry-After": odd}), Answer(), wall_clock=at_noon)
    assert fetch.slept[0] == 25
    assert max(fetch.slept[1:]) < 2


@pytest.mark.parametrize("tag", ["noai", "noimageai", "NoIndex, nofollow", "none"])
def test_what_machines_are_asked_to_leave_alone_is_left_alone(host, fetch, tag):
    with pytest.raises(Withheld):
        fetch(Answer(headers={"X-Robots-Tag": tag}))
    assert len(host.asked) == 1
    assert fetch(Answer(headers={"X-Robots-Tag": tag}), despite_robots_tag=True) == BYTES


@pytest.mark.parametrize("tag", ["nofollow", "otherbot: noindex", "unavailable_after: 25 Jun 2030 15:00:00 PST"])
def test_a_tag_that_asks_for_something_else_or_somebody_else_is_not_minded(fetch, tag):
    assert fetch(Answer(headers={"X-Robots-Tag": tag})) == BYTES


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_not_argued_with(host, fetch, status):
    with pytest.raises(FileRefused, match=str(status)):
        fetch(Answer(status, b"no"))
    assert len(host.asked) == 1


@pytest.mark.parametrize("words", [b"URL signature expired", b"URL signature mismatch", b"Bad URL hash"])
def test_a_refused_signature_is_told_apart(host, fetch, words):
    with pytest.raises(SignatureRefused):
        fetch(Answer(403, words, {"Content-Type": "text/plain"}))
    assert len(host.asked) == 1


def test_an_expired_address_is_not_even_asked(host, fetch):
    with pytest.raises(SignatureRefused, match="expired"):
        fetch(Answer(), path="/v/1.jpg?oe=6AC7E921", wall_clock=lambda: 0x6AC7E921)
    assert host.asked == []
    assert fetch(Answer(), path="/v/1.jpg?oe=6AC7E921", wall_clock=lambda: 0x6AC7E920) == BYTES


def test_a_redirect_is_followed_on_the_same_host_only(host, fetch):
    assert fetch(Answer(302, b"", {"Location": "/v/2.jpg"}), Answer()) == BYTES
    assert host.asked[1]["path"] == "/v/2.jpg"
    places = ("http://127.0.0.1:9/v/2.jpg", "https://example.org/2.jpg", "file:///etc/passwd", "//169.254.169.254/")
    for elsewhere in places:
        with pytest.raises(AddressRefused):
            fetch(Answer(302, b"", {"Location": elsewhere}))
    with pytest.raises(FileRefused, match="redirects"):
        fetch(Answer(302, b"", {"Location": "/v/again.jpg"}))


def test_addresses_elsewhere_are_never_asked(host, fetch):
    for elsewhere in ("https://example.org/1.jpg", "http://localhost:1/1.jpg", "ftp://127.0.0.1/1.jpg"):
        with pytest.raises(AddressRefused):
            fetch(Answer(), path=elsewhere)
    assert host.asked == []


@pytest.mark.parametrize(
    "odd", ["https://x..cdninstagram.com/v/1.jpg", f"https://{'x' * 64}.cdninstagram.com/v/1.jpg", "https://[bad/1.jpg"]
)
def test_an_address_that_cannot_be_one_is_one_refused_image(host, fetch, monkeypatch, tmp_path, odd):
    monkeypatch.setattr("scraper.download.find_proxy", lambda site: None)
    with Downloader(site_at(), "Visitor/1.0") as downloader, pytest.raises(AddressRefused):
        downloader.fetch(odd, tmp_path / "staged")
    with pytest.raises(AddressRefused):
        fetch(Answer(302, b"", {"Location": odd}))


def test_a_host_that_points_into_the_own_network_is_refused(monkeypatch, tmp_path):
    inside = [(None, None, None, "", ("10.0.0.7", 443))]
    monkeypatch.setattr("scraper.download.socket.getaddrinfo", lambda *_, **__: inside)
    monkeypatch.setattr("scraper.download.find_proxy", lambda site: None)
    with Downloader(site_at(), "Visitor/1.0") as downloader, pytest.raises(AddressRefused, match="public"):
        downloader.fetch("https://scontent.cdninstagram.com/v/1.jpg", tmp_path / "staged")


def test_what_is_no_image_is_refused_by_its_own_word(host, fetch):
    with pytest.raises(FileRefused, match="text/html"):
        fetch(Answer(headers={"Content-Type": "text/html; charset=utf-8"}))
    assert len(host.asked) == 1


def test_a_file_larger_than_allowed_is_given_up_before_it_is_read(fetch, monkeypatch):
    monkeypatch.setattr("scraper.download.MAX_BYTES", 50_000)
    with pytest.raises(FileRefused, match="larger"):
        fetch(Answer())
    with pytest.raises(FileRefused, match="larger"):
        fetch(Answer(headers={"Content-Length": "9" * 30}))


def test_a_trickle_meets_the_time_limit_of_the_whole_file(fetch):
    seconds = iter(range(0, 10**6, 20))
    with pytest.raises(FileRefused, match="not finished"):
        fetch(Answer(drip_s=0.02), clock=lambda: next(seconds))


def test_a_server_that_is_not_there_is_one_failed_image(tmp_path):
    host = Host()
    host.close()
    site = site_at(host.base_url)
    refused = pytest.raises(FileRefused, match="no answer")
    with Downloader(site, "Visitor/1.0", sleep=lambda _: None) as downloader, refused:
        downloader.fetch(f"{host.base_url}/v/1.jpg", tmp_path / "staged")


def test_a_full_disk_ends_the_run_and_is_not_blamed_on_the_image(host):
    host.answers = [Answer()]
    with Downloader(site_at(host.base_url), "Visitor/1.0") as downloader, pytest.raises(StorageFailed):
        downloader.fetch(f"{host.base_url}/v/1.jpg", Path("/dev/full"))
