"""Who is let in, and what every answer forbids the browser.

Invariant: no handler is reached but by a request to a name of this server (a foreign name that points here is DNS
rebinding), with the cookie; what changes something must come from a page of ours, by its Origin, and not to a server
that only shows. Every answer carries the policy.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gallery.server.access import Access
from gallery.templating import render

LOOKING = frozenset({"GET", "HEAD"})
MOST_BYTES = 1 << 20        # of what is sent with an action
POLICY = (
    "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",       # with none at all a form's Origin would be null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Names:
    """The names by which this server may be called."""

    def __init__(self, port: int, names: Iterable[str], *, any_address: bool = False) -> None:
        self._hosts = frozenset(f"{_bracketed(name)}:{port}" for name in names)
        self._ending = f":{port}"
        self._any_address = any_address

    def __contains__(self, host: str) -> bool:
        host = host.lower()
        return host in self._hosts or (self._any_address and host.endswith(self._ending) and _is_address(
            host.removesuffix(self._ending).strip("[]")))


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, *, access: Access, names: Names, read_only: bool, port: int) -> None:
        self._app, self._access, self._names, self._read_only = app, access, names, read_only
        self._cookie = f"stylegram-{port}"      # cookies know no ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":     # there are no web sockets here
            return
        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, _with_policy(send))

    def _answer(self, scope: Scope) -> Response | None:
        """What a request is told that is not let in."""
        headers = Headers(scope=scope)
        host = headers.getlist("host")
        if len(host) != 1 or host[0] not in self._names:
            return _refused(421, "This server is not known by that name.")
        looks = scope["method"] in LOOKING
        if looks and (entry := self._entry(scope)):
            return entry
        if not any(self._access.is_cookie(said) for said in self._cookies(headers)):
            return self._stranger(scope, looks)
        if looks:
            return None
        if scope["method"] != "POST":
            return _refused(405, "That is not done here.")
        if headers.getlist("origin") != [f"http://{host[0]}"]:
            return _refused(403, "That was asked by another page.")
        if self._read_only:
            return _refused(403, "This gallery only shows.")
        return _measured(headers)

    def _entry(self, scope: Scope) -> Response | None:
        """The first address: its token becomes a cookie, and leaves the address."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        said = [value for name, value in query if name == "token"]
        if not said or not self._access.is_token(said[0]):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # One slash at the beginning: two would lead to another host.
        path = "/" + scope["path"].lstrip("/\\")
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, 303)
        answer.set_cookie(self._cookie, self._access.cookie, path="/", httponly=True, samesite="strict",
                          max_age=30 * 86_400)
        return answer

    def _cookies(self, headers: Headers) -> list[str]:
        """All that are called like ours, among whatever other programs on this machine have given the browser.

        Those may be no cookies by any standard, so that a parser which gives up at the first of them finds nothing.
        """
        parts = (part.partition("=") for line in headers.getlist("cookie") for part in line.split(";"))
        return [value.strip() for name, _, value in parts if name.strip() == self._cookie]

    def _stranger(self, scope: Scope, looks: bool) -> Response:
        """A link on another site comes without the cookie: the way in is then a link of ours."""
        text = render("stranger.html") if looks else "The gallery does not know you."
        return HTMLResponse(text, 401, headers={"Cache-Control": "no-store"})


def _measured(headers: Headers) -> Response | None:
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return _refused(411, "Say how long it is.")
    return _refused(413, "That is too much at once.") if int(length) > MOST_BYTES else None


def _refused(status: int, text: str) -> Response:
    return Response(text + "\n", status, media_type="text/plain", headers={"Cache-Control": "no-store"})


def _with_policy(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name.lower()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
