"""Chromium's only way out: a SOCKS server on loopback that goes on to the site's hosts, and to nothing else.

Whatever makes the browser ask - a redirect, a frame, a popup, a worker, a WebSocket, WebRTC over TCP - ends as a
connection to a host and a port, and here each one is judged. To intercept requests is not enough: half of these ways
are none that Playwright sees. Names are looked up here, too, and nowhere in Chromium.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from db.signals import interrupts_held
from scraper.dial import Stream, Unreachable, dial
from scraper.site import Site
from scraper.workers import Workers

_HANDSHAKE_TIMEOUT_S = 10.0
_END_TIMEOUT_S = 5.0
_LOOK_UPS_AT_ONCE = 4
_CHUNK_BYTES = 64 * 1024

# RFC 1928.
_VERSION, _CONNECT, _BY_NAME = 5, 1, 3
_NO_PASSWORD = bytes((_VERSION, 0))
_CONNECTED, _NOT_CONNECTED = (bytes((_VERSION, code, 0, 1)) + bytes(6) for code in (0, 4))


class Egress:
    """A running one, for one site. Chromium finds it at `address`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._failures: dict[tuple[str, int], str] = {}
        self._workers = Workers(_LOOK_UPS_AT_ONCE)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="egress", daemon=True)
        self._ready = threading.Event()
        self.address = f"socks5://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(_END_TIMEOUT_S)
        self._workers.close(0)

    def why_not(self, url: str) -> str | None:
        """Why the site's host of an address was not reached when it was asked for last, or None when it was."""
        parts = urlsplit(url)
        return self._failures.get((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)))

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, sock=self._listening)
        self._ready.set()
        await self._ended.wait()
        # What was accepted just now gets its transport while the server is still open: from a closed one it would get
        # half of it, which nobody closes.
        self._loop.remove_reader(self._listening)
        await asyncio.sleep(0)
        server.close()
        # What is left is ended here, not with the loop: a transport closes in the turn after the one that told it to.
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the browser's, from its wish to its end."""
        writers = [writer]
        try:
            async with asyncio.timeout(_HANDSHAKE_TIMEOUT_S):
                host, port = await _wished_for(reader, writer)
            there = await self._connect(host, port)
            writer.write(_NOT_CONNECTED if there is None else _CONNECTED)
            if there is not None:
                writers.append(there[1])
                await _pass_on((reader, writer), there)
        except (OSError, EOFError, ValueError):
            return      # one of the two has gone away, or it was no SOCKS
        except asyncio.CancelledError:
            for each in writers:
                each.transport.abort()      # the egress ends, and waits for nobody
        finally:
            for each in writers:
                each.close()

    async def _connect(self, host: str, port: int) -> Stream | None:
        try:
            there = await dial(self._site, host, port, self._workers)
        except Unreachable as error:
            if self._site.may_reach(host, port):
                self._failures[host, port] = str(error)
            return None
        self._failures.pop((host, port), None)
        return there


@contextmanager
def open_egress(site: Site) -> Iterator[Egress]:
    """An egress to the site for the time of the block."""
    with ExitStack() as running:
        with interrupts_held():
            egress = running.enter_context(Egress(site))
        yield egress


async def _wished_for(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """The host and the port that a client of SOCKS 5 wants. Raises ValueError for anything else."""
    version, ways_to_sign_in = await reader.readexactly(2)
    if version != _VERSION:
        raise ValueError("no SOCKS 5")
    await reader.readexactly(ways_to_sign_in)
    writer.write(_NO_PASSWORD)
    _, command, _, kind, length = await reader.readexactly(5)
    if (command, kind) != (_CONNECT, _BY_NAME):
        raise ValueError("no connection by name, which is all that Chromium asks for")
    host = await reader.readexactly(length)
    return host.decode("ascii"), int.from_bytes(await reader.readexactly(2), "big")


async def _pass_on(here: Stream, there: Stream) -> None:
    """Hand bytes both ways until one side has no more. A connection that breaks breaks on the other side, too."""
    pumps = [asyncio.create_task(_pump(here[0], there[1])), asyncio.create_task(_pump(there[0], here[1]))]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
    ends = await asyncio.gather(*pumps, return_exceptions=True)
    if any(isinstance(end, OSError) for end in ends):
        for _, writer in (here, there):
            # By RST: what ends in order would be taken for whole.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK_BYTES):
        writer.write(data)
        await writer.drain()
