"""How light a colour is, and pictures in grey."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:   # the weights alone are read without torch
    from torch import Tensor

_NOISE, _SPECKS = 8, 1e-3   # levels between two channels, and the share of pixels that may have more
WEIGHTS = (0.299, 0.587, 0.114)     # of red, green and blue: ITU-R BT.601, as in Gatys et al. 2017


def luma(pixels: "Tensor") -> "Tensor":
    """Y of pixels, [B, 1, H, W]."""
    weights = pixels.new_tensor(WEIGHTS).view(1, 3, 1, 1)
    return (pixels * weights).sum(1, keepdim=True)


def is_grey(pixels: "Tensor") -> bool:
    """Whether pixels [B, 3, H, W] in 0..255 have no colours but for the noise of a lossy file."""
    spread = pixels.amax(1) - pixels.amin(1)
    return bool((spread > _NOISE).float().mean() < _SPECKS)


def grey(pixels: "Tensor") -> "Tensor":
    """The pixels in grey of the same luma, [B, 3, H, W]. Differentiable."""
    return luma(pixels).expand_as(pixels)
