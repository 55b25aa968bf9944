"""The plain loop of the sources, for comparison: the library's convolutions in its own layout, its losses and its
gradients of them, torch.optim.LBFGS.

    python -m benchmarks.plain CONTENT STYLE --wanted 0.01,0.0025 [--steps N] [--began SECONDS]

prints, as JSON, after how many seconds and evaluations its saved picture has, by the judge, each of these shares of the
content's own loss, or that it was not there at the end. Seconds count from `--began`, a time of `time.monotonic`, which
all processes of a machine share.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.judge import Judge
from benchmarks.processes import be_a_peer
from db.imaging.pictures import open_picture
from stylizer.loss.objective import Objective
from stylizer.network.kernels import PLAIN
from stylizer.network.vgg import Network, Weights
from stylizer.network.weights import load_weights
from stylizer.network.winograd import WinogradConv2d
from stylizer.pictures.load import load_scales, to_bytes
from stylizer.recipe.presets import GATYS
from stylizer.recipe.size import Size
from stylizer.transfer.init import PIXEL_RANGE

STIFFNESS = 100.0       # of the penalty on what is outside 0..255
EVERY = 2               # evaluations between two checks of the picture
Watch = Callable[[float, Tensor], bool]     # seconds of the loop alone and the picture: whether it is enough


class PlainNetwork(Network):
    """The network as any tutorial runs it: every convolution by the library, values in its default layout."""

    tf32 = False        # PyTorch's own default is True: convolutions on a GPU then see 10 bits of mantissa

    def __init__(self, weights: Weights, layers: frozenset[str], device: str = "cpu") -> None:
        super().__init__(weights, layers, device=device, kernels=PLAIN, edge=GATYS.edge)
        self._modules = [
            (name, module.direct if isinstance(module, WinogradConv2d) else module) for name, module in self._modules]
        for _, module in self._modules:
            for parameter in module.parameters():
                parameter.data = parameter.data.contiguous()

    def features(self, pixels: Tensor, upto: str | None = None) -> dict[str, Tensor]:
        """As `Network.features`."""
        torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark = self.tf32, True      # of GPUs alone
        return self._through(0, self._with_edge(pixels) - self._mean, upto)


class PlainLoss:
    """The loss of `gatys` as any tutorial writes it, left to autograd."""

    def __init__(self, network: PlainNetwork, content: Tensor, style: Tensor) -> None:
        self._network = network
        with torch.no_grad():
            self._content, painted = network.features(content), network.features(style)
            self._grams = {name: _gram(painted[name]) for name, _ in GATYS.style_layers}

    def with_gradient(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss [1] and its gradient, shaped like `pixels` [1, 3, H, W]."""
        pixels = pixels.detach().requires_grad_()
        features = self._network.features(pixels)
        loss = pixels.new_zeros(1)
        for name, weight in GATYS.content_layers:
            loss = loss + GATYS.content_weight * weight * F.mse_loss(features[name], self._content[name])
        for name, weight in GATYS.style_layers:
            loss = loss + GATYS.style_weight * weight * F.mse_loss(_gram(features[name]), self._grams[name])
        loss.backward()     # type: ignore[no-untyped-call]
        assert pixels.grad is not None
        return loss.detach(), pixels.grad


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)[0]
    return torch.mm(flat, flat.t()).div(flat.shape[1])


def plain_loop(
    objective: Objective | PlainLoss, start: Tensor, steps: int, *,
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


@dataclass(frozen=True)
class Reached:
    """When the saved picture had a loss, this share of the start's; or, with `done` False, that it had not by then."""

    share: float
    done: bool
    seconds: float
    evaluations: int


def when_as_good(plain: PlainLoss, judge: Judge, start: Tensor, wanted: Sequence[float], steps: int) -> list[Reached]:
    """When the bounded plain loop's saved picture had each of the wanted losses, by the judge."""
    found: dict[float, Reached] = {}
    checks = 0

    def watch(seconds: float, pixels: Tensor) -> bool:
        nonlocal checks
        checks += 1
        now = judge.share(to_bytes(pixels).to(pixels.dtype))
        for share in wanted:
            if share not in found or not found[share].done:
                found[share] = Reached(share, now <= share, seconds, checks * EVERY)
        return all(reached.done for reached in found.values())

    plain_loop(plain, start, steps, stiffness=STIFFNESS, watch=watch)
    return list(found.values())


def read(path: Path) -> Tensor:
    """The pixels [1, 3, h, w] of an image in its own size."""
    with open_picture(path) as picture:
        return load_scales(picture, Size(max(picture.size)), (1.0,))[0]


def main() -> None:
    """One pair, as a process of its own."""
    began = time.monotonic()
    be_a_peer()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--wanted", required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--began", type=float, default=began)
    asked = parser.parse_args()
    network = PlainNetwork(load_weights(), frozenset(GATYS.layers))
    content, style = read(asked.content), read(asked.style)
    plain = PlainLoss(network, content, style)
    start_s = time.monotonic() - asked.began
    wanted = [float(share) for share in asked.wanted.split(",")]
    for reached in when_as_good(plain, Judge(content, style), content, wanted, asked.steps):
        print(json.dumps(asdict(replace(reached, seconds=start_s + reached.seconds))))


if __name__ == "__main__":
    main()
