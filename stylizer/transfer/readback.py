"""Asynchronous readback: numbers that a device is still working on, told a little later, so that nobody waits for them.

A host that asks a GPU for a number waits until all that was asked before is done, and then the GPU waits for the host.
"""

from collections import deque

import torch
from torch import Tensor

AHEAD = 2       # so many evaluations may be under way before the host waits for the first of them


class Readback:
    """Tells the newest values that are known."""

    def __init__(self, ahead: int = AHEAD) -> None:
        self._ahead = ahead
        self._coming: deque[tuple[Tensor, torch.cuda.Event]] = deque()
        self._known: list[float] | None = None

    def of(self, values: Tensor) -> list[float]:
        """These values [B], or on a GPU those of the latest call of which they have arrived."""
        if values.device.type != "cuda":
            found: list[float] = values.tolist()
            return found
        arrived = torch.cuda.Event()    # type: ignore[no-untyped-call]
        self._coming.append((values.to("cpu", non_blocking=True), arrived))
        arrived.record()
        while len(self._coming) > self._ahead or self._known is None:
            copied, event = self._coming.popleft()
            event.synchronize()
            self._known = copied.tolist()
        return self._known
