"""Pairs side by side on the cores of a CPU: each lane makes one after the other and waits for none.

Two pairs that advance together wait for the slower one in every evaluation, for each look that is taken of one of them,
and for the odd one that is left over; and they have to be of one shape. Apart, they share nothing but the cores.

Invariants: a picture is what it is by itself, bit for bit. Events and pictures reach the caller in the caller's own
thread, a picture as soon as it is done, and when the caller stops, the making ends at the next evaluation. Pictures
that memory holds but one of are made one at a time, by all threads.
"""

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from queue import SimpleQueue

import torch

from stylizer.engines.protocol import Batch, Event, Made, NobodyListens, Tell
from stylizer.engines.worker import Worker
from stylizer.network.vgg import Weights
from stylizer.run_config import RunConfig


def side_by_side(
    config: RunConfig, weights: Weights, batches: Iterable[Batch], tell: Tell
) -> Generator[Made, None, None]:
    """Makes the batches, as many at once as torch has threads here; one alone in the caller's own thread, which ends in
    the midst of an evaluation. Raises StorageFailed.
    """
    stream = iter(batches)
    ahead = [*islice(stream, torch.get_num_threads())]
    if len(ahead) == 1:
        yield from Worker(config, weights).make(ahead[0], tell)
    elif ahead:
        yield from _Lanes(config, weights, chain(ahead, stream), len(ahead)).run(tell)


class _Lanes:
    def __init__(self, config: RunConfig, weights: Weights, batches: Iterable[Batch], count: int) -> None:
        self._config = config
        self._weights = weights
        self._stream = iter(batches)
        self._count = count
        self._threads = torch.get_num_threads()
        self._news: SimpleQueue[Event | Made | BaseException | None] = SimpleQueue()
        self._stopped = threading.Event()
        self._turn = threading.Lock()           # to take a batch, in the order of who came first
        self._places = threading.Condition()
        self._free = count                      # of as many places as there are lanes
        self._busy = 0                          # lanes that make something
        self._first: Worker | None = None
        self._is_first_taken = False

    def run(self, tell: Tell) -> Generator[Made, None, None]:
        makers = [threading.Thread(target=self._make, name=f"lane {number}") for number in range(self._count)]
        for maker in makers:
            maker.start()
        try:
            running = self._count
            while running:
                match self._news.get():
                    case None:
                        running -= 1
                    case BaseException() as error:
                        raise error
                    case Made() as made:
                        yield made
                    case event:
                        tell(event)
        finally:
            self._stopped.set()
            for maker in makers:
                maker.join()
            torch.set_num_threads(self._threads)        # threads to come would get the number that was set last

    def _make(self) -> None:
        """What a lane does."""
        worker: Worker | None = None
        try:
            while True:
                with self._turn:
                    batch = next(self._stream, None)
                    if batch is None or self._stopped.is_set():
                        break
                    places = self._places_of(batch)
                    self._wait_for(places)
                with self._at_work(places):
                    is_alone = places == self._count        # what a large picture leaves encoded is kept but once
                    worker = worker or (None if is_alone else self._new_worker())
                    own = self._first if is_alone else worker
                    assert own is not None
                    own.beside = self._count // places
                    for made in own.make(batch, self._hear):
                        self._news.put(made)
        except NobodyListens:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the caller's thread
            self._news.put(error)
        finally:
            self._news.put(None)

    def _places_of(self, batch: Batch) -> int:
        """How many of the places a batch takes, so that memory holds what is made at once."""
        self._first = self._first or Worker(self._config, self._weights)
        fitting = min(self._count, self._first.fitting(batch[0].content))
        return -(-self._count // fitting)

    def _new_worker(self) -> Worker:
        """Of the lane that asks: the first one, which was made to see how much a picture takes, or another."""
        with self._places:
            if not self._is_first_taken and self._first is not None:
                self._is_first_taken = True
                return self._first
        torch.set_num_threads(self._threads)        # what a picture says that it was made by
        try:
            return Worker(self._config, self._weights, twin=self._first)
        finally:
            self._share_threads()

    def _wait_for(self, places: int) -> None:
        with self._places:
            self._places.wait_for(lambda: self._free >= places)
            self._free -= places

    @contextmanager
    def _at_work(self, places: int) -> Iterator[None]:
        with self._places:
            self._busy += 1
        self._share_threads()
        try:
            yield
        finally:
            with self._places:
                self._busy -= 1
                self._free += places
                self._places.notify_all()

    def _share_threads(self) -> None:
        """Torch's threads among the lanes that make something now; a thread's number is its own."""
        torch.set_num_threads(max(1, self._threads // max(1, self._busy)))

    def _hear(self, event: Event) -> None:
        if self._stopped.is_set():
            raise NobodyListens
        self._share_threads()       # another lane may have ended since
        self._news.put(event)
