"""Measures of a stylised picture as pure functions of features and pixels, each with its source.

Invariant: features are [C, h, w] of one picture, pixels [3, H, W] in 0..255, and what comes back is a float, or None
where the measure does not exist (a direction without length, a share of nothing): never a NaN.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.pictures.luma import luma

_PATCH = 3                      # positions on a side
_CHUNK_BYTES = 64 * 2**20       # of a table of similarities
_BINS = 128                     # of a histogram, each of two of the 256 values
_WINDOW_PX, _SIGMA_PX = 11, 1.5
_K1, _K2 = 0.01, 0.03


def cosine(one: Tensor, other: Tensor) -> float | None:
    """The cosine between two tensors of one shape, taken as vectors; None if one has no length."""
    a, b = one.flatten().double(), other.flatten().double()
    lengths = (a.norm() * b.norm()).item()
    return _number((a @ b).item() / lengths) if lengths > 0 else None


def histogram_cosine(pixels: Tensor, other: Tensor) -> float | None:
    """Mean over R, G and B of the cosine between histograms of 128 bins over 0..255; pictures of any sizes.

    The first half of "global effects" in Wang et al., Evaluate and Improve the Quality of Neural Style Transfer,
    CVIU 207, 2021. Their code (EndyWon/StyleEval) bins each picture over its own range; here both share one.
    """
    return mean([
        cosine(*(torch.histc(channel.float(), _BINS, 0, 256) for channel in pair))
        for pair in zip(pixels, other, strict=True)
    ])


def nearest_patches(features: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
    """For each 3 x 3 patch of `features` its highest cosine with a patch of `style`, and that patch's number.

    A patch's product is the sum of nine products of positions, so a table of positions serves all of them. The table
    is made for a few rows at a time. Both pictures need 3 positions on each side.
    """
    channels, height, width = style.shape
    rows, columns = features.shape[1] - _PATCH + 1, features.shape[2] - _PATCH + 1
    lengths = _patch_lengths(style)
    at_once = max(1, _CHUNK_BYTES // (4 * features.shape[2] * height * width) - _PATCH + 1)
    best, places = [], []
    for top in range(0, rows, at_once):
        part = features[:, top : top + at_once + _PATCH - 1]
        table = (part.reshape(channels, -1).T @ style.reshape(channels, -1)).view(*part.shape[1:], height, width)
        count = part.shape[1] - _PATCH + 1
        products = table.new_zeros(count, columns, height - _PATCH + 1, width - _PATCH + 1)
        for down in range(_PATCH):
            for right in range(_PATCH):
                products += table[
                    down : down + count, right : right + columns,
                    down : down + products.shape[2], right : right + products.shape[3],
                ]
        found = (products.flatten(2) / lengths).flatten(0, 1).max(1)
        best.append(found.values)
        places.append(found.indices)
    return torch.cat(best) / _patch_lengths(features), torch.cat(places)


def distinct_patches(style: Tensor) -> int:
    """How many patches of a style are the nearest of any of its own: all of them, but for repeated ones."""
    return len(set(nearest_patches(style, style)[1].tolist()))


def local_patterns(features: Tensor, style: Tensor, distinct: int) -> float | None:
    """Half the mean cosine of each patch with its nearest in the style, half the share of the style's patches that
    are nearest to any (Wang et al. 2021: "local patterns", without weights). None below 3 positions on a side.

    `distinct` is `distinct_patches` of the style. A picture with fewer patches than that can take as many at most,
    and the share is counted of these: theirs has the style brought to the picture's shape first.
    """
    if min(*features.shape[1:], *style.shape[1:]) < _PATCH:
        return None
    best, places = nearest_patches(features, style)
    share = len(set(places.tolist())) / min(distinct, len(places))
    return _number((best.double().mean().item() + min(1.0, share)) / 2)


def structure_distance(content: Tensor, features: Tensor) -> float | None:
    """Sum over all positions of KL(content || picture), each the softmax of a row of F^T F / C^2; both [C, h, w].

    CFSD of Chung, Hyun, Heo, Style Injection in Diffusion, CVPR 2024, as in their code (jiwoogit/StyleID), with
    features in torchvision's unit. A sum: it grows with the picture, so compare pictures of one content.
    """
    own, other = (values.flatten(1).double() / len(values) for values in (features, content))
    total = 0.0
    at_once = max(1, _CHUNK_BYTES // (8 * own.shape[1]))
    for first in range(0, own.shape[1], at_once):
        mine, theirs = (
            F.log_softmax(values[:, first : first + at_once].T @ values, 1) for values in (own, other))
        total += F.kl_div(mine, theirs, reduction="sum", log_target=True).item()
    return _number(max(0.0, total))


def ssim(pixels: Tensor, other: Tensor) -> float | None:
    """Mean structural similarity of the luma of two pictures of one size (Wang, Bovik, Sheikh, Simoncelli, IEEE
    Trans. Image Processing 13, 2004): Gaussian window of 11 pixels, sigma 1.5, K 0.01 and 0.03, no border.
    """
    if min(pixels.shape[1:]) < _WINDOW_PX:
        return None
    x, y = (luma(values[None].double()) / 255 for values in (pixels, other))
    away = torch.arange(_WINDOW_PX, dtype=x.dtype, device=x.device) - _WINDOW_PX // 2
    window = (-away.square() / (2 * _SIGMA_PX**2)).exp()
    window = window / window.sum()

    def blurred(values: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(values, window.view(1, 1, -1, 1)), window.view(1, 1, 1, -1))

    mean_x, mean_y = blurred(x), blurred(y)
    spread = blurred(x * x) - mean_x.square(), blurred(y * y) - mean_y.square()
    together = blurred(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + _K1**2) * (2 * together + _K2**2) / (
        (mean_x.square() + mean_y.square() + _K1**2) * (spread[0] + spread[1] + _K2**2))
    return _number(similarity.mean().item())


def variation(pixels: Tensor) -> float:
    """Mean absolute step to the right plus mean absolute step down, over all channels, pixels in 0..255."""
    values = pixels.float()
    steps = values.diff(dim=2).abs(), values.diff(dim=1).abs()
    return sum(step.mean().item() for step in steps if step.numel())


def clipped(pixels: Tensor) -> float:
    """The share of all values that are 0 or 255, after rounding to 8 bits."""
    values = pixels.round()
    return ((values <= 0) | (values >= 255)).float().mean().item()


def ratio(value: float | None, reference: float | None) -> float | None:
    """`value` as a share of `reference`; None where there is nothing to compare with."""
    if value is None or reference is None or not reference > 0:
        return None
    return _number(value / reference)


def mean(values: list[float | None]) -> float | None:
    """The mean, or None as soon as one of them does not exist."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _patch_lengths(features: Tensor) -> Tensor:
    squares = features.square().sum(0)[None, None]
    return (F.avg_pool2d(squares, _PATCH, 1) * _PATCH**2).flatten().sqrt().clamp(min=1e-12)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
