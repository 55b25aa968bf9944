"""A loss whose deepest layers are evaluated now and then, and taken as linear in between.

The two deepest layers cost a quarter to a third of an evaluation and change least: what falls of the loss of `gatys` is
nearly all in relu4_1, and relu4_2 and relu5_1 follow. So an exact evaluation keeps their loss (the tail loss) and
its gradient along the features of the cut, the wanted layer before them: a first-order expansion. Until the next exact
one the network stops at the cut. In an exact one the gradient is the true one. How long an expansion lasts follows
from how wrong it had become by the next: where the deepest layers matter, every evaluation is exact.

Invariant: what is minimised stays the same; losses are the true ones at every exact evaluation, and in between near.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair
from stylizer.network.vgg import Network
from stylizer.optim import deterministic_sum
from stylizer.optim.protocol import Evaluation
from stylizer.recipe.model import Recipe

# An expansion may last twice as long as the one before where the loss fell by so many times what that was wrong by.
_FALL = 100.0
_LONGEST = 16       # evaluations


class _Expansion(NamedTuple):
    cut: Tensor         # features there, [1, C, h, w]
    tail_gradient: Tensor       # of the tail loss along them
    tail: Tensor        # that loss, of the layers behind the cut, [1]
    total: Tensor       # the loss of all layers, [1]
    lasts: int          # evaluations, this one included

    def expected(self, cut: Tensor) -> Tensor:
        """The tail loss [1] by the features of the cut."""
        exact = self.tail.dtype     # features may be bfloat16
        moved = cut.to(exact) - self.cut.to(exact)
        return self.tail + deterministic_sum.total((self.tail_gradient.to(exact) * moved).flatten(1))


class LinearisedObjective(Objective):
    """The loss of one pair. A picture that is made in tiles, and one wanted layer alone, are evaluated exactly."""

    def __init__(self, network: Network, recipe: Recipe, pair: Pair, balance: Tensor | None = None) -> None:
        super().__init__(network, recipe, [pair], balance)
        ordered = [name for name in network.strides if name in recipe.layers]
        self._cut = next(iter(ordered[-3:-1]), None) if len(self._tiles) == 1 else None
        self._expansion: _Expansion | None = None
        self._remaining = 0          # evaluations for which it is still good

    def evaluate(self, pixels: Tensor) -> Evaluation:
        """Loss [1] and gradient by the last expansion, or exactly, which corrects the losses since the last."""
        if self._cut is None:
            return super().evaluate(pixels)
        pixels = pixels.detach().requires_grad_()
        features = self._network.features(pixels, self._cut)
        cut = features[self._cut]
        head_loss = self._loss(features, pixels) + self._variation(pixels)
        correction = None
        if not self._remaining:
            expansion = self._expand(self._cut, cut.detach(), head_loss.detach(), pixels)
            if expansion is None:
                return super().evaluate(pixels)
            if self._expansion and self._expansion.lasts > 1:
                correction = expansion.tail - self._expansion.expected(expansion.cut)
            self._expansion, self._remaining = expansion, expansion.lasts
        assert self._expansion
        self._remaining -= 1
        slopes = torch.ones_like(head_loss), self._expansion.tail_gradient
        (gradient,) = torch.autograd.grad((head_loss, cut), pixels, slopes)
        return Evaluation(head_loss.detach() + self._expansion.expected(cut.detach()), gradient, correction)

    def rebalance(self, balance: Tensor) -> None:
        """The same; an expansion of the loss of before is none of this one."""
        super().rebalance(balance)
        self._expansion, self._remaining = None, 0

    def state(self) -> dict[str, Any]:
        """All that changes, as tensors and numbers."""
        return {"expansion": self._expansion and self._expansion._asdict(), "remaining": self._remaining}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from the `state()` of the same pair."""
        kept = state.get("expansion")       # a state in the form of an earlier version begins with an exact evaluation
        self._expansion, self._remaining = (_Expansion(**kept), state["remaining"]) if kept else (None, 0)

    def _loss(self, features: dict[str, Tensor], pixels: Tensor) -> Tensor:
        return self._of_sums(self._of_features(features, self._tiles[0]), pixels.detach()).total

    def _expand(self, name: str, cut: Tensor, head_loss: Tensor, pixels: Tensor) -> _Expansion | None:
        """The expansion at these features, or None where it is not finite: then the next evaluation tries."""
        cut.requires_grad_()
        loss = self._loss(self._network.tail(name, cut), pixels)
        (tail_gradient,) = torch.autograd.grad(loss, cut)
        cut, tail = cut.detach(), loss.detach()
        total = head_loss + tail
        if not (total.isfinite().all() and tail_gradient.isfinite().all()):
            return None
        lasts, last = 1, self._expansion
        if last:
            error = (last.expected(cut) - tail).abs()
            holds = bool(_FALL * error <= last.total - total)
            lasts = min(2 * last.lasts, _LONGEST) if holds else max(last.lasts // 2, 1)
        return _Expansion(cut, tail_gradient, tail, total, lasts)
