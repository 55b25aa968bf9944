"""The proxy of the environment, for the browser and for images alike: one for both, or a reason why not.

Chromium and requests read the same variables and disagree: on which of two wins, on SOCKS, on passwords. So they are
read here, once understood, for whoever connects. Names are looked up by the proxy. A replica on loopback has none.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies

from scraper.errors import ProxyUnusable
from scraper.site import Site

_KINDS = {
    "http": "http",
    "https": "https",
    "socks": "socks5",
    "socks5": "socks5",
    "socks5h": "socks5",
    "socks4": "socks4",
    "socks4a": "socks4",
}
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks4": 1080}
# How requests calls those that look names up, which all do here.
_REQUESTS_KINDS = {"socks5": "socks5h", "socks4": "socks4a"}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]{2,45}\]", re.ASCII)
_EVERYWHERE = "*"


@dataclass(frozen=True)
class Proxy:
    """A proxy that stands before every host but those whose names end in one of `bypass`."""

    kind: str                           # http, https, socks4 or socks5
    host: str                           # an IPv6 address in brackets
    port: int
    username: str = ""
    password: str = ""
    bypass: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For people: without what it takes to use it."""
        return f"{self.kind}://{'***@' if self.username or self.password else ''}{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as requests takes it, with name and password."""
        user = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@"
        kind = _REQUESTS_KINDS.get(self.kind, self.kind)
        return f"{kind}://{user if self.username or self.password else ''}{self.host}:{self.port}"

    def serves(self, host: str) -> bool:
        """Whether it stands before this host."""
        return not host.lower().endswith(self.bypass)


def find_proxy(site: Site) -> Proxy | None:
    """The proxy for the site and its images; None where they are asked directly. Raises ProxyUnusable."""
    if site.loopback:
        return None     # never to this very machine
    variables = getproxies()
    value = (variables.get("https") or variables.get("all") or "").strip()
    bypass = _bypass(variables.get("no", ""))
    if not value or _EVERYWHERE in bypass:
        return None
    return _parsed(value, bypass)


def _parsed(value: str, bypass: tuple[str, ...]) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port
    except ValueError:
        raise _malformed() from None
    host = _host(parts)
    if host is None or port == 0 or not value.isprintable():
        raise _malformed()
    kind = _KINDS.get(parts.scheme)
    if kind is None:
        raise ProxyUnusable(
            f"the environment names a proxy of a kind that is not supported, {parts.scheme[:20]!r} (http, https, "
            "socks4 and socks5 are); see https_proxy and all_proxy"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(kind, host, port or _PORTS[kind], user, password, bypass)


def _host(parts: SplitResult) -> str | None:
    """The host of a proxy's address, in ASCII; None where there is none."""
    name = parts.hostname or ""
    try:
        name = f"[{name}]" if ":" in name else name.encode("idna").decode()
    except UnicodeError:
        return None
    return name if _HOST.fullmatch(name) else None


def _malformed() -> ProxyUnusable:
    # The value itself is not shown: it may hold a password.
    return ProxyUnusable(
        "the proxy that the environment names is no address (expected something like http://proxy.example:3128 or "
        "socks5://127.0.0.1:1080); see https_proxy and all_proxy"
    )


def _bypass(no_proxy: str) -> tuple[str, ...]:
    """The endings of names for which there is no proxy. What names a port or a network is no name of the site's."""
    endings = (each.strip().lower() for each in no_proxy.split(","))
    named = (each.removeprefix("*") or each for each in endings if each and not set(each) & set(":/ "))
    return tuple(dict.fromkeys(named))
