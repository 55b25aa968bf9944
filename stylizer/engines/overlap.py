"""A GPU kept busy: while it makes a batch, threads read the images of the next and write the files of the last.

A file of 512 px takes a processor about as long as a GPU needs for the picture, and the catalog its time besides.

Invariant: what comes out is what one batch after the other gives, in the same order. Events and pictures reach the
caller in the caller's own thread, and when it stops, the making ends at the next evaluation. A batch's steps travel
together: the caller's thread takes the interpreter from the maker's with every message.
"""

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

import torch
from torch import Tensor

from db.records import Image
from stylizer.engines.protocol import Batch, Event, Made, NobodyListens, Stepped, Tell
from stylizer.engines.worker import Worker
from stylizer.network.vgg import Weights
from stylizer.pictures.source import FileImages, ImageSource
from stylizer.run_config import RunConfig

_MOST_THREADS = 8
_MOST_UNSEEN = 64           # pictures that nobody has taken yet, or messages: further steps are left out then
_SWITCH_S = 0.0005          # between two threads that want the interpreter: the maker wants it often, and shortly
_POLL_S = 0.1               # between two polls whether the caller has stopped

_News = SimpleQueue["tuple[Event, ...] | Future[Made] | BaseException | None"]


class ReadAhead:
    """Pictures that threads read before they are asked for; what was not foreseen is read when it is.

    Styles once, for they stay encoded; a content each time that batches come to it and it is encoded no more.
    """

    def __init__(
        self, pictures: ImageSource, threads: ThreadPoolExecutor,
        is_encoded: Callable[[Image], bool] = lambda content: False,
    ) -> None:
        self._pictures = pictures
        self._threads = threads
        self.is_encoded = is_encoded
        self._coming: dict[tuple[str, str], Future[list[Tensor]]] = {}
        self._styles: set[str] = set()      # foreseen so far
        self._contents: set[str] = set()    # of the batch that was foreseen last

    def foresee(self, batch: Batch) -> None:
        """Begins to read the images of the next batch, as far as they will not be encoded already."""
        for style in {job.style.sha256: job.style for job in batch}.values():
            if style.sha256 not in self._styles:
                self._styles.add(style.sha256)
                self._coming["style", style.sha256] = self._threads.submit(self._pictures.style, style)
        contents = {job.content.sha256: job.content for job in batch}
        for sha256, content in contents.items():
            if sha256 not in self._contents and not self.is_encoded(content):
                self._coming["content", sha256] = self._threads.submit(self._pictures.content, content)
        self._contents = {*contents}

    def content(self, image: Image) -> list[Tensor]:
        """As `ImageSource.content`."""
        coming = self._coming.pop(("content", image.sha256), None)
        return coming.result() if coming else self._pictures.content(image)

    def style(self, image: Image) -> list[Tensor]:
        """As `ImageSource.style`."""
        coming = self._coming.pop(("style", image.sha256), None)
        return coming.result() if coming else self._pictures.style(image)

    def opacity(self, content: Image) -> Tensor | None:
        """As `ImageSource.opacity`."""
        return self._pictures.opacity(content)

    def start(self) -> Tensor | None:
        """As `ImageSource.start`."""
        return self._pictures.start()


def overlapped(
    config: RunConfig, weights: Weights, batches: Iterable[Batch], tell: Tell
) -> Generator[Made, None, None]:
    """Makes the batches in their order. Raises StorageFailed."""
    news: _News = SimpleQueue()
    room = threading.Semaphore(_MOST_UNSEEN)
    stopped = threading.Event()
    with _file_threads() as threads:
        pictures = ReadAhead(FileImages(config.recipe, config.guidance), threads)
        worker = Worker(config, weights, pictures)
        pictures.is_encoded = worker.has_encoded
        maker = threading.Thread(
            target=_make, args=(worker, pictures, batches, threads, news, room, stopped), name="maker")
        maker.start()
        try:
            while (item := news.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                if isinstance(item, Future):
                    yield item.result()
                    room.release()
                else:
                    for event in item:
                        tell(event)
        finally:
            stopped.set()
            maker.join()


def _make(
    worker: Worker, pictures: ReadAhead, batches: Iterable[Batch], threads: ThreadPoolExecutor,
    news: _News, room: threading.Semaphore, stopped: threading.Event,
) -> None:
    steps: list[Stepped] = []       # of one evaluation

    def pass_on() -> None:
        if steps and news.qsize() <= _MOST_UNSEEN:
            news.put(tuple(steps))
        steps.clear()

    def hear(event: Event) -> None:
        if stopped.is_set():
            raise NobodyListens
        if not isinstance(event, Stepped):
            pass_on()
            news.put((event,))
            return
        if steps and steps[0].step != event.step:
            pass_on()
        steps.append(event)

    try:
        stream = iter(batches)
        coming = next(stream, None)
        pictures.foresee(coming or ())
        while (batch := coming) is not None:
            coming = next(stream, None)
            pictures.foresee(coming or ())
            for drawn in worker.draw(batch, hear):
                pass_on()
                while not room.acquire(timeout=_POLL_S):
                    if stopped.is_set():
                        raise NobodyListens
                news.put(threads.submit(drawn))
    except NobodyListens:
        pass
    except BaseException as error:  # noqa: BLE001 - it is raised again, in the caller's thread
        news.put(error)
    finally:
        news.put(None)


@contextmanager
def _file_threads() -> Iterator[ThreadPoolExecutor]:
    """Threads for files, each of which leaves torch's work to its own core."""
    before, interval = torch.get_num_threads(), sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    count = min(_MOST_THREADS, os.cpu_count() or 1)
    try:
        with ThreadPoolExecutor(count, "files", torch.set_num_threads, (1,)) as threads:
            yield threads
    finally:
        sys.setswitchinterval(interval)
        torch.set_num_threads(before)       # threads to come would get the one that was set last
