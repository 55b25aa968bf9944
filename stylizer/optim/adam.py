"""Batched Adam with bounds: B independent problems of n variables that advance together.

Kingma and Ba: Adam, arXiv:1412.6980, algorithm 1. Same use as `lbfgs.LBFGS`: evaluate at `trial`, `tell`.
"""

import torch
from torch import Tensor

_FIRST, _SECOND = 0.9, 0.999    # decay of the averages of the gradient and of its square
_EPSILON = 1e-8


class Adam:
    """Minimises B functions: evaluate loss and gradient at `trial`, give both to `tell`, repeat.

    `best` [B, n] is the lowest point seen, or with `averaging` (the share of the old average that each step
    keeps) the mean of the points so far, unbiased as in section 7.2; `best_loss` [B] is the lowest loss seen.
    With `bounds` every point is clamped.

    A loss that is not finite sends the problem back to its lowest point with empty averages and half the
    rate; the second one sets its entry of `failed` ([B]) and freezes it.
    """

    def __init__(
        self,
        start: Tensor,
        *,
        learning_rate: float,
        averaging: float = 0.0,
        bounds: tuple[float, float] | None = None,
    ) -> None:
        self._bounds = bounds
        self._averaging = averaging
        per_problem = start.new_zeros(len(start))
        self._rate = per_problem + learning_rate
        self._steps = per_problem.clone()           # since the last restart
        self._first = torch.zeros_like(start)
        self._second = torch.zeros_like(start)
        self._mean = torch.zeros_like(start)
        self._points = per_problem.clone()          # in the mean
        self.trial = self._lowest = self._clamp(start.detach().clone())
        self.best_loss = per_problem + torch.inf
        self.restarts = torch.zeros(len(start), dtype=torch.long, device=start.device)
        self.failed = torch.zeros_like(self.restarts, dtype=torch.bool)

    @property
    def best(self) -> Tensor:
        """The picture that these steps lead to, [B, n]."""
        weight = (1 - self._averaging**self._points)[:, None]
        is_mean = (self._points > 0)[:, None] & (self._averaging > 0)
        return torch.where(is_mean, self._mean / weight.clamp(min=1e-30), self._lowest)

    def tell(self, loss: Tensor, gradient: Tensor) -> None:
        """Takes loss [B] and gradient [B, n] at `trial` and moves `trial` to the next point."""
        sound = loss.isfinite() & gradient.isfinite().all(1) & ~self.failed
        kept = sound[:, None]
        better = sound & (loss < self.best_loss)
        self._lowest = torch.where(better[:, None], self.trial, self._lowest)
        self.best_loss = torch.where(better, loss, self.best_loss)
        mean = self._averaging * self._mean + (1 - self._averaging) * self.trial
        self._mean = torch.where(kept, mean, self._mean)
        self._points = self._points + sound
        self._first = torch.where(kept, _FIRST * self._first + (1 - _FIRST) * gradient, self._first)
        self._second = torch.where(kept, _SECOND * self._second + (1 - _SECOND) * gradient.square(), self._second)
        self._steps = self._steps + sound
        self.trial = torch.where(kept, self._clamp(self.trial - self._move()), self.trial)
        self._restart(~sound & ~self.failed)

    def correct(self, by: Tensor) -> None:
        """Adds [B] to the losses that it was told."""
        self.best_loss = self.best_loss + by

    def reassess(self) -> None:
        """The functions have changed a little: compares with no loss before."""
        self.best_loss = torch.full_like(self.best_loss, torch.inf)

    def state(self) -> dict[str, Tensor]:
        """All that changes, for `restore`."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Goes on from the `state()` of problems with the same shape and settings."""
        vars(self).update(state)

    def _move(self) -> Tensor:
        steps = self._steps.clamp(min=1)[:, None]
        first = self._first / (1 - _FIRST**steps)
        second = self._second / (1 - _SECOND**steps)
        return self._rate[:, None] * first / (second.sqrt() + _EPSILON)

    def _restart(self, broken: Tensor) -> None:
        """Sends broken problems back to their lowest point, or gives them up where that was done before."""
        self.failed = self.failed | (broken & (self.restarts > 0))
        self.restarts = self.restarts + broken
        self.trial = torch.where(broken[:, None], self._lowest, self.trial)
        self._first = torch.where(broken[:, None], 0.0, self._first)
        self._second = torch.where(broken[:, None], 0.0, self._second)
        self._steps = torch.where(broken, 0.0, self._steps)
        self._rate = torch.where(broken, self._rate / 2, self._rate)

    def _clamp(self, x: Tensor) -> Tensor:
        return x if self._bounds is None else x.clamp(*self._bounds)
