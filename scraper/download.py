"""Images over HTTP into files: from an allowed address, whole, within bounds of time and size, a few at a time.

Every address asked, redirects included, is judged first. What lands in the file is exactly what the server sent (less
what it compressed for the way) and as long as it said; whether that is an image is for db.imaging.pictures to say. An
address is never edited, and all that it costs has one limit of time.
"""

import ipaddress
import random
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from db.disk import storage_errors
from db.imaging.pictures import MAX_BYTES
from scraper.answers import announced_bytes, check_type, is_compressed, retry_after_s, robots_directives, validator
from scraper.connections import Limit, new_session
from scraper.errors import AddressRefused, FileRefused, FormRefused, SignatureRefused, Withheld
from scraper.parser.addresses import expires_at
from scraper.proxies import find_proxy
from scraper.site import Site
from scraper.workers import Workers

AT_ONCE = 4
_CONNECT_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 20.0
_FILE_TIMEOUT_S = 180.0          # redirects, refusals and further attempts included
_NOT_FINISHED = f"not finished after {_FILE_TIMEOUT_S:.0f} s"
_REFUSAL_TIMEOUT_S = 10.0       # for the reason of one
_ATTEMPTS = 4
_FIRST_BACK_OFF_S = 1.0
_LONGEST_BACK_OFF_S = 60.0
_MOST_REDIRECTS = 4
_CHUNK_BYTES = 64 * 1024
_FIRST_BYTES = 200
# What says that this address is not to be had, rather than that its server has trouble, or wants to be left alone.
_NOT_HERE = frozenset({400, 403, 404, 406, 410, 415})
_OF_SIGNATURES = (b"signature", b"bad url")     # the second: "Bad URL hash", "Bad URL timestamp"
_CONTENT_RANGE = re.compile(r"bytes (\d{1,12})-\d{1,12}/(?:\d{1,12}|\*)", re.ASCII)
_TOO_LARGE = f"larger than {MAX_BYTES // 2**20} MiB"
_LAST_PATIENCE_S = 2.0          # for downloads under way when a visit ends early
_NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class _TryAgain(Exception):
    """An attempt that failed for a reason that may pass; `after_s` is what the server's Retry-After says."""

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
        self._of_thread = threading.local()             # a session is not made for several threads, nor its limit
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

        Raises AddressRefused, SignatureRefused (read the page again for a fresh address), Withheld, FormRefused (take
        another form), FileRefused, ProxyUnusable, and StorageFailed of db when the disk says no. Network failures and
        5xx are tried again, going on from the bytes that are there when the server allows it; one limit holds for all.
        """
        expiry = expires_at(url)
        if expiry is not None and expiry <= self._wall_clock():
            raise SignatureRefused("the address has expired")
        quiet_s = min(self._quiet_until - self._clock(), _LONGEST_BACK_OFF_S)
        if quiet_s > 0:
            self._sleep(quiet_s)
        session, limit = self._session()
        limit.until = self._clock() + _FILE_TIMEOUT_S
        with storage_errors():
            target.write_bytes(b"")
        same: str | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            if self._ended.is_set():
                raise FileRefused("the visit has ended")
            try:
                with self._ask(session, limit, url, target.stat().st_size, same) as response:
                    self._check_status(response, limit)
                    self._check_wish(response)
                    # The rest of what is compressed is of no use without its beginning.
                    same = None if is_compressed(response) else validator(response)
                    self._receive(response, target, limit)
                return
            except _TryAgain as failure:
                if isinstance(failure, _StartOver):
                    same = None
                if limit.is_over:
                    raise FileRefused(_NOT_FINISHED) from failure
                pause_s = self._back_off_s(attempt, failure.after_s)
                if failure.after_s:
                    self._quiet_until = max(self._quiet_until, self._clock() + pause_s)     # for the other threads, too
                if attempt == _ATTEMPTS or self._clock() + pause_s > limit.until:
                    raise FileRefused(f"{failure} (tried {attempt} times)") from failure
                self._sleep(pause_s)

    def _ask(
        self, session: requests.Session, limit: Limit, url: str, received: int, same: str | None
    ) -> requests.Response:
        """The answer of the last of the redirects; asks for the rest only when it can be told to be the same."""
        headers = {"Range": f"bytes={received}-", "If-Range": same} if received and same else {}
        for _ in range(_MOST_REDIRECTS + 1):
            proxy = self._judged(url)
            try:
                response = session.get(
                    url,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=(limit.left_s(_CONNECT_TIMEOUT_S), limit.left_s(_READ_TIMEOUT_S)),
                    proxies={urlsplit(url).scheme: proxy} if proxy else {},
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

    def _session(self) -> tuple[requests.Session, Limit]:
        """The session of this thread, and the limit that it keeps."""
        found: tuple[requests.Session, Limit] | None = getattr(self._of_thread, "session", None)
        if found is None:
            limit = Limit(self._clock)
            session = new_session(limit, _READ_TIMEOUT_S, {
                "User-Agent": self._user_agent,
                "Referer": f"{self._site.base_url}/",
                "Accept": "image/*",
                "Accept-Encoding": "identity",      # lengths and ranges are those of the file itself
            })
            found = self._of_thread.session = (session, limit)
            self._sessions.append(session)
        return found

    def _judged(self, url: str) -> str | None:
        """The proxy to ask for `url`, if any. Raises AddressRefused unless it is a known host, at a public address."""
        if not self._site.serves_images(url):
            raise AddressRefused(f"images are not taken from {_host(url)}")
        if self._site.loopback:
            return None
        proxy = find_proxy(self._site)
        if proxy is not None and proxy.serves(_host(url)):
            return proxy.url        # which resolves the name: where that leads is not seen from here
        _check_public(_host(url))
        return None

    def _check_status(self, response: requests.Response, limit: Limit) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status == 403:
            limit.until = min(limit.until, self._clock() + _REFUSAL_TIMEOUT_S)
            said = _first_bytes(response).lower()
            if any(words in said for words in _OF_SIGNATURES):
                raise SignatureRefused("the server refuses the address's signature")
        if status == 416:
            raise _StartOver("the server has no more bytes than were there")
        if status == 429 or status >= 500:
            raise _TryAgain(f"the server answered {status}", retry_after_s(response, self._wall_clock()))
        is_form_s = status in _NOT_HERE or 200 <= status < 300
        raise (FormRefused if is_form_s else FileRefused)(f"the server answered {status}")

    def _check_wish(self, response: requests.Response) -> None:
        if not self._despite_robots_tag and (found := robots_directives(response)):
            raise Withheld(f"its server asks machines to leave it alone (X-Robots-Tag: {', '.join(found)})")

    def _receive(self, response: requests.Response, target: Path, limit: Limit) -> None:
        check_type(response)
        compressed = is_compressed(response)
        start = _start(response, target.stat().st_size)
        if start and compressed:
            raise _StartOver("the server sent a part of something compressed")
        received = start
        if start + announced_bytes(response) > MAX_BYTES:
            raise FormRefused(_TOO_LARGE)
        with storage_errors(), target.open("ab" if start else "wb") as file:
            while chunk := self._next_chunk(response, limit, compressed):
                received += len(chunk)
                if received > MAX_BYTES:
                    raise FormRefused(_TOO_LARGE)
                file.write(chunk)

    def _next_chunk(self, response: requests.Response, limit: Limit, compressed: bool) -> bytes:
        if limit.is_over or self._ended.is_set():
            raise FileRefused(_NOT_FINISHED)
        try:
            # What has arrived, so that a trickle meets the limit.
            return bytes(response.raw.read1(_CHUNK_BYTES, decode_content=compressed))
        except urllib3.exceptions.DecodeError as error:
            raise FormRefused("it is not compressed in the way in which it says") from error
        except _NETWORK_ERRORS as error:    # also an end before the announced length
            raise _TryAgain(f"cut short ({type(error).__name__})") from error

    def _back_off_s(self, attempt: int, wished_s: float) -> float:
        pause_s = _FIRST_BACK_OFF_S * float(1 << attempt - 1) * self._rng.uniform(0.5, 1.5)
        return min(max(pause_s, wished_s), _LONGEST_BACK_OFF_S)


def _check_public(host: str) -> None:
    """Raise AddressRefused for a host that leads into some network of its own."""
    try:
        answers = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _TryAgain(f"{host} has no address") from error
    except ValueError as error:     # a part of the name is empty, or longer than a name's may be
        raise AddressRefused(f"{host} is not a host's name") from error
    if not all(ipaddress.ip_address(answer[4][0]).is_global for answer in answers):
        raise AddressRefused(f"{host} is not at a public address")


def _host(url: str) -> str:
    """The host of an address, for people."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def _first_bytes(response: requests.Response) -> bytes:
    """The beginning of a refusal's text, as much as comes in time."""
    found = b""
    try:
        while len(found) < _FIRST_BYTES and (chunk := response.raw.read1(_FIRST_BYTES)):
            found += chunk
    except _NETWORK_ERRORS:
        pass
    return found


def _start(response: requests.Response, received: int) -> int:
    """Where the answer's bytes belong: behind those received, or at the beginning of the file."""
    if response.status_code == 200:
        return 0
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != received:
        raise _StartOver("the server sent another part than asked for")
    return received
