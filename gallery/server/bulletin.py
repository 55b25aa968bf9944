"""What has happened, in order, for whoever listens: the one place that all pages hear from.

Invariant: every event has a number, and a listener that names the last one it heard is told all that came after it, or
that too much has happened since; nothing is told twice or left out in silence. Numbers belong to one server: one who
heard another is told to look anew.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

MOST_KEPT = 500
BEAT_S = 15.0       # so often something is sent, that a connection which is gone is noticed
LOOK_ANEW = "reset"


@dataclass(frozen=True)
class Event:
    """Something that happened; `data` is plain JSON."""

    number: int
    kind: str
    data: dict[str, Any]


class Bulletin:
    """Kept and listened to in the server's own loop; only `last_id` is asked from other threads."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._events: deque[Event] = deque()
        self._last = self._lost = 0     # numbers of the newest event, and of the newest that is no longer kept
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    @property
    def last_id(self) -> str:
        """The name of the newest event."""
        return f"{self._epoch}-{self._last}"

    def tell(self, kind: str, **data: Any) -> None:
        """Something happened."""
        self._last += 1
        self._events.append(Event(self._last, kind, data))
        if len(self._events) > MOST_KEPT:
            self._lost = self._events.popleft().number
        self._wake()

    def tell_state(self, kind: str, **data: Any) -> None:
        """How something stands now: what was told of it before is not worth hearing any more."""
        for former in [event for event in self._events if event.kind == kind]:
            self._events.remove(former)
        self.tell(kind, **data)

    def open(self) -> None:
        """From now on it is listened to in the loop that runs."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """Nothing more will happen here; may be said by any thread."""
        self._is_closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def stream(self, after: str) -> AsyncIterator[bytes]:
        """All that happened after that event and from now on, as server-sent events."""
        yield b"retry: 1000\n\n"
        heard = self._number_of(after)
        if heard is None:
            heard = self._last
            yield self._sent(Event(heard, LOOK_ANEW, {}))
        while not self._is_closed:
            news = self._news
            for event in [event for event in self._events if event.number > heard]:
                heard = event.number
                yield self._sent(event)
            try:
                await asyncio.wait_for(news.wait(), BEAT_S)
            except TimeoutError:
                yield b": still here\n\n"

    def _number_of(self, event_id: str) -> int | None:
        """The number of an event from which on all is known; None where something would be left out."""
        epoch, _, number = event_id.partition("-")
        if epoch != self._epoch or not number.isascii() or not number.isdecimal() or len(number) > 18:
            return None
        return int(number) if self._lost <= int(number) <= self._last else None

    def _sent(self, event: Event) -> bytes:
        data = json.dumps(event.data, ensure_ascii=True)
        return f"id: {self._epoch}-{event.number}\nevent: {event.kind}\ndata: {data}\n\n".encode()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
