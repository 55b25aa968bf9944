"""The loop of the published programs: torch.optim.LBFGS with steps of length 1, as a reference for ours.

Same use as `lbfgs.LBFGS`: evaluate at `trial`, `tell`. Each problem has an optimiser of its own, one after the other.
"""

from typing import Any

import torch
from torch import Tensor

from stylizer.optim import deterministic_sum

_STIFFNESS = 100.0      # of the penalty, per square of the distance outside the bounds


class TorchLBFGS:
    """Minimises B functions: evaluate loss and gradient at `trial`, give both to `tell`, repeat.

    `best` (shape [B, n]) is the lowest point seen, with `best_loss` (shape [B]). The library's loop knows no
    bounds: with `bounds`, a penalty on what lies outside is added to the loss, and `best` is clamped.

    A loss that is not finite sends the problem back to its lowest point with an empty memory and half the step; the
    second one sets its entry of `failed` ([B]) and freezes it.
    """

    def __init__(self, start: Tensor, *, history: int, bounds: tuple[float, float] | None = None) -> None:
        self._history = history
        self._bounds = bounds
        self._rates = [1.0] * len(start)
        self._rows = [row.clone() for row in start.detach()]
        self._optimizers = [self._optimizer(i) for i in range(len(start))]
        self._lowest = start.detach().clone()
        self.best_loss = torch.full((len(start),), torch.inf, dtype=start.dtype, device=start.device)
        self.restarts = torch.zeros(len(start), dtype=torch.long, device=start.device)
        self.failed = torch.zeros_like(self.restarts, dtype=torch.bool)

    @property
    def trial(self) -> Tensor:
        """Where to evaluate next, [B, n]."""
        return torch.stack(self._rows)

    @property
    def best(self) -> Tensor:
        """The lowest points seen, [B, n]."""
        return self._lowest if self._bounds is None else self._lowest.clamp(*self._bounds)

    def tell(self, loss: Tensor, gradient: Tensor) -> None:
        """Takes loss [B] and gradient [B, n] at `trial` and moves `trial` to the next point."""
        outside = self._outside(self.trial)
        loss = loss + _STIFFNESS * deterministic_sum.total(outside.square())
        gradient = gradient + 2 * _STIFFNESS * outside
        for i, row in enumerate(self._rows):
            if self.failed[i]:
                continue
            if not (loss[i].isfinite() and gradient[i].isfinite().all()):
                self._restart(i)
                continue
            if loss[i] < self.best_loss[i]:
                self.best_loss[i], self._lowest[i] = loss[i], row
            row.grad = gradient[i]
            self._optimizers[i].step(lambda i=i: loss[i])   # type: ignore[no-untyped-call]

    def correct(self, by: Tensor) -> None:
        """Adds [B] to the losses that it was told."""
        self.best_loss = self.best_loss + by

    def reassess(self) -> None:
        """The functions have changed a little: compares with no loss before."""
        self.best_loss = torch.full_like(self.best_loss, torch.inf)

    def state(self) -> dict[str, Any]:
        """All that changes, for `restore`."""
        return {
            "rows": [row.detach().clone() for row in self._rows],
            "rates": list(self._rates),
            "optimizers": [optimizer.state_dict()["state"] for optimizer in self._optimizers],
            "lowest": self._lowest, "best_loss": self.best_loss, "restarts": self.restarts, "failed": self.failed,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from the `state()` of problems with the same shape, history and bounds."""
        self._rows, self._rates = state["rows"], state["rates"]
        self._optimizers = [self._optimizer(i) for i in range(len(self._rows))]
        for optimizer, kept in zip(self._optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer.state_dict() | {"state": kept})
        self._lowest, self.best_loss = state["lowest"], state["best_loss"]
        self.restarts, self.failed = state["restarts"], state["failed"]

    def _optimizer(self, i: int) -> torch.optim.LBFGS:
        # With one iteration a call, every call is one evaluation and one step, and the memory stays.
        return torch.optim.LBFGS([self._rows[i]], lr=self._rates[i], max_iter=1, history_size=self._history,
                                 tolerance_grad=0, tolerance_change=0)

    def _restart(self, i: int) -> None:
        self.failed[i] = self.restarts[i] > 0
        self.restarts[i] += 1
        self._rates[i] /= 2
        self._rows[i] = self._lowest[i].clone()
        self._optimizers[i] = self._optimizer(i)

    def _outside(self, x: Tensor) -> Tensor:
        """How far beyond its bounds each variable is, with its sign."""
        return torch.zeros_like(x) if self._bounds is None else x - x.clamp(*self._bounds)
