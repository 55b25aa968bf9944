"""A batch in parts with an optimiser each, for devices that gain nothing from one tensor for all problems.

Sums over several problems at once round otherwise than those over one, and an optimiser carries such a difference
far: apart, a problem takes the same course in every batch, bit for bit.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from stylizer.optim.cuda_graphs import Capture, Replay
from stylizer.optim.lbfgs import LBFGS
from stylizer.optim.protocol import Evaluate, Minimizer
from stylizer.optim.thread_pool import ParallelMap
from stylizer.optim.torch_lbfgs import TorchLBFGS


class PerPairOptimizers:
    """An optimiser for each part of a batch, all of one length, seen as one for the whole."""

    def __init__(self, parts: Sequence[Tensor], make: Callable[[Tensor], Minimizer]) -> None:
        self._each = [make(part) for part in parts]

    @property
    def best(self) -> Tensor:
        """The best points so far, [B, n]."""
        return torch.cat([one.best for one in self._each])

    @property
    def best_loss(self) -> Tensor:
        """Their losses, [B]."""
        return torch.cat([one.best_loss for one in self._each])

    @property
    def failed(self) -> Tensor:
        """Which problems were given up, [B]."""
        return torch.cat([one.failed for one in self._each])

    @property
    def restarts(self) -> Tensor:
        """How often each problem was sent back, [B]."""
        return torch.cat([one.restarts for one in self._each])

    def advance(self, evaluations: Sequence[Evaluate], parallel_map: ParallelMap) -> Tensor:
        """Every part evaluates its own function where it stands, and moves; returns the losses [B]."""
        return torch.cat(parallel_map(_advance, self._each, evaluations))

    def replay(self, evaluations: Sequence[Evaluate], capture: Capture) -> Replay | None:
        """The same as graphs where there is one part, and one that never asks its device for a number."""
        if len(self._each) > 1 or isinstance(self._each[0], TorchLBFGS):
            return None
        return Replay(self._each[0], partial(_advance, self._each[0], evaluations[0]), capture)

    def reassess(self) -> None:
        """The functions have changed a little: losses to come are compared with none before."""
        for one in self._each:
            one.reassess()

    def release(self) -> None:
        """Let go of what only further evaluations would need."""
        for one in self._each:
            if isinstance(one, LBFGS):
                one.release()

    def state(self) -> dict[str, Any]:
        """All that changes, for `restore`."""
        return {"each": [one.state() for one in self._each]}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from the `state()` of the same parts."""
        for one, kept in zip(self._each, state["each"], strict=True):
            one.restore(kept)


def _advance(one: Minimizer, evaluate: Evaluate) -> Tensor:
    found = evaluate(one.trial)
    if found.correction is not None:
        one.correct(found.correction)
    one.tell(found.loss, found.gradient)
    return found.loss
