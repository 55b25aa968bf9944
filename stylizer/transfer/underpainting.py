"""Strokes of the style, laid in where the photograph is smooth, before anything is painted.

A loss of statistics says nothing of where a stroke belongs. From a flat sky alone it made a ripple, strong pictures
were slow to come and paid for it with their subject (docs/house-recipe.md, "Strokes to begin with"). So the first
picture has fine waves of the style there, in patches from about the same height of the style (skies lie above, in
photographs as in paintings), each from another place along it, so that nothing large of what is painted there is
whole. What has detail of its own, such as a face, has hardly a trace of them; above a strength of 60 that takes more.

As texture is quilted by Efros and Freeman (SIGGRAPH 2001), without their seams: what follows paints over them.
"""

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.loss.targets import Pair
from stylizer.recipe import strength
from stylizer.recipe.model import Recipe

_PATCH_PX = 48
_UP_OR_DOWN_PX = 2.0        # standard deviation of how far from its own height a patch is taken
_STROKE_PX = 6.0            # waves much longer than that are colours, and the photograph has them
# Detail is what is finer than the first; how much of it there is, is told by an average as wide as the second.
_DETAIL_PX, _AROUND_PX = 4.0, 8.0
_DETAILED = 0.9             # the part of a photograph that has less than its most detailed places
_FAINTEST = 0.25            # a photograph counts as no fainter than that: in a plain one nothing but grain is left


def underpainted(recipe: Recipe, pair: Pair) -> Tensor:
    """The content as it is shown [1, 3, H, W], in 0..255, with strokes of its style, by `pair.seed`."""
    shown, of_strength = pair.content.shown, strength.underpainting(recipe)
    if not of_strength.share or pair.content.regions is not None:       # each region has another style
        return shown
    strokes = _quilted(pair.style.pixels - _blurred(pair.style.pixels, _STROKE_PX), shown.shape[-2:], pair.seed)
    room = _smoothness(pair.content.pixels, of_strength)
    if pair.content.kept is not None:
        room = room * (1 - pair.content.kept)
    return (shown + of_strength.share * room * strokes).clamp(0, 255)


def _smoothness(pixels: Tensor, asked: strength.Underpainting) -> Tensor:
    """How smooth each place of a picture [1, 3, H, W] is, [1, 1, H, W]: 1 without detail, a half with so many levels of
    it, and with more of it as little as a Butterworth filter of that order lets through (S. Butterworth, 1930).
    """
    grey = pixels.mean(1, keepdim=True)
    detail = _blurred((grey - _blurred(grey, _DETAIL_PX)).square(), _AROUND_PX)
    levels = asked.smooth_levels * _boldness(detail, asked.faint_levels)
    return 1 / (1 + (detail / levels**2) ** asked.order)


def _boldness(detail: Tensor, faint_levels: float) -> float:
    """1, and for a faint picture the part of so many levels that its most detailed tenth has; `detail` is squared."""
    if not faint_levels:
        return 1.0
    most = detail.flatten().cpu().kthvalue(math.ceil(_DETAILED * detail.numel())).values.sqrt().item()
    return min(1.0, max(_FAINTEST, most / faint_levels))


def _quilted(style: Tensor, size: Sequence[int], seed: int) -> Tensor:
    """Overlapping patches of a style [1, 3, h, w], as large as `size`; where several lie they vary as one does."""
    height, width = size
    side = min(_PATCH_PX, *style.shape[-2:])
    window = torch.hann_window(side + 2, periodic=False, device=style.device)[1:-1]     # nowhere 0
    window = torch.outer(window, window)
    quilt = style.new_zeros(1, style.shape[1], height + 2 * side, width + 2 * side)
    weight = style.new_zeros(1, 1, *quilt.shape[-2:])
    mirrored = torch.cat([style, style.flip(-1)], -1)
    for top, left, row, column in _places(side, size, style.shape[-2:], seed):
        there = (..., slice(top, top + side), slice(left, left + side))
        quilt[there] += window * mirrored[..., row : row + side, column : column + side]
        weight[there] += window.square()
    inside = (..., slice(side, side + height), slice(side, side + width))
    return quilt[inside] / weight[inside].sqrt()


def _places(
    side: int, size: Sequence[int], style: Sequence[int], seed: int
) -> Iterator[tuple[int, int, int, int]]:
    """Where each patch goes, from a side's length above and left of the picture, and from where it is taken."""
    generator = torch.Generator().manual_seed(seed)
    height, width = size
    rows, columns = style[0] - side, 2 * style[1] - side
    for top in range(0, height + side, side // 2):
        own = (top - side / 2) / height * style[0] - side / 2
        for left in range(0, width + side, side // 2):
            away = _UP_OR_DOWN_PX * torch.randn(1, generator=generator).item()
            column = int(torch.randint(columns + 1, (1,), generator=generator))
            yield top, left, round(min(max(0.0, own + away), rows)), column


def _blurred(values: Tensor, sigma_px: float) -> Tensor:
    """Pictures [B, C, H, W] under a Gaussian window, mirrored at their edges."""
    for dim in (2, 3):
        reach = min(int(3 * sigma_px), values.shape[dim] - 1)
        away = torch.arange(-reach, reach + 1, dtype=values.dtype, device=values.device)
        window = (-away.square() / (2 * sigma_px**2)).exp()
        window = (window / window.sum()).view(1, 1, *((-1, 1) if dim == 2 else (1, -1)))
        padding = (0, 0, reach, reach) if dim == 2 else (reach, reach, 0, 0)
        channels = values.shape[1]
        values = F.conv2d(F.pad(values, padding, mode="reflect"), window.expand(channels, -1, -1, -1), groups=channels)
    return values
