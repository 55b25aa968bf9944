"""Which images are alike, compared once: it is quadratic, and what is kept of it serves until another image comes."""

import threading
from collections.abc import Mapping, Sequence

from db.duplicates import Pair, near_pairs


class AlikePairs:
    """The pairs that were asked for last. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: tuple[Mapping[int, int], int] = {}, 0
        self._pairs: Sequence[Pair] = ()

    def pairs(self, hashes: Mapping[int, int], bits: int) -> Sequence[Pair]:
        """Every two images whose hashes differ in so many bits at most."""
        with self._lock:
            if self._asked != (hashes, bits):
                self._pairs = near_pairs(hashes, bits)
                self._asked = hashes, bits
            return self._pairs
