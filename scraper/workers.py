"""A few threads for work that waits on the network, with its outcome in a Future.

They are daemons, which those of concurrent.futures' own pools are not: a program that is interrupted ends although one
of them still waits for a server, and does not wait for it, too.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

Result = TypeVar("Result")
_Task = Callable[[], None]


class Workers:
    """`count` threads at most; work begins in the order in which it was handed in."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, work: Callable[[], Result]) -> "Future[Result]":
        """Have the work done; what it raises is raised by the future's `result`. One cancelled in time is not begun."""
        future: Future[Result] = Future()

        def task() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - handed on to whoever asks for the result
                future.set_exception(error)
            else:
                future.set_result(result)

        self._tasks.put(task)
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._run, name=f"worker-{len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def close(self, patience_s: float) -> None:
        """Begin nothing more, and wait so long for what is under way; what takes longer is left behind."""
        try:
            while True:
                self._tasks.get_nowait()
        except Empty:
            pass
        for _ in self._threads:
            self._tasks.put(None)
        deadline = monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
