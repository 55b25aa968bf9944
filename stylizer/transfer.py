"""A batch of pairs of one shape -> their pictures, losses and traces. Knows no catalog.

Invariant: every loss of an Outcome is that of its 8-bit pixels, as they are saved. The picture of a pair
depends on its two images, the recipe, the seed and the weights alone, not on the batch it was made in.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylizer.adam import Adam
from stylizer.errors import Diverged, Stopped
from stylizer.images import to_bytes
from stylizer.lbfgs import LBFGS
from stylizer.objective import Objective
from stylizer.recipe import Init, Optimizer, Recipe
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
    start_loss: float               # of the starting picture
    trace: tuple[float, ...]        # total loss at each evaluation, in order
    evaluations: int
    restarts: int
    seconds: float                  # wall time of the whole batch


def transfer(
    network: Network,
    recipe: Recipe,
    pairs: Sequence[Pair],
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Outcome | Diverged]:
    """Optimises the pairs together; their contents share one shape. In the order of `pairs`.

    A pair that diverges takes its error in its place, the others are not touched by it. `stop` is asked
    before every evaluation; when it says yes, Stopped is raised and nothing is kept.
    """
    began = time.monotonic()
    objective = Objective(network, recipe, pairs)
    start = torch.cat([_start(recipe, pair) for pair in pairs])
    optimizer = _optimizer(recipe, start)
    trace = []
    for step in range(1, recipe.steps + 1):
        if stop():
            raise Stopped(f"stopped after {step - 1} of {recipe.steps} evaluations")
        loss, gradient = objective.with_gradient(optimizer.trial.view_as(start))
        optimizer.tell(loss, gradient.flatten(1))
        trace.append(loss)
        if progress:
            progress(step, recipe.steps, loss.tolist())
    traces = [tuple(column) for column in torch.stack(trace, dim=1).tolist()]
    pixels = to_bytes(optimizer.best.view_as(start))
    terms = objective.terms(pixels.to(start.dtype))
    seconds = time.monotonic() - began
    return [
        Diverged("the loss left the finite numbers, and again after a restart from the best picture", traces[i])
        if optimizer.failed[i]
        else Outcome(
            pixels=pixels[i].cpu(),
            content_loss=terms.content[i].item(),
            style_loss=terms.style[i].item(),
            tv_loss=terms.tv[i].item(),
            total_loss=terms.total[i].item(),
            start_loss=traces[i][0],
            trace=traces[i],
            evaluations=recipe.steps,
            restarts=int(optimizer.restarts[i]),
            seconds=seconds,
        )
        for i in range(len(pairs))
    ]


def _start(recipe: Recipe, pair: Pair) -> Tensor:
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


def _optimizer(recipe: Recipe, start: Tensor) -> LBFGS | Adam:
    if recipe.optimizer is Optimizer.ADAM:
        return Adam(start.flatten(1), learning_rate=recipe.learning_rate, averaging=recipe.averaging,
                    bounds=PIXEL_RANGE if recipe.bounded else None)
    if not recipe.bounded:      # the literal loop of the sources
        return LBFGS(start.flatten(1), history=recipe.history)
    return LBFGS(
        start.flatten(1), history=recipe.history, bounds=PIXEL_RANGE, precondition=InverseFrequency(start))
