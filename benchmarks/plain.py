"""The plain loop of the sources, for comparison: the library's convolutions in its own layout, torch.optim.LBFGS."""

import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from stylizer.images import to_bytes
from stylizer.objective import Objective
from stylizer.starts import PIXEL_RANGE
from stylizer.vgg import Network, Weights
from stylizer.winograd import WinogradConv2d

STIFFNESS = 100.0       # of the penalty on what is outside 0..255
EVERY = 10              # evaluations between two looks at the picture
Watch = Callable[[float, Tensor], bool]     # seconds of the loop alone and the picture: whether it is enough


class PlainNetwork(Network):
    """The network as any tutorial runs it: every convolution by the library, values in its default layout."""

    def __init__(self, weights: Weights, layers: frozenset[str]) -> None:
        super().__init__(weights, layers)
        self._modules = [
            (name, module.direct if isinstance(module, WinogradConv2d) else module) for name, module in self._modules]
        for _, module in self._modules:
            for parameter in module.parameters():
                parameter.data = parameter.data.contiguous()

    def features(self, pixels: Tensor) -> dict[str, Tensor]:
        """As `Network.features`."""
        found = {}
        values = self._mirrored(pixels) - self._mean
        for name, module in self._modules:
            values = module(values)
            if name in self.wanted:
                found[name] = values
        return found


def plain_loop(
    objective: Objective, start: Tensor, steps: int, *,
    stiffness: float = 0.0, watch: Watch | None = None,
) -> Tensor:
    """Where torch.optim.LBFGS is after so many evaluations; not clamped.

    With `stiffness` that times the square of how far pixels are outside 0..255 is added to the loss: its bounds.
    `watch` sees the picture now and then and may end it; its own time does not count.
    """
    pixels = start.clone()
    optimizer = torch.optim.LBFGS([pixels], lr=1.0, max_iter=1, history_size=100, tolerance_grad=0, tolerance_change=0)

    def closure() -> Tensor:
        loss, gradient = objective.with_gradient(pixels)
        outside = pixels - pixels.clamp(*PIXEL_RANGE)
        pixels.grad = gradient + 2 * stiffness * outside
        return loss.sum() + stiffness * outside.square().sum()

    seconds = 0.0
    for step in range(1, steps + 1):
        began = time.monotonic()
        optimizer.step(closure)     # type: ignore[no-untyped-call]
        seconds += time.monotonic() - began
        if watch and step % EVERY == 0 and watch(seconds, pixels):
            break
    return pixels


def when_as_good(
    objective: Objective, start: Tensor, wanted: Mapping[str, float], steps: int
) -> dict[str, tuple[float, int]]:
    """Seconds and evaluations after which the bounded plain loop's saved picture had each of the wanted losses.

    Losses are shares of the start's. What it did not reach in so many evaluations is absent.
    """
    first = objective.terms(start).total.item()
    reached: dict[str, tuple[float, int]] = {}
    looks = 0

    def watch(seconds: float, pixels: Tensor) -> bool:
        nonlocal looks
        looks += 1
        share = objective.terms(to_bytes(pixels).to(pixels.dtype)).total.item() / first
        for name, loss in wanted.items():
            if share <= loss:
                reached.setdefault(name, (seconds, looks * EVERY))
        return len(reached) == len(wanted)

    plain_loop(objective, start, steps, stiffness=STIFFNESS, watch=watch)
    return reached
