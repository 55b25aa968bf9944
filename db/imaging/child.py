"""The decoding process itself: one image after the other for whoever started it, within the limits of each.

It ends with its starter, whose side of the connection closes then whatever became of it. Nothing is written anywhere.
"""

import os
import resource
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from db.errors import PictureChanged, PictureRefused
from db.imaging import decode, wire
from db.imaging.limits import Limits
from db.imaging.loaded import Loaded
from db.imaging.looks import looks_of
from db.imaging.refusals import refusals

_SHRUNK = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK")     # others are brought to 8 bits first


def serve(handle: int) -> None:
    """Answer what comes over this socket until it closes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=handle) as connection, suppress(wire.Gone, OSError):
        wire.send(connection, {"ready": True})
        while True:
            _answer(connection, wire.receive(connection))


def _answer(connection: socket.socket, request: dict[str, Any]) -> None:
    limits = Limits(**request["limits"])
    _bound(limits)
    try:
        loaded = decode.load(Path(os.fsdecode(request["path"])), limits, request.get("sha256"))
        with refusals(b"", limits):
            seen = decode.as_seen(loaded) if request["pixels"] else None
    except PictureRefused as error:
        wire.send(connection, {"refused": str(error), "changed": isinstance(error, PictureChanged)})
        return
    width, height = loaded.picture.size
    reply = {"format": loaded.format, "orientation": loaded.orientation, "width": width, "height": height}
    if seen is None:
        wire.send(connection, {**reply, "looks": _looks(loaded, limits)})
        return
    wire.send(connection, {**reply, "mode": seen.mode})
    for top, rows in wire.bands(width * len(seen.mode), height):
        band = seen if rows == height else seen.crop((0, top, width, top + rows))
        connection.sendall(band.tobytes())


def _looks(loaded: Loaded, limits: Limits) -> list[float] | None:
    """What the picture looks like; None where that cannot be told, which is no reason to refuse it."""
    try:
        with refusals(b"", limits):
            is_plain = loaded.colours is None and loaded.picture.mode in _SHRUNK
            found = looks_of(loaded.picture if is_plain else decode.as_seen(loaded), loaded.orientation)
    except PictureRefused:
        return None
    return [found.hash, found.sharpness, found.brightness, found.is_grey]


def _bound(limits: Limits) -> None:
    """What the next image may take: memory where the system can bound it, and so much more of the processor's time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until_s = int(usage.ru_utime + usage.ru_stime) + 1 + limits.cpu_s
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until_s if hard == resource.RLIM_INFINITY else min(until_s, hard), hard))
    with suppress(ValueError, OSError):     # macOS takes no such limit
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, hard))
