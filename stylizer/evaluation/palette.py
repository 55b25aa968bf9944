"""Palette: how far a picture's colours are from the style's, as a share of how far the content's are.

The sliced Wasserstein distance of order 1 of all colours (Bonneel, Rabin, Peyre, Pfister, Sliced and Radon Wasserstein
Barycenters of Measures, JMIV 51, 2015), along 64 directions that are the same for every picture.

Invariant: 0 for the style's colours, 1 for those of the content. Small means that the picture has the style's palette.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.loss.targets import stretch

_SIDE_PX = 128          # to which a picture is brought: each counts alike, whatever its size
_DIRECTIONS = 64
_WIDTH = 0.5            # of a bin, in pixel values of 0..255
_REACH = 442            # 255 times the root of 3: the longest colour
_BINS = round(2 * _REACH / _WIDTH)


def distribution(pixels: Tensor) -> Tensor:
    """The shares of colours [64, bins] below each value along each direction, of pixels [3, H, W] in 0..255."""
    colours = stretch(pixels[None].float().cpu(), _SIDE_PX, _SIDE_PX)[0].flatten(1)
    places = ((_directions().T @ colours + _REACH) / _WIDTH).long().clamp(0, _BINS - 1)
    places = places + torch.arange(_DIRECTIONS)[:, None] * _BINS
    counts = torch.bincount(places.flatten(), minlength=_DIRECTIONS * _BINS).view(_DIRECTIONS, _BINS)
    return counts.cumsum(1).float() / colours.shape[1]


def distance(one: Tensor, other: Tensor) -> float:
    """The distance of two `distribution`s, in pixel values of 0..255."""
    return ((one - other).abs().sum(1) * _WIDTH).mean().item()


@cache
def _directions() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return F.normalize(torch.randn(3, _DIRECTIONS, generator=generator), dim=0)
