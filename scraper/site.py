"""Which site is visited: how its addresses are built, and which addresses may be asked at all.

The real site and its image hosts over https; with a base address on loopback, that very host and port and
nothing else, where `localhost`, `127.0.0.1` and `[::1]` are one host. Every page, passing request, image address and
connection of the browser's is judged here.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from scraper.errors import BadSetting

DEFAULT_BASE_URL = "https://www.instagram.com"

_SITE_HOST = "instagram.com"
_IMAGE_HOSTS = (".cdninstagram.com", ".fbcdn.net")
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Site:
    """A site by its base address. `loopback` sites serve their images themselves."""

    base_url: str
    scheme: str
    host: str
    port: int
    loopback: bool

    @property
    def key(self) -> str:
        """What the site's budget and cool-downs are kept under: Instagram is one, each replica its own."""
        return f"{_one_name(self.host)}:{self.port}" if self.loopback else _SITE_HOST

    def profile_url(self, username: str) -> str:
        """The address of a profile's page."""
        return f"{self.base_url}/{quote(username, safe='')}/"

    def post_url(self, code: str) -> str:
        """The address of a post's page."""
        return f"{self.base_url}/p/{quote(code, safe='')}/"

    def serves_pages(self, url: str) -> bool:
        """Whether `url` is on the site itself."""
        address = _address(url)
        if address is None or address[0] != self.scheme or address[2] != self.port:
            return False
        return self._is_own(address[1])

    def serves_images(self, url: str) -> bool:
        """Whether `url` is an address that images may be taken from."""
        if self.loopback:
            return self.serves_pages(url)
        address = _address(url)
        return address is not None and address[0] == "https" and address[2] == 443 \
            and address[1].endswith(_IMAGE_HOSTS)

    def may_reach(self, host: str, port: int) -> bool:
        """Whether the browser may connect to a host: the site's own, and those of its images and scripts."""
        return port == self.port and (self._is_own(host) or (not self.loopback and host.endswith(_IMAGE_HOSTS)))

    def _is_own(self, host: str) -> bool:
        if self.loopback:
            return _one_name(host) == _one_name(self.host)
        return host == _SITE_HOST or host.endswith(f".{_SITE_HOST}")


def site_at(base_url: str = DEFAULT_BASE_URL) -> Site:
    """The site at `base_url`: Instagram itself or a replica on loopback. Raises BadSetting."""
    cleaned = base_url.strip().rstrip("/")
    address = _address(cleaned)
    if address is None or urlsplit(cleaned).path or urlsplit(cleaned).query:
        raise BadSetting(f"not a base address: {base_url!r} (expected something like http://127.0.0.1:8765)")
    scheme, host, port = address
    if _is_loopback(host):
        return Site(cleaned, scheme, host, port, loopback=True)
    if scheme == "https" and port == 443 and (host == _SITE_HOST or host.endswith(f".{_SITE_HOST}")):
        return Site(cleaned, scheme, host, port, loopback=False)
    raise BadSetting(f"neither Instagram nor a loopback address: {base_url!r}")


def _address(url: str) -> tuple[str, str, int] | None:
    """(scheme, host, port) of an http(s) address without credentials, or None."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    odd = "@" in parts.netloc or "\\" in url or not url.isprintable() or " " in url
    if parts.scheme not in ("http", "https") or not host or odd:
        return None
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def _one_name(host: str) -> str:
    return "127.0.0.1" if host in _THIS_MACHINE else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
