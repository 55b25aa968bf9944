"""The replica: a small web server on loopback that behaves like Instagram's public pages.

Every answer follows from the accounts, the clock and the number of earlier requests, so a test sees the
same site every time; every request is in the log before its answer is sent.

How tests use it:

    from demo.behaviour import Behaviour, Dialog, ImageFault, Wall
    from demo.samples import sample_account
    from demo.site import ReplicaSite

    account = sample_account("harbour.light", posts=30, behaviour=Behaviour(dialogs=(Dialog(),)))
    with ReplicaSite([account]) as site:
        scrape(f"{site.base_url}/harbour.light/")       # images come from the same host and port
        assert site.count("profile") == 1
        assert site.count("image") == 0

Kinds in the log: profile, post, graphql, image, video, aside (what a page asks for besides its posts),
refusal (the old JSON endpoints), wall (login, challenge and home pages that a redirect leads to), click (a
button of a dialog: see the path), static, other. `site.requests` holds the log; `site.forget_requests()`
empties it between two runs and leaves the site's own counters (which load this is, how often a fault has
struck) as they are.
`site.most_at_once("image")` tells how many requests of a kind were under way at the same time.
`site.replace(account)` changes an account while the site runs: new posts, a new behaviour, a new name.
`python -m demo.site` serves the demo's accounts for a person to look at.
"""

import os
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from demo.accounts import Account
from demo.replies import Reply
from demo.routes import Routes

PIECE_BYTES = 4096


@dataclass(frozen=True)
class Request:
    """One line of the log."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: str
    kind: str
    account: str | None  # whose page or picture


class ReplicaSite:
    """The running site. `clock` gives Unix seconds; addresses of images expire by it."""

    def __init__(self, accounts: Iterable[Account], clock: Callable[[], float] = time.time, port: int = 0):
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._at_work: Counter[str] = Counter()
        self._most_at_once: Counter[str] = Counter()
        self._server = Server(("127.0.0.1", port), self)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._routes = Routes(self.base_url, clock, accounts)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, kind: str, account: str | None = None) -> int:
        """How many requests of a kind came, of one account if named."""
        return sum(
            request.kind == kind and account in (None, request.account) for request in list(self.requests)
        )

    def counts(self) -> Counter[str]:
        return Counter(request.kind for request in list(self.requests))

    def most_at_once(self, kind: str) -> int:
        """How many requests of a kind were being answered at the same time, at most."""
        with self._lock:
            return self._most_at_once[kind]

    def forget_requests(self) -> None:
        self.requests.clear()
        with self._lock:
            self._most_at_once.clear()

    @contextmanager
    def answering(self, kind: str) -> Iterator[None]:
        """For the time in which a request is answered."""
        with self._lock:
            self._at_work[kind] += 1
            self._most_at_once[kind] = max(self._most_at_once[kind], self._at_work[kind])
        try:
            yield
        finally:
            with self._lock:
                self._at_work[kind] -= 1

    def replace(self, account: Account) -> None:
        """Put an account in the place of the one with the same pk, or add it."""
        with self._lock:
            self._routes.replace(account)

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[str, Reply]:
        """The kind of a request and the reply to it."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self._lock:
            route = self._routes.route(method, parts.path, query, body)
            account = route.account.username if route.account else None
            self.requests.append(Request(method, parts.path, query, headers, body, route.kind, account))
            load = self._routes.next_load(route)
        return route.kind, route.answer(headers, body, load)


class Server(ThreadingHTTPServer):
    """One thread a connection; a visitor that goes away is no news."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], site: ReplicaSite):
        self.site = site
        super().__init__(address, Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """Reads a request and writes the site's reply, faults of the wire included."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # an idle connection is closed
    server: Server

    def do_GET(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def do_HEAD(self) -> None:
        self.respond()

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in self.headers.items()}
        kind, reply = self.server.site.answer(self.command, self.path, headers, body)
        with self.server.site.answering(kind):
            self.send(reply)

    def send(self, reply: Reply) -> None:
        if reply.delay_s:
            time.sleep(reply.delay_s)
        if reply.reset_after == 0:
            self.reset()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        length = len(reply.body) if reply.announced_length is None else reply.announced_length
        self.send_header("Content-Length", str(length))
        if reply.announced_length is not None:
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(reply)

    def send_body(self, reply: Reply) -> None:
        if reply.reset_after is not None:
            self.wfile.write(reply.body[: reply.reset_after])
            self.wfile.flush()
            self.reset()
        elif reply.drip_s:
            for start in range(0, len(reply.body), PIECE_BYTES):
                self.wfile.write(reply.body[start : start + PIECE_BYTES])
                self.wfile.flush()
                time.sleep(reply.drip_s)
        else:
            self.wfile.write(reply.body)

    def reset(self) -> None:
        """End the connection by RST, which closing does when it must not linger, instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """The site keeps its own log."""


def main() -> None:
    """Serve the demo's accounts until interrupted."""
    from demo import demo_accounts

    accounts = demo_accounts()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with ReplicaSite(accounts, port=port) as site:
        for account in accounts:
            print(f"{site.base_url}/{account.username}/", flush=True)  # noqa: T201  this command's answer
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
