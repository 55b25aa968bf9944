"""Convolutions with frozen weights where moving activations costs more than computing them: on GPUs.

PyTorch's own convolution, bias and ReLU go through the result three times, cuDNN's fused one once. The gradient needs
no more than the result: where it is zero the ReLU was closed.

Invariant: the same numbers as the convolution followed by a ReLU, to the rounding of the type that they are in.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_NEAR = 0.01    # the rounding of bfloat16, and no more
_PARTS = 8      # channels of the first layer's input: units for bfloat16 want multiples of eight


class ConvReLU(nn.Module):
    """A Conv2d (3 x 3, padding 1) and the ReLU after it, of [B, C, h, w]."""

    def __init__(self, direct: nn.Conv2d) -> None:
        super().__init__()
        self.direct = direct
        self.out_channels = direct.out_channels

    def forward(self, values: Tensor) -> Tensor:
        """The same height and width, `out_channels` of them."""
        found: Tensor = _ConvReLU.apply(  # type: ignore[no-untyped-call]
            values, self.direct.weight, self.direct.bias)
        return found


class SplitConvReLU(nn.Module):
    """The same for the first layer, of float32 pixels [B, 3, H, W], in bfloat16 without a loss of the pixels' own.

    A pixel is the sum of two numbers of bfloat16, to 16 bits; both go through the same weights as channels of one
    convolution. So nothing as large as the first layer's result is ever in float32.
    """

    def __init__(self, direct: nn.Conv2d) -> None:
        super().__init__()
        self.direct = nn.Conv2d(_PARTS, direct.out_channels, 3, padding=1, device=direct.weight.device)
        self.out_channels = direct.out_channels
        assert direct.bias is not None
        weight, nothing = direct.weight.data, direct.weight.data[:, :2] * 0
        parts = torch.cat((weight, weight, nothing), 1).to(torch.bfloat16)
        self.direct.weight.data = parts.contiguous(memory_format=torch.channels_last)
        self.direct.bias.data = direct.bias.data.to(torch.bfloat16)     # type: ignore[union-attr]

    def forward(self, values: Tensor) -> Tensor:
        """The same height and width, `out_channels` of them, bfloat16."""
        found: Tensor = _ConvReLU.apply(  # type: ignore[no-untyped-call]
            _Split.apply(values), self.direct.weight, self.direct.bias)     # type: ignore[no-untyped-call]
        return found


@torch.no_grad()
def works(device: torch.device, dtype: torch.dtype, *, channels_last: bool) -> bool:
    """Whether this device has such a kernel, and it computes what it should: tried on something small."""
    generator = torch.Generator().manual_seed(1)
    values, weight, bias = (
        torch.randn(shape, generator=generator).to(device, dtype) for shape in ((2, 16, 24, 20), (16, 16, 3, 3), (16,)))
    if channels_last:
        values, weight = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (values, weight))
    poison = torch.full_like(values, torch.nan)     # lies where the result comes to lie
    del poison
    try:
        found = _ConvReLU.apply(values, weight, bias)   # type: ignore[no-untyped-call]
    except RuntimeError:        # no such kernel in this cuDNN, or for this device
        return False
    wanted = F.conv2d(values.double(), weight.double(), bias.double(), padding=1).relu()
    distance = (found.double() - wanted).norm() / wanted.norm()
    return bool(distance < _NEAR)


class _ConvReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if values.is_cuda:
            result: Tensor = torch.cudnn_convolution_relu(values, weight, bias, (1, 1), (1, 1), (1, 1), 1)
        else:
            result = F.conv2d(values, weight, bias, padding=1).relu_()
        ctx.save_for_backward(values, weight, result)   # of the values their shape alone; who made them keeps them, too
        return result

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        values, weight, result = ctx.saved_tensors
        passed = torch.ops.aten.threshold_backward(slope, result, 0)
        gradient, _, _ = torch.ops.aten.convolution_backward(
            passed, values, weight, None, (1, 1), (1, 1), (1, 1), False, (0, 0), 1, (True, False, False))
        return gradient, None, None


class _Split(torch.autograd.Function):
    """Float32 [B, 3, H, W] -> its parts in bfloat16 [B, 8, H, W]: rounded, what is left of that, and nothing."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        batch, channels, height, width = values.shape
        parts = torch.zeros(batch, _PARTS, height, width, dtype=torch.bfloat16, device=values.device)
        parts = parts.contiguous(memory_format=torch.channels_last)
        rounded = values.to(torch.bfloat16)
        parts[:, :channels] = rounded
        parts[:, channels : 2 * channels] = values - rounded
        return parts

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        return slope[:, :3].float()     # along both parts it is the same
