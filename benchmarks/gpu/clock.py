"""Times of what a device is asked to do, and the rates that it could do it at."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Clock:
    """Measures on one torch device; on a GPU by its own events, after a warm-up."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self.is_gpu = self.device.type == "cuda"

    def wait(self) -> None:
        """Until the device has done all that it was asked for."""
        if self.is_gpu:
            torch.cuda.synchronize()

    def median_s(self, do: Callable[[], Any], repeats: int = 5, warm_up: int = 2) -> float:
        """The median time of several."""
        if not self.is_gpu:     # to see that it runs
            repeats = warm_up = 1
        for _ in range(warm_up):
            do()
        self.wait()
        times = []
        for _ in range(repeats):
            if self.is_gpu:
                start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                start.record()
                do()
                end.record()
                end.synchronize()
                times.append(start.elapsed_time(end) / 1e3)
            else:
                began = time.monotonic()
                do()
                times.append(time.monotonic() - began)
        return statistics.median(times)

    def wall_s(self, do: Callable[[], Any]) -> tuple[float, Any]:
        """The wall time of one call, to its end on the device; and what came of it."""
        self.wait()
        began = time.monotonic()
        made = do()
        self.wait()
        return time.monotonic() - began, made

    def peak_gib(self, do: Callable[[], Any]) -> float:
        """The most memory that tensors had during a call, with what there was before."""
        if not self.is_gpu:
            return 0.0
        torch.cuda.reset_peak_memory_stats()
        do()
        self.wait()
        return torch.cuda.max_memory_allocated() / 2**30


def ceilings(clock: Clock, side: int) -> dict[str, float]:
    """FLOP/s of products of random square matrices by precision, and bytes/s (read and written) of a large copy."""
    found = {}
    for name, dtype, tf32 in (("bf16", torch.bfloat16, False), ("tf32", torch.float32, True),
                              ("fp32", torch.float32, False)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        left, right = (torch.randn(side, side, device=clock.device, dtype=dtype) for _ in range(2))
        found[name] = 2 * side**3 / clock.median_s(lambda a=left, b=right: a @ b, 10 if clock.is_gpu else 2)
    torch.backends.cuda.matmul.allow_tf32 = False
    here: Tensor = torch.randn(side, side, 16, device=clock.device)
    there = torch.empty_like(here)
    found["bytes"] = 2 * here.nbytes / clock.median_s(lambda: there.copy_(here))
    return found
