"""HTTP connections that keep one limit over all that they read: heads, bodies, redirects, however slowly they come.

A socket's own timeout begins anew with each byte, so a server that sends one a second would be waited on for ever.
Here every read has what is left of the limit. Answers that only announce one (1xx) are passed over (RFC 9110, 15.2).
"""

import http.client
import io
import math
import os
import socket
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import ConnectionPool

_MOST_INTERIM = 20


class Limit:
    """The moment by `clock` until which a session may wait; whoever uses the session sets it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.until = math.inf

    @property
    def is_over(self) -> bool:
        return self._clock() >= self.until

    def left_s(self, most_s: float) -> float:
        """What may still be waited, `most_s` at most. Raises TimeoutError when nothing is left."""
        left_s = self.until - self._clock()
        if left_s <= 0:
            raise TimeoutError("the time for all of it is over")
        return min(left_s, most_s)


class LimitedAdapter(HTTPAdapter):
    """Makes the connections of a session keep `limit`, and no read of theirs longer than `read_s`; by proxy, too."""

    def __init__(self, limit: Limit, read_s: float) -> None:
        self._limit, self._read_s = limit, read_s
        super().__init__()

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> ConnectionPool:
        """The pool for a request, as requests makes it, with limited connections in it."""
        pool: Any = super().get_connection_with_tls_context(*arguments, **named)
        if not hasattr(pool.ConnectionCls, "is_limited"):
            pool.ConnectionCls = _limited(pool.ConnectionCls, self._limit, self._read_s)
        limited: ConnectionPool = pool
        return limited


def new_session(limit: Limit, read_s: float, headers: dict[str, str]) -> requests.Session:
    """A session that sends these headers and keeps the limit, and knows of its environment the certificates only.

    Proxies are for whoever asks to name, and the passwords of ~/.netrc are nobody's business.
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.headers.update(headers)
    for scheme in ("https://", "http://"):
        session.mount(scheme, LimitedAdapter(limit, read_s))
    return session


def _limited(connection: Any, limit: Limit, read_s: float) -> type[HTTPConnection]:
    """A connection of that kind whose answers are read within the limit."""

    class Response(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
            super().__init__(sock, *arguments, **named)
            self.fp = io.BufferedReader(_Reads(self.fp.detach(), sock, limit, read_s))

        def begin(self) -> None:
            for _ in range(_MOST_INTERIM):
                super().begin()
                if self.status >= 200 or self.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                    return
                self.headers = self.msg = None      # type: ignore[assignment] # as before anything was read
            raise http.client.HTTPException("no end of interim answers")

    class Connection(connection):   # type: ignore[misc]
        is_limited = True
        response_class = Response

    return Connection


class _Reads(io.RawIOBase):
    """What a socket receives, each time within what is left of the limit."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, limit: Limit, read_s: float) -> None:
        self._raw, self._sock, self._limit, self._read_s = raw, sock, limit, read_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(self._limit.left_s(self._read_s))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
