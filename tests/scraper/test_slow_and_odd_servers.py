"""Downloads from a server of raw bytes: one limit for all that drips, and every way in which HTTP may carry a file."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scraper import download
from scraper.download import Downloader
from scraper.errors import DownloadRefused, FileRefused, FormRefused
from scraper.site import site_at

BYTES = bytes(range(256)) * 40
LIMIT_S = 0.3


class RawHost:
    """Says the next of its answers to each request, and behind the last one `drip`, with a pause before every byte."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.drip: bytes = b""
        self.requests: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := connection.recv(65536):
                    self.requests.append(request)
                    is_last = len(self.answers) == 1
                    answer = self.answers[0] if is_last else self.answers.pop(0)
                    connection.sendall(answer)
                    for byte in self.drip if is_last else b"":
                        time.sleep(LIMIT_S / 6)
                        connection.sendall(bytes((byte,)))
                    if b"Connection: close" in answer:
                        return
            except OSError:
                return      # hung up on

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def host() -> Iterator[RawHost]:
    running = RawHost()
    yield running
    running.close()


@pytest.fixture
def fetch(host: RawHost, tmp_path: Path) -> Callable[..., bytes]:
    def run(*answers: bytes, drip: bytes = b"") -> bytes:
        host.answers, host.drip = list(answers), drip
        with Downloader(site_at(host.base_url), "Visitor/1.0", sleep=lambda _: None) as downloader:
            downloader.fetch(f"{host.base_url}/v/1.jpg", tmp_path / "staged")
        return (tmp_path / "staged").read_bytes()

    return run


def head(status: str = "200 OK", **headers: object) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode()


def whole(body: bytes = BYTES, **headers: object) -> bytes:
    return head(**{"Content_Type": "image/jpeg", "Content_Length": len(body)} | headers) + body


REDIRECT = head("302 Found", Location="/v/2.jpg", Content_Length=0)


@pytest.mark.parametrize(
    ("answers", "drip"),
    [
        ([b""], b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"),
        ([b"HTTP/1.1 200 OK\r\nX: "], b"y" * 100),
        ([b"HTTP/1.1 103 Early Hints\r\nLink: "], b"y" * 100),
        ([b"HTTP/1.1 100 Continue\r\n\r\n"], b"HTTP/1.1 100 Continue\r\n\r\n" * 5),
        ([head(Content_Length=100)], b"y" * 100),
        ([head(Transfer_Encoding="chunked")], b"1\r\ny\r\n" * 20),
        ([head(Content_Encoding="gzip", Content_Length=10**5)], gzip.compress(BYTES)[:100]),
        ([b""], b""),
        ([head(Content_Length=100) + b"y"], b""),
        ([REDIRECT, b""], b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"),
        ([head("503 Busy", Content_Length=0), b"HTTP/1.1 200 OK\r\nX: "], b"y" * 100),
    ],
    ids=["status", "head", "103", "100", "body", "chunks", "compressed", "silence", "silence in a body",
         "redirect", "second attempt"],
)
def test_one_limit_holds_for_all_that_a_server_lets_drip_or_leaves_out(host, fetch, monkeypatch, answers, drip):
    monkeypatch.setattr(download, "_FILE_TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(download, "_FIRST_BACK_OFF_S", 0.01)
    began = time.monotonic()
    with pytest.raises(FileRefused, match="not finished"):
        fetch(*answers, drip=drip)
    assert time.monotonic() - began < LIMIT_S * 10
    assert len(host.requests) == len(answers)


def test_a_refusal_whose_reason_drips_is_a_refusal_soon(fetch, monkeypatch):
    monkeypatch.setattr(download, "_REFUSAL_TIMEOUT_S", LIMIT_S)
    began = time.monotonic()
    with pytest.raises(FormRefused, match="403"):
        fetch(head("403 Forbidden", Content_Length=100), drip=b"y" * 100)
    assert time.monotonic() - began < LIMIT_S * 10


def test_a_redirect_after_a_redirect_that_drip_have_one_limit(host, fetch, monkeypatch):
    monkeypatch.setattr(download, "_FILE_TIMEOUT_S", LIMIT_S)
    began = time.monotonic()
    with pytest.raises(FileRefused, match="not finished"):
        fetch(b"HTTP/1.1 302 Found\r\nLocation: /v/2.jpg\r\nContent-Length: 0\r\nX: ", drip=b"\r\n\r\n")
    assert time.monotonic() - began < LIMIT_S * 10


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints", "199 Whatever"])
def test_what_comes_before_an_answer_is_not_the_answer(host, fetch, interim):
    hints = head(interim, Link="</style.css>; rel=preload", Content_Length=7)
    assert fetch(hints + whole()) == BYTES
    assert fetch(hints * 3 + whole()) == BYTES
    assert len(host.requests) == 2


def test_an_answer_that_never_comes_for_hints_is_given_up(host, fetch):
    with pytest.raises(FileRefused, match="no answer"):
        fetch(head("103 Early Hints") * 2000)


@pytest.mark.parametrize(
    "kind",
    [
        "application/octet-stream", "binary/octet-stream", "application/x-octet-stream", "Binary/Octet-Stream; q=1",
        "application/binary", "application/force-download", "application/x-unknown", "image", "image/heic", "*/*", "",
    ],
)
def test_a_server_that_does_not_know_what_a_file_is_may_send_it(fetch, kind):
    assert fetch(whole(Content_Type=kind)) == BYTES


@pytest.mark.parametrize(
    "kind",
    ["text/html", "Text/HTML; charset=utf-8", "text/plain", "application/json", "application/xhtml+xml", "video/mp4",
     "application/problem+json", "audio/mpeg", "application/javascript"],
)
def test_what_calls_itself_something_else_is_not_read(fetch, kind):
    with pytest.raises(FormRefused, match="not an image"):
        fetch(whole(Content_Type=kind))


@pytest.mark.parametrize(
    ("name", "compress"),
    [("gzip", gzip.compress), ("GZIP", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress),
     ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))), ("identity", bytes), ("utf-8", bytes)],
)
def test_a_file_that_was_compressed_for_its_way_is_the_file(fetch, name, compress):
    sent = compress(BYTES)
    assert fetch(whole(sent, Content_Encoding=name)) == BYTES
    chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (sent[:30], sent[30:])) + b"0\r\n\r\n"
    assert fetch(head(Content_Encoding=name, Transfer_Encoding="chunked") + chunks) == BYTES


def test_a_compressed_file_that_is_cut_short_is_begun_anew_and_not_gone_on_with(host, fetch):
    sent = gzip.compress(BYTES)
    cut = head(Content_Encoding="gzip", ETag='"a"', Content_Length=len(sent), Connection="close") + sent[:90]
    assert fetch(cut, whole(sent, Content_Encoding="gzip")) == BYTES
    assert not [request for request in host.requests if b"Range:" in request]


def test_a_compressed_rest_of_a_file_is_not_put_behind_its_beginning(host, fetch):
    cut = head(Content_Type="image/jpeg", ETag='"a"', Content_Length=len(BYTES), Connection="close") + BYTES[:500]
    rest = gzip.compress(BYTES[500:])
    part = head("206 Partial Content", Content_Encoding="gzip", Content_Length=len(rest),
                Content_Range=f"bytes 500-{len(BYTES) - 1}/{len(BYTES)}") + rest
    assert fetch(cut, part, whole()) == BYTES
    assert [b"Range: bytes=500-" in request for request in host.requests] == [False, True, False]


def test_the_length_that_is_announced_is_that_of_what_is_sent(fetch):
    sent = gzip.compress(BYTES)
    assert len(sent) != len(BYTES)
    longer = head(Content_Encoding="gzip", Content_Length=len(BYTES), Connection="close") + sent
    with pytest.raises(FileRefused, match="cut short"):
        fetch(longer)


def test_what_swells_beyond_the_bound_is_given_up_on_the_way(fetch, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 100_000)
    with pytest.raises(FormRefused, match="larger"):
        fetch(whole(gzip.compress(bytes(10**8)), Content_Encoding="gzip"))


@pytest.mark.parametrize(
    ("name", "body"), [("gzip", BYTES), ("compress", BYTES), ("gzip, compress", gzip.compress(BYTES))]
)
def test_a_compression_that_cannot_be_undone_is_another_form_s_turn(host, fetch, name, body):
    with pytest.raises(FormRefused, match="compressed"):
        fetch(whole(body, Content_Encoding=name))
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", ["204 No Content", "400 Bad", "403 Forbidden", "404 Not", "406 Not", "410 Gone"])
def test_a_status_that_concerns_one_address_is_another_form_s_turn(fetch, status):
    with pytest.raises(FormRefused, match=status[:3]):
        fetch(head(status, Content_Length=0))


@pytest.mark.parametrize("status", ["401 Unauthorized", "429 Too Many", "451 Legal", "500 Oh", "503 Busy"])
def test_a_status_that_concerns_the_visitor_or_the_server_is_not(fetch, status):
    with pytest.raises(DownloadRefused) as refused:
        fetch(head(status, Content_Length=0))
    assert not isinstance(refused.value, FormRefused)
