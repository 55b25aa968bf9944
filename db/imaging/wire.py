"""How the two sides of the decoding process talk: messages of JSON, and raw pixels after those that announce them.

Nothing that comes from the other side is ever an object to be unpacked.
"""

import json
import socket
import struct
from collections.abc import Iterator
from time import monotonic
from typing import Any

MOST_MESSAGE_BYTES = 1 << 20
_BAND_BYTES = 1 << 25


class Gone(Exception):
    """The other side has ended, or talks nonsense."""


class TooLate(Exception):
    """The other side did not say all in time."""


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Raises OSError where nobody listens any more."""
    data = json.dumps(message).encode()
    connection.sendall(struct.pack(">I", len(data)) + data)


def receive(connection: socket.socket, deadline: float | None = None) -> dict[str, Any]:
    """The next message. Raises Gone or TooLate."""
    (length,) = struct.unpack(">I", receive_bytes(connection, 4, deadline))
    if length > MOST_MESSAGE_BYTES:
        raise Gone
    try:
        message = json.loads(receive_bytes(connection, length, deadline))
    except ValueError as error:
        raise Gone from error
    if not isinstance(message, dict):
        raise Gone
    return message


def bands(row_bytes: int, height: int) -> Iterator[tuple[int, int]]:
    """Pixels are sent in pieces, so that neither side holds them twice: the first row of each, and how many."""
    rows = max(1, _BAND_BYTES // row_bytes)
    for top in range(0, height, rows):
        yield top, min(rows, height - top)


def receive_bytes(connection: socket.socket, count: int, deadline: float | None = None) -> bytearray:
    """So many bytes, until then on the monotonic clock. Raises Gone or TooLate."""
    data = bytearray(count)
    view = memoryview(data)
    while view:
        left = None if deadline is None else deadline - monotonic()
        if left is not None and left <= 0:
            raise TooLate
        connection.settimeout(left)
        try:
            got = connection.recv_into(view)
        except TimeoutError as error:
            raise TooLate from error
        except OSError as error:
            raise Gone from error
        if not got:
            raise Gone
        view = view[got:]
    return data
