"""A batch of pairs of one shape -> their pictures, losses and traces. Knows no catalog.

Invariant: every loss of an Outcome is that of its 8-bit pixels, as they are saved. The picture of a pair
depends on its two images, the recipe, the seed and the weights alone, not on the batch it was made in.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylizer import losses
from stylizer.errors import Diverged, Stopped
from stylizer.images import to_bytes
from stylizer.lbfgs import LBFGS
from stylizer.recipes import Init, Recipe
from stylizer.spectrum import InverseFrequency
from stylizer.vgg import Network

PIXEL_RANGE = (0.0, 255.0)

# Called after every evaluation with: evaluations done, evaluations in all, the loss of each pair.
Progress = Callable[[int, int, list[float]], None]


@dataclass(frozen=True)
class ContentTarget:
    """A content picture: its pixels [1, 3, H, W] in 0..255 and its features [1, C, h, w] per content layer."""

    pixels: Tensor
    features: dict[str, Tensor]


@dataclass(frozen=True)
class StyleTarget:
    """A style picture: its Gram matrices per position [1, C, C] per style layer."""

    grams: dict[str, Tensor]


@dataclass(frozen=True)
class Pair:
    """One picture to make. `seed` fixes all of its randomness; derive it from the pair, not its place."""

    content: ContentTarget
    style: StyleTarget
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """A picture and how it came about. Weights are included in the losses; total = content + style."""

    pixels: Tensor                  # uint8 [3, H, W], on the CPU
    content_loss: float
    style_loss: float
    total_loss: float
    start_loss: float               # of the starting picture
    trace: tuple[float, ...]        # total loss at each evaluation, in order
    evaluations: int
    restarts: int
    seconds: float                  # wall time of the whole batch


@torch.no_grad()
def content_target(network: Network, recipe: Recipe, pixels: Tensor) -> ContentTarget:
    """Encodes a content picture [1, 3, H, W] once, for all of its pairs. Raises ImageTooSmall."""
    pixels = pixels.to(network.device)
    features = network.features(pixels)
    return ContentTarget(pixels, {name: features[name] for name, _ in recipe.content_layers})


@torch.no_grad()
def style_target(network: Network, recipe: Recipe, pixels: Tensor) -> StyleTarget:
    """Encodes a style picture [1, 3, H, W] once, for all of its pairs. Raises ImageTooSmall."""
    features = network.features(pixels.to(network.device))
    return StyleTarget({name: losses.gram_per_position(features[name]) for name, _ in recipe.style_layers})


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
    objective = _Objective(network, recipe, pairs)
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
    content, style = objective.terms(pixels.to(start.dtype))
    seconds = time.monotonic() - began
    return [
        Diverged("the loss left the finite numbers, and again after a restart from the best picture", traces[i])
        if optimizer.failed[i]
        else Outcome(
            pixels=pixels[i].cpu(),
            content_loss=content[i].item(),
            style_loss=style[i].item(),
            total_loss=(content[i] + style[i]).item(),
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
        case Init.RANDOM:
            generator = torch.Generator().manual_seed(pair.seed)
            noise = torch.rand(pair.content.pixels.shape, generator=generator) * PIXEL_RANGE[1]
            return noise.to(pair.content.pixels.device)


def _optimizer(recipe: Recipe, start: Tensor) -> LBFGS:
    if not recipe.bounded:      # the literal loop of the sources
        return LBFGS(start.flatten(1), history=recipe.history)
    return LBFGS(
        start.flatten(1), history=recipe.history, bounds=PIXEL_RANGE, precondition=InverseFrequency(start))


class _Objective:
    """The loss of a batch of pictures against the targets of their pairs."""

    def __init__(self, network: Network, recipe: Recipe, pairs: Sequence[Pair]) -> None:
        self._network = network
        self._recipe = recipe
        self._features = {
            name: torch.cat([pair.content.features[name] for pair in pairs]) for name, _ in recipe.content_layers
        }
        self._grams = {
            name: torch.cat([pair.style.grams[name] for pair in pairs]) for name, _ in recipe.style_layers
        }

    def with_gradient(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Total loss [B] and its gradient, shaped like `pixels`."""
        pixels = pixels.detach().requires_grad_()
        content, style = self._terms(pixels)
        loss = content + style
        # The sum's gradient is every sample's own: no sample's loss depends on another's pixels.
        (gradient,) = torch.autograd.grad(loss.sum(), pixels)
        return loss.detach(), gradient

    @torch.no_grad()
    def terms(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Content and style loss [B], weights included."""
        return self._terms(pixels)

    def _terms(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        recipe = self._recipe
        features = self._network.features(pixels)
        content = style = pixels.new_zeros(len(pixels))
        for name, weight in recipe.content_layers:
            content = content + weight * losses.content(
                features[name], self._features[name], recipe.content_formula)
        for name, weight in recipe.style_layers:
            style = style + weight * losses.style(features[name], self._grams[name], recipe.style_formula)
        return content, style
