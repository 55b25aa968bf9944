"""Images over HTTP into files: from an allowed address, whole, within bounds of time and size, a few at a time.

Every address asked, redirects included, is judged first. What lands in the file is exactly what the server
sent and as long as it said; whether that is an image is for db.pictures to say. An address is never edited.
"""

import ipaddress
import random
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies, select_proxy

from db.pictures import MAX_BYTES
from db.store import storage_errors
from scraper.errors import AddressRefused, FileRefused, SignatureRefused, Withheld
from scraper.parser.addresses import expires_at
from scraper.site import Site
from scraper.workers import Workers

AT_ONCE = 4
_CONNECT_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 20.0
_FILE_TIMEOUT_S = 180.0
_ATTEMPTS = 4
_FIRST_BACK_OFF_S = 1.0
_LONGEST_BACK_OFF_S = 60.0
_MOST_REDIRECTS = 4
_CHUNK_BYTES = 64 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d{1,12})-\d{1,12}/(?:\d{1,12}|\*)", re.ASCII)
_ROBOTS_WORDS = frozenset({"noai", "noimageai", "noindex", "none"})
_LAST_PATIENCE_S = 2.0          # for downloads under way when a visit ends early
_NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class _TryAgain(Exception):
    """An attempt that failed for a reason that may pass; `after_s` is the server's own wish."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class _StartOver(_TryAgain):
    """The bytes that are there cannot be gone on from."""


class Downloader:
    """Fetches images, `at_once` at most; clock, sleep and chance are passed in.

    Leaving its block ends what is under way; no request is begun after that.
    """

    def __init__(
        self,
        site: Site,
        user_agent: str,
        *,
        despite_robots_tag: bool = False,
        at_once: int = AT_ONCE,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._site = site
        self._despite_robots_tag = despite_robots_tag
        self._wall_clock = wall_clock
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._user_agent = user_agent
        self._workers = Workers(at_once)
        self._of_thread = threading.local()             # a session is not made for several threads
        self._sessions: list[requests.Session] = []
        self._ended = threading.Event()
        self._quiet_until = 0.0                         # by the clock: a server asked to be left alone until then

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._workers.close(_LAST_PATIENCE_S)
        for session in self._sessions:
            session.close()

    def start(self, url: str, target: Path) -> "Future[None]":
        """Begin to `fetch` as soon as there is room; the future raises what `fetch` does."""
        return self._workers.submit(lambda: self.fetch(url, target))

    def fetch(self, url: str, target: Path) -> None:
        """Write the file at `url` to `target`, replacing what was there.

        Raises AddressRefused, SignatureRefused (read the page again for a fresh address), Withheld, FileRefused, and
        StorageFailed of db when the disk says no. Network failures and 5xx are tried again, going on from the
        bytes that are there when the server allows it.
        """
        expiry = expires_at(url)
        if expiry is not None and expiry <= self._wall_clock():
            raise SignatureRefused("the address has expired")
        quiet_s = min(self._quiet_until - self._clock(), _LONGEST_BACK_OFF_S)
        if quiet_s > 0:
            self._sleep(quiet_s)
        deadline = self._clock() + _FILE_TIMEOUT_S
        with storage_errors():
            target.write_bytes(b"")
        validator: str | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            if self._ended.is_set():
                raise FileRefused("the visit has ended")
            try:
                with self._ask(url, target.stat().st_size, validator) as response:
                    self._check_status(response)
                    self._check_wish(response)
                    validator = _validator(response)
                    self._receive(response, target, deadline)
                return
            except _TryAgain as failure:
                if isinstance(failure, _StartOver):
                    validator = None
                pause_s = self._back_off_s(attempt, failure.after_s)
                if failure.after_s:
                    self._quiet_until = max(self._quiet_until, self._clock() + pause_s)     # for the other threads, too
                if attempt == _ATTEMPTS or self._clock() + pause_s > deadline:
                    raise FileRefused(f"{failure} (tried {attempt} times)") from failure
                self._sleep(pause_s)

    def _ask(self, url: str, received: int, validator: str | None) -> requests.Response:
        """The answer of the last of the redirects; asks for the rest only when it can be told to be the same."""
        headers = {"Range": f"bytes={received}-", "If-Range": validator} if received and validator else {}
        for _ in range(_MOST_REDIRECTS + 1):
            self._judge(url)
            try:
                response = self._session().get(
                    url,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S),
                )
                location = response.headers.get("Location")
                onward = urljoin(url, location) if response.is_redirect and location else None
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
                raise AddressRefused("not an address") from error
            except _NETWORK_ERRORS as error:
                raise _TryAgain(f"no answer ({type(error).__name__})") from error
            except ValueError as error:     # requests reads where a redirect leads, too
                raise AddressRefused("a redirect to what is not an address") from error
            if onward is None:
                return response
            response.close()
            url = onward
        raise FileRefused("too many redirects")

    def _session(self) -> requests.Session:
        """The session of this thread."""
        found: requests.Session | None = getattr(self._of_thread, "session", None)
        if found is None:
            found = self._of_thread.session = _new_session(self._site, self._user_agent)
            self._sessions.append(found)
        return found

    def _judge(self, url: str) -> None:
        """Raise AddressRefused unless images may be taken from `url`: a known host, at a public address."""
        if not self._site.serves_images(url):
            raise AddressRefused(f"images are not taken from {_host(url)}")
        if self._site.loopback or select_proxy(url, get_environ_proxies(url)):
            return
        host = _host(url)
        try:
            answers = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
        except OSError as error:
            raise _TryAgain(f"{host} has no address") from error
        except ValueError as error:     # a part of the name is empty, or longer than a name's may be
            raise AddressRefused(f"{host} is not a host's name") from error
        if not all(ipaddress.ip_address(answer[4][0]).is_global for answer in answers):
            raise AddressRefused(f"{host} is not at a public address")

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status == 403 and b"signature" in _first_bytes(response).lower():
            raise SignatureRefused("the server refuses the address's signature")
        if status == 416:
            raise _StartOver("the server has no more bytes than were there")
        if status == 429 or status >= 500:
            wished_s = _wished_pause_s(response.headers.get("Retry-After", ""), self._wall_clock())
            raise _TryAgain(f"the server answered {status}", wished_s)
        raise FileRefused(f"the server answered {status}")

    def _check_wish(self, response: requests.Response) -> None:
        # Each header by itself: a line that begins with a robot's name is meant for that robot.
        lines = response.raw.headers.getlist("X-Robots-Tag")
        words = {word.strip().lower() for line in lines if ":" not in line for word in line.split(",")}
        if not self._despite_robots_tag and (found := sorted(words & _ROBOTS_WORDS)):
            raise Withheld(f"its server asks machines to leave it alone (X-Robots-Tag: {', '.join(found)})")

    def _receive(self, response: requests.Response, target: Path, deadline: float) -> None:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind and not kind.startswith("image/") and kind != "application/octet-stream":
            raise FileRefused(f"the answer is {kind[:60]!r}, not an image")
        start = _start(response, target.stat().st_size)
        length = response.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and (len(length) > 12 or start + int(length) > MAX_BYTES):
            raise FileRefused(f"larger than {MAX_BYTES // 2**20} MiB")
        received = start
        with storage_errors(), target.open("ab" if start else "wb") as file:
            while chunk := self._next_chunk(response, deadline):
                received += len(chunk)
                if received > MAX_BYTES:
                    raise FileRefused(f"larger than {MAX_BYTES // 2**20} MiB")
                file.write(chunk)

    def _next_chunk(self, response: requests.Response, deadline: float) -> bytes:
        if self._clock() > deadline or self._ended.is_set():
            raise FileRefused(f"not finished after {_FILE_TIMEOUT_S:.0f} s")
        try:
            return bytes(response.raw.read1(_CHUNK_BYTES))  # what has arrived, so that a trickle meets the deadline
        except _NETWORK_ERRORS as error:    # also an end before the announced length
            raise _TryAgain(f"cut short ({type(error).__name__})") from error

    def _back_off_s(self, attempt: int, wished_s: float) -> float:
        pause_s = _FIRST_BACK_OFF_S * float(1 << attempt - 1) * self._rng.uniform(0.5, 1.5)
        return min(max(pause_s, wished_s), _LONGEST_BACK_OFF_S)


def _new_session(site: Site, user_agent: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = not site.loopback   # a proxy of the user's, but never to this very machine
    session.auth = _no_credentials          # ... and never the passwords of ~/.netrc
    session.headers.update({
        "User-Agent": user_agent,
        "Referer": f"{site.base_url}/",
        "Accept": "image/*",
        "Accept-Encoding": "identity",      # lengths and ranges are those of the file itself
    })
    return session


def _host(url: str) -> str:
    """The host of an address, for people."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _wished_pause_s(wish: str, now: float) -> float:
    """The seconds that a Retry-After asks for, written as a number or as a date (RFC 9110, 10.2.3); 0 for neither."""
    if wish.isascii() and wish.isdigit() and len(wish) < 9:
        return float(wish)
    try:
        return max(0.0, parsedate_to_datetime(wish).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0


def _first_bytes(response: requests.Response) -> bytes:
    try:
        return bytes(response.raw.read(200))
    except _NETWORK_ERRORS:
        return b""


def _start(response: requests.Response, received: int) -> int:
    """Where the answer's bytes belong: behind those received, or at the beginning of the file."""
    if response.status_code == 200:
        return 0
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != received:
        raise _StartOver("the server sent another part than asked for")
    return received


def _validator(response: requests.Response) -> str | None:
    """What tells that a later answer is the same file: a strong ETag, else its date."""
    etag = response.headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
