"""The server: it listens on this machine, in a thread of its own, until it is told to end.

Invariant: when `running` is entered it answers, and when it is left nothing of it goes on: no thread, no connection.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

import uvicorn

from db.library import CACHE, Library
from gallery.errors import AddressRefused
from gallery.server.access import Access, key_in
from gallery.server.app import application
from gallery.server.assets import version
from gallery.server.bulletin import Bulletin
from gallery.server.collecting import INSTAGRAM, Collecting
from gallery.server.guard import Guard, Names
from gallery.server.menu import NOTHING, Menu
from gallery.server.model import Model
from gallery.server.site import Site
from gallery.server.thumbnails import Thumbnails
from gallery.templating import prepare

LOOPBACK = "127.0.0.1"
PORT = 7717                 # the first that is tried: addresses of pictures stay what they were
_TRIED = 20
_START_S, _END_S = 30.0, 5.0
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Listening:
    """Where it answers. `first_address` lets a browser in, `address` one that was let in."""

    host: str
    port: int
    address: str
    first_address: str


@contextmanager
def running(
    library: Library, *, host: str = LOOPBACK, port: int | None = None, read_only: bool = False, menu: Menu = NOTHING,
    collecting: Collecting = INSTAGRAM,
) -> Iterator[Listening]:
    """The gallery of a library while the block runs. Raises AddressRefused where it cannot listen there."""
    with closing(_listen(host, port)) as listener:
        port = listener.getsockname()[1]
        cache = library.root / CACHE
        access = Access(key_in(cache))
        site = Site(library, Model(library), Thumbnails(cache), Bulletin(), menu, read_only, collecting)
        # The first page is not to wait for what every page needs: a large library takes a second to read.
        site.model.now()
        prepare()
        version()
        guard = Guard(application(site), access=access, names=_names(host, port), read_only=read_only, port=port)
        with _answering(guard, listener, site.bulletin):
            address = f"http://{_shown(host)}:{port}/"
            yield Listening(host, port, address, f"{address}?token={access.token}")


@contextmanager
def _answering(guard: Guard, listener: socket.socket, bulletin: Bulletin) -> Iterator[None]:
    """The server's thread, from its start to its end."""
    server = uvicorn.Server(uvicorn.Config(
        guard, log_config=None, access_log=False, server_header=False, date_header=True, proxy_headers=False,
        ws="none", lifespan="on", timeout_graceful_shutdown=2, backlog=2048))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="gallery", daemon=True)
    thread.start()
    try:
        yield
    finally:
        bulletin.close()
        server.should_exit = True
        thread.join(_END_S)
        server.force_exit = True
        thread.join(_END_S)


def _listen(host: str, port: int | None) -> socket.socket:
    """A socket that takes connections from now on: on this port, or on the first free one from the usual on."""
    ports = [port] if port is not None else [*range(PORT, PORT + _TRIED), 0]
    for number in ports:
        try:
            family, kind, protocol, _, where = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
            listener = socket.socket(family, kind, protocol)
        except OSError as error:
            raise AddressRefused(f"cannot listen on {host}: {error.strerror}") from error
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen(2048)
        except OSError as error:
            listener.close()
            problem = error
            continue
        return listener
    raise AddressRefused(f"cannot listen on {host}, port {ports[0]}: {problem.strerror}") from problem


def is_loopback(host: str) -> bool:
    """Whether only this machine can come to it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _names(host: str, port: int) -> Names:
    if is_loopback(host):
        return Names(port, _LOOPBACK_NAMES)
    # A name of another's cannot be an address, so whoever comes by one has not been led here.
    return Names(port, (*_LOOPBACK_NAMES, host, socket.gethostname()), any_address=True)


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return LOOPBACK
    return f"[{host}]" if ":" in host else host
