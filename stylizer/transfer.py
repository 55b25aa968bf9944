"""A batch of pairs of one shape -> their pictures, losses and traces, coarse to fine. Knows no catalog.

Invariant: every loss of an Outcome is that of its 8-bit pixels, as they are saved. The picture of a pair
depends on its two images, the recipe, the seed and the weights alone, not on the batch it was made in.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.adam import Adam
from stylizer.errors import Diverged
from stylizer.images import to_bytes
from stylizer.lbfgs import LBFGS
from stylizer.objective import Objective
from stylizer.recipe import Init, Optimizer, Recipe
from stylizer.scales import share_out
from stylizer.spectrum import InverseFrequency
from stylizer.targets import Pair, stretch
from stylizer.vgg import Network

PIXEL_RANGE = (0.0, 255.0)

# Called after every evaluation with: evaluations done, evaluations in all, the loss of each pair.
Progress = Callable[[int, int, list[float]], None]


@dataclass(frozen=True)
class Outcome:
    """A picture and how it came about. Weights are included in the losses; total = content + style + tv."""

    pixels: Tensor                  # uint8 [3, H, W], on the CPU
    content_loss: float
    style_loss: float
    tv_loss: float
    total_loss: float
    start_loss: float               # of the starting picture at full size
    trace: tuple[float, ...]        # total loss at each evaluation, in order; each scale has its own loss
    evaluations: int
    restarts: int
    seconds: float                  # wall time of the whole batch


def transfer(
    network: Network,
    recipe: Recipe,
    pairs: Sequence[Pair],
    *,
    progress: Progress | None = None,
) -> list[Outcome | Diverged]:
    """Optimises the pairs together; their contents share one shape. In the order of `pairs`.

    A pair that diverges takes its error in its place, the others are not touched by it.
    """
    began = time.monotonic()
    stages = list(zip(*((*pair.coarser, pair) for pair in pairs), strict=True))
    descent = _Descent(network, recipe, len(pairs), progress)
    best = descent.through(stages[0], _start(recipe, stages[0]))
    for coarse, fine in pairwise(stages):
        best = descent.through(fine, _enlarged(recipe, best, coarse, fine))
    pixels = to_bytes(best)
    terms = descent.objective.terms(pixels.to(best.dtype))
    start_loss = descent.trace[0] if len(stages) == 1 else descent.objective.terms(_start(recipe, pairs)).total
    traces = [tuple(column) for column in torch.stack(descent.trace, dim=1).tolist()]
    seconds = time.monotonic() - began
    return [
        Diverged("the loss left the finite numbers, and again after a restart from the best picture", traces[i])
        if descent.failed[i]
        else Outcome(
            pixels=pixels[i].cpu(),
            content_loss=terms.content[i].item(),
            style_loss=terms.style[i].item(),
            tv_loss=terms.tv[i].item(),
            total_loss=terms.total[i].item(),
            start_loss=start_loss[i].item(),
            trace=traces[i],
            evaluations=recipe.steps,
            restarts=int(descent.restarts[i]),
            seconds=seconds,
        )
        for i in range(len(pairs))
    ]


class _Descent:
    """The way of a batch down its losses, one scale after the other; keeps what concerns all of them."""

    objective: Objective    # of the last scale

    def __init__(self, network: Network, recipe: Recipe, pairs: int, progress: Progress | None) -> None:
        self._network = network
        self._recipe = recipe
        self._progress = progress
        self._shares = share_out(recipe.steps, recipe.scales)
        self._scale = 0
        self.trace: list[Tensor] = []
        self.failed = torch.zeros(pairs, dtype=torch.bool, device=network.device)
        self.restarts = torch.zeros(pairs, dtype=torch.long, device=network.device)

    def through(self, pairs: Sequence[Pair], start: Tensor) -> Tensor:
        """The best pictures [B, 3, H, W] that the next scale's share of the evaluations finds from `start`."""
        self.objective = Objective(self._network, self._recipe, pairs)
        optimizer = _optimizer(self._recipe, start, self._shares[self._scale], enlarged=self._scale > 0)
        for _ in range(self._shares[self._scale]):
            loss, gradient = self.objective.with_gradient(optimizer.trial.view_as(start))
            optimizer.tell(loss, gradient.flatten(1))
            self.trace.append(loss)
            if self._progress:
                self._progress(len(self.trace), self._recipe.steps, loss.tolist())
        self._scale += 1
        self.failed = self.failed | optimizer.failed
        self.restarts = self.restarts + optimizer.restarts
        return optimizer.best.view_as(start)


def _start(recipe: Recipe, pairs: Sequence[Pair]) -> Tensor:
    """The first pictures [B, 3, H, W]."""
    return torch.cat([_first_picture(recipe, pair) for pair in pairs])


def _enlarged(recipe: Recipe, pictures: Tensor, coarse: Sequence[Pair], fine: Sequence[Pair]) -> Tensor:
    """Pictures of a coarser scale as the start [B, 3, H, W] of the next.

    What they lack is the finest detail. Where the recipe starts from the content it is taken from there (a level
    of the Laplacian pyramid of Burt and Adelson, IEEE Trans. Communications 31, 1983): the loss is then lower
    than from the plain enlargement, which keeps a grid of the coarse pixels.
    """
    below = torch.cat([pair.content.pixels for pair in coarse])
    above = torch.cat([pair.content.pixels for pair in fine])
    enlarged = F.interpolate(pictures, above.shape[-2:], mode="bicubic")
    if recipe.init is Init.CONTENT:
        enlarged += above - F.interpolate(below, above.shape[-2:], mode="bicubic")
    return enlarged.clamp(*PIXEL_RANGE)


def _first_picture(recipe: Recipe, pair: Pair) -> Tensor:
    """The first picture [1, 3, H, W]. Random ones come from the pair's own generator, on the CPU always."""
    match recipe.init:
        case Init.CONTENT:
            return pair.content.pixels
        case Init.STYLE:
            return stretch(pair.style.pixels, *pair.content.pixels.shape[-2:])
        case Init.RANDOM:
            generator = torch.Generator().manual_seed(pair.seed)
            noise = torch.rand(pair.content.pixels.shape, generator=generator) * PIXEL_RANGE[1]
            return noise.to(pair.content.pixels.device)


def _optimizer(recipe: Recipe, start: Tensor, steps: int, *, enlarged: bool) -> LBFGS | Adam:
    if recipe.optimizer is Optimizer.ADAM:
        return Adam(start.flatten(1), learning_rate=recipe.learning_rate, averaging=recipe.averaging,
                    bounds=PIXEL_RANGE if recipe.bounded else None)
    history = min(recipe.history, steps)
    if not recipe.bounded:      # the literal loop of the sources
        return LBFGS(start.flatten(1), history=history)
    # An enlarged picture has its large waves already; what it lacks is fine.
    filter_ = InverseFrequency(start, power=0.5 if enlarged else 1.0)
    return LBFGS(start.flatten(1), history=history, bounds=PIXEL_RANGE, precondition=filter_)
