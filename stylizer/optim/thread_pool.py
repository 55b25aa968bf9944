"""The problems of a batch side by side on the cores of a CPU, a share of the threads for each.

A problem by itself makes poor use of many cores: its layers are small, and each waits for the slowest thread of the
one before. Measured at 256 px on two cores: two problems with one thread each take little longer than one with both.

Invariant: threads change when a problem is computed, never what: sums keep their order
(`stylizer.optim.deterministic_sum`).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch

ParallelMap = Callable[..., list[Any]]     # like map(function, *sequences), and all done when it returns


@contextmanager
def thread_pool(count: int) -> Iterator[ParallelMap]:
    """A `map` over so many problems; they share the threads that torch may use here."""
    threads = torch.get_num_threads()
    side_by_side = min(count, threads)
    if side_by_side == 1:
        yield lambda function, *items: list(map(function, *items))
        return
    try:
        with ThreadPoolExecutor(side_by_side, "pair", torch.set_num_threads, (threads // side_by_side,)) as pool:
            yield lambda function, *items: list(pool.map(function, *items))
    finally:
        # A thread's number is its own, but threads to come get the one that was set last.
        torch.set_num_threads(threads)
