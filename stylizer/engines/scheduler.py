"""Which worker has which batch: kept by an engine with several workers, so that no pair is lost or made twice.

Invariant: every job that was taken from the stream is waiting, in one worker's hands, or settled (made or given up),
and it is settled once. No more batches are taken from the stream than are wanted soon, so that memory does not grow
with a run.
"""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable

from stylizer.engines.protocol import Batch, Job, Made

# A pair whose workers died this often is not tried again in this run: it may well be what kills them.
MOST_DEATHS = 3
AHEAD = 512             # batches that wait: more than there are workers
LOOK_AHEAD = 64         # of which a worker may choose
MOST_PASSED_OVER = 64   # times in a row that the first one is left for a later one


class Scheduler:
    """Hands out batches to workers, named by anything hashable."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._stream = iter(batches)
        self._waiting = deque[tuple[Batch, frozenset[str]]]()       # with their contents
        self._open = set[int]()
        self._in_hand: dict[Hashable, deque[dict[int, Job]]] = {}   # of each worker the batches, the first one first
        self._known: dict[Hashable, frozenset[str]] = {}    # the contents that a worker has encoded
        self._knowing = Counter[str]()                      # how many workers have
        self._passed_over = 0
        self._deaths = Counter[int]()
        self._fill()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self._open

    @property
    def waiting(self) -> int:
        """How many batches are in nobody's hands, as far as they are known."""
        return len(self._waiting)

    def next_for(self, worker: Hashable, is_at_hand: Callable[[str], bool] | None = None) -> Batch | None:
        """The next batch for this worker, behind what it has; None when no batch waits.

        Its own contents first, so that an image is seldom encoded twice; then, where that is known, those that are at
        hand, while others would have to be read; then those that no other worker has encoded.
        """
        if not self._waiting:
            return None
        place = 0 if self._passed_over >= MOST_PASSED_OVER else self._place_for(worker, is_at_hand)
        self._passed_over = self._passed_over + 1 if place else 0
        batch, contents = self._waiting[place]
        del self._waiting[place]
        self._in_hand.setdefault(worker, deque()).append({job.number: job for job in batch})
        self._knows(worker, contents)
        self._fill()
        return batch

    def complete(self, worker: Hashable, made: Made) -> bool:
        """Whether this worker's job is settled by what it made; not when that was done before."""
        in_hand = self._in_hand.get(worker, deque())
        for jobs in in_hand:
            jobs.pop(made.number, None)
        while in_hand and not in_hand[0]:
            in_hand.popleft()
        if made.number not in self._open:
            return False
        self._settle(made.number)
        return True

    def lost(self, worker: Hashable) -> list[Job]:
        """Takes back what a worker that died had in hand; returns the jobs that are given up with it.

        The others wait again before all else; those that it was at one by one: should one of them kill its worker, it
        does so alone. What stood behind it is as it was.
        """
        given_up = []
        self._knows(worker, frozenset())
        at_work, *behind = self._in_hand.pop(worker, None) or deque([{}])
        for jobs in reversed(behind):
            self._wait_first(tuple(jobs.values()))
        for number, job in reversed(at_work.items()):
            self._deaths[number] += 1
            if self._deaths[number] >= MOST_DEATHS:
                self._settle(number)
                given_up.append(job)
            else:
                self._wait_first((job,))
        return given_up

    def _place_for(self, worker: Hashable, is_at_hand: Callable[[str], bool] | None) -> int:
        own = self._known.get(worker, frozenset())
        near = min(LOOK_AHEAD, len(self._waiting))
        if own:
            for place in range(near):
                if not own.isdisjoint(self._waiting[place][1]):
                    return place
        if is_at_hand:
            ready = (place for place, (_, contents) in enumerate(self._waiting) if all(map(is_at_hand, contents)))
            if (place_at_hand := next(ready, None)) is not None:
                return place_at_hand
        return next((place for place in range(near)
                     if not any(self._knowing[content] for content in self._waiting[place][1] - own)), 0)

    def _knows(self, worker: Hashable, contents: frozenset[str]) -> None:
        for content in self._known.pop(worker, ()):
            self._knowing[content] -= 1
            if not self._knowing[content]:
                del self._knowing[content]
        if contents:
            self._known[worker] = contents
            self._knowing.update(contents)

    def _settle(self, number: int) -> None:
        self._open.discard(number)
        self._deaths.pop(number, None)

    def _wait_first(self, batch: Batch) -> None:
        if batch:
            self._waiting.appendleft((batch, _contents(batch)))

    def _fill(self) -> None:
        while len(self._waiting) < AHEAD and (batch := next(self._stream, None)):
            self._open.update(job.number for job in batch)
            self._waiting.append((batch, _contents(batch)))


def _contents(batch: Batch) -> frozenset[str]:
    return frozenset(job.content.sha256 for job in batch)
