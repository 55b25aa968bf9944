"""VGG16 or VGG19 from the pixels up to the deepest layer that is wanted.

Invariant: pixels go in as RGB in 0..255; what the weights want instead (BGR or RGB, minus a mean, divided by
a deviation) was settled once, when they were loaded. Weights are frozen and never change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylizer.compute.precision import Precision
from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.errors import BadRecipe, ImageTooSmall
from stylizer.network.fused import ConvReLU, SplitConvReLU
from stylizer.network.kernels import PLAIN, Kernels, kernels_for
from stylizer.network.tiles import Tile, cut, up_to
from stylizer.network.winograd import WinogradConv2d, suits
from stylizer.recipe.model import Architecture, Edge, Flavour, Pooling

STANDARD_DEVIATION = 57.6       # of ImageNet's pixels in 0..255: the unit of the torchvision flavour
_CHANNELS = (64, 128, 256, 512, 512)    # of all convolutions of each block; their number is the architecture's
_WAYS_TRIED = 5     # by cuDNN for each new shape, its best guess first; some have to be compiled


@dataclass(frozen=True)
class Weights:
    """Convolution weights: `tensors` maps `conv1_1.weight` ([out, in, 3, 3], RGB input) and `conv1_1.bias`."""

    network: Architecture
    flavour: Flavour
    sha256: str
    tensors: dict[str, Tensor]
    mean_rgb: tuple[float, float, float]    # subtracted from pixels in 0..255

    def counted_in(self, flavour: Flavour) -> "Weights":
        """The same network with all its features in the unit of this flavour.

        A network of convolutions, ReLUs and poolings whose input and biases are divided by a number has all
        its features divided by that number, so a recipe keeps its balance on weights of the other flavour.
        """
        if flavour is self.flavour:
            return self
        unit = STANDARD_DEVIATION if flavour is Flavour.TORCHVISION else 1 / STANDARD_DEVIATION
        tensors = {
            name: values / unit if name.endswith(".bias") or name == "conv1_1.weight" else values
            for name, values in self.tensors.items()
        }
        return replace(self, flavour=flavour, tensors=tensors)


def definition(network: Architecture) -> nn.Sequential:
    """The layers of this network, without weights (on the meta device), at the places that torchvision gives them."""
    layers: list[nn.Module] = []
    seen = 3
    with torch.device("meta"):
        for convolutions, channels in zip(network.convolutions, _CHANNELS, strict=True):
            for _ in range(convolutions):
                layers += [nn.Conv2d(seen, channels, 3, padding=1), nn.ReLU(inplace=True)]
                seen = channels
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class L2Pool(nn.Module):
    """0.78 x the root of the sum of squares of each 2 x 2 window (crowsonkb/style-transfer-pytorch)."""

    def forward(self, values: Tensor) -> Tensor:
        """Halves the sides of [B, C, h, w]. The gradient is finite where all four are zero."""
        return (4 * F.avg_pool2d(values.square(), 2)).clamp(min=1e-12).sqrt() * 0.78


class Cast(nn.Module):
    """The values in another type; their gradient comes back in the old one."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, values: Tensor) -> Tensor:
        """Any shape."""
        return values.to(self.dtype)


class Network:
    """From the pixels to the deepest of `layers`, in the unit of `flavour` (without one, that of the weights).

    `stride` is how many pixels of a side one position of the deepest layer stands for (`strides`: of every wanted
    layer, in their order), `halo` how many pixels beyond its own any position sees, `bytes_per_pixel` what a pass with
    its gradient takes. `tiling` says how much it may see at once, for those who use `tiles`. `passes` counts the
    calls of `features`. With `precision` bf16 all is computed and kept in bfloat16, pixels as sums of two, and
    features come so, too; `exact` is the same network in float32. `kernels` are a GPU's, those that suit it if nothing
    else is said; with `tries_ways` cuDNN tries some of its algorithms for each new shape of an evaluation instead of
    going by its heuristics. `edge` says what is seen where a side is no multiple of `stride`. Raises BadRecipe when the
    network has no such layer.
    """

    def __init__(
        self,
        weights: Weights,
        layers: Iterable[str],
        pooling: Pooling = Pooling.MAX,
        device: str = "cpu",
        flavour: Flavour | None = None,
        tiling: Tiling = WHOLE,
        precision: Precision = Precision.FP32,
        kernels: Kernels | None = None,
        edge: Edge = Edge.MIRROR,
    ) -> None:
        self.precision = precision
        self.wanted = frozenset(layers)
        self.device = torch.device(device)
        self.kernels = kernels or kernels_for(self.device.type, precision)
        self.tiling = tiling
        self.edge = edge
        self.tries_ways = False
        self.passes = 0
        self._mean = torch.tensor(weights.mean_rgb, device=self.device).view(1, 3, 1, 1)
        counted = weights.counted_in(flavour or weights.flavour)
        self._modules = self._build(counted, pooling)
        self.exact = self
        if precision is not Precision.FP32:
            self.exact = type(self)(counted, layers, pooling, device, tiling=tiling, edge=edge)
        self.stride, self.halo = 1, 0
        self.strides: dict[str, int] = {}
        self.bytes_per_pixel = 0.0
        self._measure()

    def _build(self, weights: Weights, pooling: Pooling) -> list[tuple[str, nn.Module]]:
        modules: list[tuple[str, nn.Module]] = []
        missing = set(self.wanted)
        dtype = torch.bfloat16 if self.precision is Precision.BF16 else torch.float32
        block, index = 1, 0
        for module in definition(weights.network):
            if not missing:
                break
            if isinstance(module, nn.Conv2d):
                index += 1
                name = f"conv{block}_{index}"
                parts = {part: weights.tensors[f"{name}.{part}"].to(self.device) for part in ("weight", "bias")}
                module.load_state_dict(parts, assign=True)
                if dtype is not torch.float32 and modules:
                    module = module.to(dtype)
                module = self._for_device(module, name)
            elif isinstance(module, nn.ReLU):
                name = f"relu{block}_{index}"
                # In place saves a copy of every layer, but would overwrite features that are kept.
                module.inplace = f"conv{block}_{index}" not in self.wanted
                if isinstance(modules[-1][1], ConvReLU | SplitConvReLU):
                    module = nn.Identity()      # done already
            else:
                name = f"pool{block}"
                module = {Pooling.MAX: module, Pooling.AVERAGE: nn.AvgPool2d(2), Pooling.L2: L2Pool()}[pooling]
                block, index = block + 1, 0
            modules.append((name, module.requires_grad_(False)))
            missing.discard(name)
            if name == "relu1_1" and dtype is not torch.float32 and not isinstance(modules[0][1], SplitConvReLU):
                # The first convolution sees pixels, which have 8 bits themselves, and costs next to nothing.
                modules.append((f"to {self.precision}", Cast(dtype)))
        if missing:
            raise BadRecipe(f"{weights.network.upper()} has no layer {', '.join(sorted(missing))}")
        return modules

    def _for_device(self, convolution: nn.Conv2d, name: str) -> nn.Module:
        """The same convolution in the way that the device does fastest, with the ReLU after it where nobody wants what
        is between.
        """
        is_cpu = self.device.type == "cpu" and self.kernels == PLAIN
        if is_cpu or self.kernels.channels_last:
            convolution.weight.data = convolution.weight.data.contiguous(memory_format=torch.channels_last)
        fuses = name not in self.wanted and (self.kernels.fused or is_cpu)
        if fuses and name == "conv1_1" and self.precision is Precision.BF16:
            return SplitConvReLU(convolution)
        if is_cpu:
            return WinogradConv2d(convolution) if suits(convolution) else convolution
        return ConvReLU(convolution) if fuses else convolution

    def _measure(self) -> None:
        """How far each layer sees, and what it keeps for the gradient.

        A position of stride s answers to its own s x s pixels and those around them: a 3 x 3 convolution adds a
        position of its input on every side, a pooling doubles the stride and adds none.
        """
        widest = kept = channels = 0.0
        each = 4        # bytes
        for name, module in self._modules:
            if isinstance(module, nn.Conv2d | WinogradConv2d | ConvReLU | SplitConvReLU):
                self.halo += self.stride
                channels = module.out_channels
                each = 2 if isinstance(module, SplitConvReLU) else each
            elif name.startswith("pool"):
                self.stride *= 2
            elif isinstance(module, Cast):
                each = module.dtype.itemsize
            if name in self.wanted:
                self.strides[name] = self.stride
            size = each * channels / self.stride**2
            widest = max(widest, size)
            if name.startswith("pool"):
                kept += 3 * size        # and the indices of the maxima, 8 bytes each
            elif not (getattr(module, "inplace", False) or isinstance(module, nn.Identity)):
                kept += size
        # In the backward pass some four of the widest tensors are alive. Measured on a CPU: within 10 %.
        self.bytes_per_pixel = kept + 4 * widest

    def tiles(self, height: int, width: int, samples: int = 1) -> list[Tile]:
        """The parts in which so many pictures of this size go through the network together."""
        return cut(height, width, self.tile_px(height, width, samples), stride=self.stride, halo=self.halo)

    def tile_px(self, height: int, width: int, samples: int = 1) -> int | None:
        """The side of those parts without their margins, or None where the pictures are seen whole."""
        return self.tiling.side(
            height, width, bytes_per_pixel=self.bytes_per_pixel * samples, margin=up_to(self.halo, self.stride))

    def positions(self, name: str, height: int, width: int) -> tuple[int, int]:
        """The height and width of a wanted layer for a picture of these sides."""
        if self.edge is Edge.MIRROR:
            height, width = up_to(height, self.stride), up_to(width, self.stride)
        stride = self.strides[name]
        return height // stride, width // stride

    def features(self, pixels: Tensor, upto: str | None = None) -> dict[str, Tensor]:
        """Features [B, C, h, w] of every wanted layer for RGB `pixels` [B, 3, H, W] in 0..255; `upto` is the last one.

        Poolings drop what is left over of an odd side: of 127 rows the last 15 are unknown to the deepest layers, and
        see what a convolution's reach brings them. That is the plain edge. For the mirrored one sides are first brought
        to a multiple of the deepest stride by mirroring the pixels at the lower and the right edge; gradients come
        back through the mirror.

        Raises ImageTooSmall when a side is halved to nothing before the deepest layer.
        """
        if min(pixels.shape[-2:]) < self.stride:
            height, width = pixels.shape[-2:]
            raise ImageTooSmall(f"{width} x {height} pixels: this recipe needs at least {self.stride} on each side")
        self.passes += 1
        if self.device.type == "cuda":      # also for the backward pass, which follows before the next call
            torch.backends.cudnn.allow_tf32 = self.precision is Precision.TF32
            torch.backends.cudnn.benchmark_limit = _WAYS_TRIED
            # A pass without a gradient is one of a few, which never pay for it.
            torch.backends.cudnn.benchmark = self.tries_ways and torch.is_grad_enabled()
        values = self._with_edge(pixels) - self._mean
        # On a CPU convolutions are the faster for it, the first one by far; the units of a GPU want it, too.
        if self.device.type == "cpu" or self.kernels.channels_last:
            values = values.contiguous(memory_format=torch.channels_last)
        return self._through(0, values, upto)

    def tail(self, name: str, features: Tensor) -> dict[str, Tensor]:
        """Features of every wanted layer after the one of this name, from those of it."""
        return self._through(self._after(name), features)

    def _through(self, first: int, values: Tensor, upto: str | None = None) -> dict[str, Tensor]:
        found = {}
        for name, module in self._modules[first : self._after(upto) if upto else None]:
            values = module(values)
            if name in self.wanted:
                found[name] = values
        return found

    def _after(self, name: str) -> int:
        return next(at for at, (own, _) in enumerate(self._modules) if own == name) + 1

    def shares(self, regions: Tensor) -> dict[str, Tensor]:
        """How much of each position of every wanted layer belongs to each region [B, R, h, w].

        `regions` holds shares of pixels [B, R, H, W]; a position's are the mean of its own stride x stride pixels.
        """
        whole = self._with_edge(regions)
        return {name: F.avg_pool2d(whole, stride) for name, stride in self.strides.items()}

    def _with_edge(self, values: Tensor) -> Tensor:
        """[B, n, H, W] with what is seen beyond its lower and right edge."""
        if self.edge is Edge.PLAIN:
            return values
        bottom, right = (-side % self.stride for side in values.shape[-2:])
        return F.pad(values, (0, right, 0, bottom), mode="reflect")
