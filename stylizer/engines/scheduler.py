"""Which worker has which batch: kept by an engine with several workers, so that no pair is lost or made twice.

Invariant: every job is waiting, in one worker's hands, or settled (made or given up), and it is settled once.
"""

from collections import Counter, deque
from collections.abc import Hashable, Sequence

from stylizer.engines.protocol import Batch, Job, Made

# A pair whose workers died this often is not tried again in this run: it may well be what kills them.
MOST_DEATHS = 3


class Scheduler:
    """Hands out batches to workers, named by anything hashable."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._waiting = deque(batches)
        self._open = {job.number for batch in batches for job in batch}
        self._in_hand: dict[Hashable, dict[int, Job]] = {}
        self._known: dict[Hashable, frozenset[str]] = {}    # the contents that a worker has encoded
        self._deaths = Counter[int]()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self._open

    @property
    def waiting(self) -> int:
        """How many batches are in nobody's hands."""
        return len(self._waiting)

    def next_for(self, worker: Hashable) -> Batch | None:
        """The next batch for this worker, which has none; None when no batch waits.

        Its own contents first, then those that no other worker has encoded: so an image is seldom encoded twice.
        """
        if not self._waiting:
            return None
        own = self._known.get(worker, frozenset())
        others = frozenset[str]().union(*(self._known[other] for other in self._in_hand if other != worker))
        batch = (
            next((batch for batch in self._waiting if own & _contents(batch)), None)
            or next((batch for batch in self._waiting if not others & _contents(batch)), None)
            or self._waiting[0]
        )
        self._waiting.remove(batch)
        self._in_hand[worker] = {job.number: job for job in batch}
        self._known[worker] = _contents(batch)
        return batch

    def complete(self, worker: Hashable, made: Made) -> bool:
        """Whether this worker's job is settled by what it made; not when that was done before."""
        self._in_hand.get(worker, {}).pop(made.number, None)
        if made.number not in self._open:
            return False
        self._open.remove(made.number)
        return True

    def lost(self, worker: Hashable) -> list[Job]:
        """Takes back what a worker that died had in hand; returns the jobs that are given up with it.

        The others wait again, one by one and before all else: should one of them kill its worker, it does so alone.
        """
        given_up = []
        self._known.pop(worker, None)
        for number, job in reversed(self._in_hand.pop(worker, {}).items()):
            self._deaths[number] += 1
            if self._deaths[number] >= MOST_DEATHS:
                self._open.discard(number)
                given_up.append(job)
            else:
                self._waiting.appendleft((job,))
        return given_up


def _contents(batch: Batch) -> frozenset[str]:
    return frozenset(job.content.sha256 for job in batch)
