"""A connection to one of the site's hosts, the way the user's network has it: direct, or through its proxy.

No other host is connected to, and none at an address that is not public. Behind a proxy it is the proxy that looks
names up.
"""

import asyncio
import os
import socket
import ssl
from typing import TypeAlias

import aiohappyeyeballs
from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
from python_socks.async_.asyncio.v2 import Proxy as ProxyClient

from scraper.errors import ProxyUnusable
from scraper.hosts import NotPublic, loopback_addresses, public_addresses
from scraper.proxies import Proxy, find_proxy
from scraper.site import Site
from scraper.workers import Workers

Stream: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_TIMEOUT_S = 20.0
_NEXT_ADDRESS_AFTER_S = 0.25        # RFC 8305: while the first one has not answered
_PROXY_TYPES = {
    "http": ProxyType.HTTP,
    "https": ProxyType.HTTP,        # the same, once TLS stands
    "socks4": ProxyType.SOCKS4,
    "socks5": ProxyType.SOCKS5,
}


class Unreachable(Exception):
    """A host that is not, or may not be, connected to; the message is for people."""


async def dial(site: Site, host: str, port: int, workers: Workers) -> Stream:
    """A connection to an allowed host of the site; `workers` look its name up. Raises Unreachable."""
    if not site.may_reach(host, port):
        raise Unreachable(f"{host}:{port} does not belong to the site")
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            proxy = find_proxy(site)
            if proxy is not None and proxy.serves(host):
                return await _through(proxy, host, port)
            return await _direct(site, host, port, workers)
    except TimeoutError as error:
        raise Unreachable(f"{host} did not answer within {_TIMEOUT_S:g} s") from error
    except (NotPublic, ProxyUnusable) as error:
        raise Unreachable(str(error)) from error
    except (ProxyError, ProxyConnectionError, ProxyTimeoutError) as error:
        raise Unreachable(f"no connection to {host} through the proxy ({error})") from error
    except (OSError, ValueError) as error:
        raise Unreachable(f"no connection to {host} ({_reason(error)})") from error


def _reason(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    # Of a look-up, whose numbers are its own, the words are the error's.
    return str(error.strerror) if isinstance(error, socket.gaierror) else os.strerror(error.errno)


async def _direct(site: Site, host: str, port: int, workers: Workers) -> Stream:
    look_up = loopback_addresses if site.loopback else public_addresses
    addresses = await asyncio.wrap_future(workers.submit(lambda: look_up(host, port)))
    connected = await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_S)
    return await asyncio.open_connection(sock=connected)


async def _through(proxy: Proxy, host: str, port: int) -> Stream:
    client = ProxyClient(
        _PROXY_TYPES[proxy.kind],
        proxy.host.strip("[]"),
        proxy.port,
        proxy.username,
        proxy.password,
        rdns=True,
        proxy_ssl=ssl.create_default_context() if proxy.kind == "https" else None,
    )
    stream = await client.connect(host, port, timeout=_TIMEOUT_S)
    return stream.reader, stream.writer
