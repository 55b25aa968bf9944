"""The terms of the loss as pure functions of features.

Invariant: every function keeps the batch apart: it takes [B, ...] and returns one value per sample, shape
[B], which no other sample of the batch can change. All are computed in float32 or better.
"""

import torch
from torch import Tensor

from stylizer.recipes import ContentFormula, StyleFormula


def gram(features: Tensor) -> Tensor:
    """Gram matrices [B, C, C] of features [B, C, h, w]: G = F F^T, not divided by anything.

    Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, CVPR 2016, eq. 3.
    """
    flat = _at_least_float32(features).flatten(2)
    return flat @ flat.mT


def gram_per_position(features: Tensor) -> Tensor:
    """Gram matrices [B, C, C] divided by the number of positions M = h*w, so that sizes can be compared."""
    return gram(features) / (features.shape[-2] * features.shape[-1])


def content(features: Tensor, target: Tensor, formula: ContentFormula) -> Tensor:
    """Content loss [B] between features and target, both [B, C, h, w] (section 2.1, eq. 1, up to scale)."""
    match formula:
        case ContentFormula.MEAN_SQUARE:
            return _mean_square(_at_least_float32(features) - target)


def style(features: Tensor, target: Tensor, formula: StyleFormula) -> Tensor:
    """Style loss [B] of features [B, C, h, w] against `target`, the style's `gram_per_position` [B, C, C].

    Section 2.2, eq. 4, with the division of Gatys' code instead of the paper's 1/(4 C^2 M^2).
    """
    match formula:
        case StyleFormula.MEAN_SQUARE:
            return _mean_square(gram_per_position(features) - target)


def _mean_square(difference: Tensor) -> Tensor:
    return difference.square().flatten(1).mean(1)


def _at_least_float32(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
