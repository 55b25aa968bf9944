"""The library as last seen, in memory: views read from here, whatever its size.

Invariant: what is had from `now()` is one state of the catalog that does not change under a reader, no older than the
last change before it was asked for. Results come without their details, which fill a page and not a wall.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from db.library import Library
from db.records import Image, Result


@dataclass(frozen=True)
class State:
    """Images and results by id."""

    images: Mapping[int, Image] = field(default_factory=dict)
    results: Mapping[int, Result] = field(default_factory=dict)


class Model:
    """Keeps a state, and replaces it when the catalog has changed. Any thread may ask."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._state: State | None = None

    def now(self) -> State:
        """The state of the catalog. Raises what reading it raises."""
        with self._lock:
            if self._state is None or self._library.changes.any():
                self._state = self._read()
            return self._state

    def _read(self) -> State:
        images = {image.id: image for image in self._library.images.find()}
        results = {result.id: result for result in self._library.results.brief()}
        return State(MappingProxyType(images), MappingProxyType(results))
