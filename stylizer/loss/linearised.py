"""A loss whose deepest layers are looked at now and then, and taken as linear in between.

The two deepest layers cost a quarter to a third of an evaluation and change least: what falls of the loss of `gatys` is
nearly all in relu4_1, and relu4_2 and relu5_1 follow slowly. So a look keeps their loss and the slope of that along the
features of the brink, the wanted layer before them, and until the next look the network stops there. With a look the
gradient is the true one. How long it lasts follows from how wrong it had become by the next: where the deepest layers
matter, every evaluation looks.

Invariant: what is minimised stays the same; losses are the true ones at every look, and between two of them near.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from stylizer.loss.objective import Evaluation, Objective
from stylizer.loss.targets import Pair
from stylizer.network.vgg import Network
from stylizer.optim import deterministic_sum
from stylizer.recipe.model import Recipe

# A look may last twice as long as the one before where the loss has fallen by so many times what that was wrong by.
_FALL = 100.0
_LONGEST = 16       # evaluations


class _Look(NamedTuple):
    brink: Tensor       # features there, [1, C, h, w]
    slope: Tensor       # of the loss of the layers beyond along them
    beyond: Tensor      # that loss, [1]
    total: Tensor       # the loss of all layers, [1]
    lasts: int          # evaluations, this one included

    def expected(self, brink: Tensor) -> Tensor:
        """The loss [1] of the layers beyond by the features of the brink."""
        exact = self.beyond.dtype       # features may be bfloat16
        moved = brink.to(exact) - self.brink.to(exact)
        return self.beyond + deterministic_sum.total((self.slope.to(exact) * moved).flatten(1))


class LaggedObjective(Objective):
    """The loss of one pair. A picture that goes by tiles, and one wanted layer alone, are evaluated exactly."""

    def __init__(self, network: Network, recipe: Recipe, pair: Pair) -> None:
        super().__init__(network, recipe, [pair])
        ordered = [name for name in network.strides if name in recipe.layers]
        self._brink = next(iter(ordered[-3:-1]), None) if len(self._tiles) == 1 else None
        self._look: _Look | None = None
        self._left = 0          # evaluations for which it is still good

    def evaluate(self, pixels: Tensor) -> Evaluation:
        """Loss [1] and gradient by the last look, or by a new one, which corrects the losses since the last."""
        if self._brink is None:
            return super().evaluate(pixels)
        pixels = pixels.detach().requires_grad_()
        features = self._network.features(pixels, self._brink)
        brink = features[self._brink]
        near = self._loss(features, pixels) + self._variation(pixels)
        correction = None
        if not self._left:
            look = self._looked(self._brink, brink.detach(), near.detach(), pixels)
            if look is None:
                return super().evaluate(pixels)
            if self._look and self._look.lasts > 1:
                correction = look.beyond - self._look.expected(look.brink)
            self._look, self._left = look, look.lasts
        assert self._look
        self._left -= 1
        (gradient,) = torch.autograd.grad((near, brink), pixels, (torch.ones_like(near), self._look.slope))
        return Evaluation(near.detach() + self._look.expected(brink.detach()), gradient, correction)

    def state(self) -> dict[str, Any]:
        """All that changes, as tensors and numbers."""
        return {"look": self._look and self._look._asdict(), "left": self._left}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from the `state()` of the same pair."""
        self._look, self._left = state["look"] and _Look(**state["look"]), state["left"]

    def _loss(self, features: dict[str, Tensor], pixels: Tensor) -> Tensor:
        return self._of_sums(self._of_features(features, self._tiles[0]), pixels.detach()).total

    def _looked(self, name: str, brink: Tensor, near: Tensor, pixels: Tensor) -> _Look | None:
        """A look from these features, or None where a number of it is not finite: then the next evaluation tries."""
        brink.requires_grad_()
        loss = self._loss(self._network.beyond(name, brink), pixels)
        (slope,) = torch.autograd.grad(loss, brink)
        brink, beyond = brink.detach(), loss.detach()
        total = near + beyond
        if not (total.isfinite().all() and slope.isfinite().all()):
            return None
        lasts, last = 1, self._look
        if last:
            wrong = (last.expected(brink) - beyond).abs()
            holds = bool(_FALL * wrong <= last.total - total)
            lasts = min(2 * last.lasts, _LONGEST) if holds else max(last.lasts // 2, 1)
        return _Look(brink, slope, beyond, total, lasts)
