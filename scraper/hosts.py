"""Where a host's name leads: to public addresses, or to this machine and its neighbours, where nothing is asked for.

A name stands for what its owner writes into the DNS at the moment, so whoever connects takes the very addresses that
were looked at.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import TypeAlias

AddressInfo: TypeAlias = tuple[
    socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
]
IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")      # RFC 6052: IPv4 in the last four bytes


class NotPublic(Exception):
    """A name leads, perhaps among other places, to an address that is not a public one."""


def public_addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """The addresses of a host, all of them public, as `socket.getaddrinfo` gives them.

    Raises NotPublic, OSError when there are none, and ValueError when this cannot be a host's name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(is_public(ipaddress.ip_address(info[4][0])) for info in found):
        raise NotPublic(f"{host} is not at a public address")
    return found


def loopback_addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """The same for one of the names of this machine: all of them are loopback addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(ipaddress.ip_address(info[4][0]).is_loopback for info in found):
        raise NotPublic(f"{host} is not this machine")
    return found


def is_public(address: IPAddress) -> bool:
    """Whether an address is a public one, and so is the IPv4 address inside, where it stands for one."""
    inside: ipaddress.IPv4Address | None = None
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if inside is not None:
        return is_public(inside)
    return address.is_global and not address.is_multicast
