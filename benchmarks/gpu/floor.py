"""What an evaluation has to do at least: operations and bytes, so that a time can be judged.

Operations count every convolution as a direct one, there and back (the weights are frozen, so one pass back), and
every Gram matrix and its gradient. Bytes count each convolution's input and output once in each direction, and each
wanted layer once for its statistics and twice for their gradient; what else is moved is overhead.
"""

import math
from dataclasses import dataclass

from torch import nn

from stylizer.network.fused import ConvReLU, SplitConvReLU
from stylizer.network.vgg import Network
from stylizer.network.winograd import WinogradConv2d
from stylizer.recipe.model import Recipe


@dataclass(frozen=True)
class Floor:
    """Of one evaluation of one picture."""

    operations: float
    moved: float        # values, to be multiplied by the bytes of each


def floor_of(network: Network, recipe: Recipe, height: int, width: int) -> Floor:
    """By the modules that the network has, whatever they are called."""
    operations = moved = 0.0
    stride, channels = 1, 3
    styles = {name for name, _ in recipe.style_layers}
    for name, module in network._modules:
        positions = math.prod(-(-side // stride) for side in (height, width))
        if isinstance(module, nn.Conv2d | WinogradConv2d | ConvReLU | SplitConvReLU):
            out = module.out_channels
            operations += 2 * 2 * 9 * channels * out * positions
            moved += 2 * (channels + out) * positions
            channels = out
        elif name.startswith("pool"):
            stride *= 2
        if name in styles:
            operations += 2 * 2 * channels**2 * positions
            moved += 3 * channels * positions
    return Floor(operations, moved)
