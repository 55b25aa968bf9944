"""The library as last seen, in memory: views read from here, whatever its size.

Invariant: what is had from `now()` is one state of the catalog that does not change under a reader, no older than the
last change before it was asked for. Results come without their details, which fill a page and not a wall.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from db.library import Library
from db.records import Image, Result
from db.reread import Read


@dataclass(frozen=True)
class State:
    """Images and results by id."""

    images: Mapping[int, Image] = field(default_factory=dict)
    results: Mapping[int, Result] = field(default_factory=dict)


class Model:
    """Keeps a state, and replaces it when the catalog has changed. Any thread may ask."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._changes = library.watch()
        self._lock = threading.Lock()
        self._state: State | None = None
        self._images, self._results = Read(), Read()

    def now(self) -> State:
        """The state of the catalog. Raises what reading it raises."""
        with self._lock:
            has_changed = self._changes.any()       # asked before reading, or what comes in between is missed
            if self._state is None or has_changed:
                self._state = self._read()
            return self._state

    def _read(self) -> State:
        """Only what has changed is made anew."""
        before = self._state or State()
        self._images, images, images_gone = self._library.images.reread(self._images)
        self._results, results, results_gone = self._library.results.reread(self._results)
        return State(
            _renewed(before.images, {image.id: image for image in images}, images_gone),
            _renewed(before.results, {result.id: result for result in results}, results_gone))


_Thing = TypeVar("_Thing")


def _renewed(before: Mapping[int, _Thing], changed: Mapping[int, _Thing], gone: set[int]) -> Mapping[int, _Thing]:
    """In the order of their ids; the same mapping where nothing is other."""
    if not changed and not gone:
        return before
    kept = {number: thing for number, thing in before.items() if number not in gone}
    kept.update(changed)
    return MappingProxyType(dict(sorted(kept.items())))
