"""The terms of the loss as pure functions of features and pixels.

Invariant: every function keeps the batch apart: it takes [B, ...] and returns one value per sample, shape
[B], which no other sample of the batch can change. All are computed in float32 or better.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.optim import deterministic_sum
from stylizer.recipe.model import ContentFormula, StyleFormula, VariationFormula

# A product of so many matrices keeps a large GPU busy; each of them has so many positions at least.
_GPU_UNITS = 128
_LEAST_PART = 512
_FLAT = 1e-4            # below this share of the squared means, covariances are rounding
_NOTHING = 1e-30


def gram(features: Tensor) -> Tensor:
    """Gram matrices [B, C, C] of features [B, C, h, w]: G = F F^T, not divided by anything.

    Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, CVPR 2016, eq. 3.
    """
    matrices: Tensor = _Gram.apply(_for_products(features))  # type: ignore[no-untyped-call]
    return matrices


class _Gram(torch.autograd.Function):
    """F F^T of [B, C, M]. Its gradient (S + S^T) F is one product here, and lies in memory as F does; left to itself it
    is two and a sum across the grain of what they are added to, which took a quarter of an evaluation at 256 px.
    """

    @staticmethod
    def forward(ctx: Any, flat: Tensor) -> Tensor:
        ctx.save_for_backward(flat)
        return _squares(flat)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        (flat,) = ctx.saved_tensors
        both = (slope + slope.mT).to(flat.dtype)
        gradient: Tensor = (flat.mT @ both).mT if flat.stride(1) == 1 else both @ flat
        return gradient


def _for_products(features: Tensor) -> Tensor:
    """Features [B, C, h, w] as [B, C, M], in the order in memory that they have, of a tile's, too; bfloat16 stays, for
    the products of the gradient have units for it.
    """
    values = features if features.dtype is torch.bfloat16 else _at_least_float32(features)
    return values.permute(0, 2, 3, 1).flatten(1, 2).mT if values.stride(1) == 1 else values.flatten(2)


def _squares(flat: Tensor) -> Tensor:
    """F F^T [B, C, C] of [B, C, M], in float32 or better, where products of two numbers of bfloat16 are exact."""
    if flat.is_cuda:
        return _squares_on_gpu(flat)
    exact = _at_least_float32(flat)
    return exact @ exact.mT


def _squares_on_gpu(flat: Tensor) -> Tensor:
    """F F^T [B, C, C] of [B, C, M] in float32: of parts of the positions, so that all of a GPU has something to do."""
    batch, channels, positions = flat.shape
    parts = 1
    if flat.stride(1) == 1:     # else parts would have to be copied
        while batch * parts < _GPU_UNITS and positions % (2 * parts) == 0 and positions // parts >= 2 * _LEAST_PART:
            parts *= 2
    pieces = flat.mT.reshape(batch * parts, positions // parts, channels) if parts > 1 else flat.mT
    if flat.dtype is torch.bfloat16:
        products = torch.bmm(pieces.mT, pieces, out_dtype=torch.float32)
    else:
        products = torch.bmm(pieces.mT, pieces)
    return products.view(batch, parts, channels, channels).sum(1) if parts > 1 else products


class _Moments(torch.autograd.Function):
    """F F^T [B, C, C] and F 1 [B, C] of [B, C, M], the latter in float32 or better, with their gradient in one product.
    """

    @staticmethod
    def forward(ctx: Any, flat: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(flat)
        exact = flat if flat.is_cuda else _at_least_float32(flat)
        return _squares(exact), exact.sum(2, dtype=torch.promote_types(flat.dtype, torch.float32))

    @staticmethod
    def backward(ctx: Any, slope: Tensor, slope_of_sums: Tensor) -> Tensor:
        (flat,) = ctx.saved_tensors
        both, added = (slope + slope.mT).to(flat.dtype), slope_of_sums.to(flat.dtype)
        gradient: Tensor = (
            torch.baddbmm(added[:, None], flat.mT, both).mT if flat.stride(1) == 1
            else torch.baddbmm(added[:, :, None], both, flat))
        return gradient


def gram_per_position(features: Tensor) -> Tensor:
    """Gram matrices [B, C, C] divided by the number of positions M = h*w, so that sizes can be compared."""
    return gram(features) / (features.shape[-2] * features.shape[-1])


def moments(features: Tensor) -> Tensor:
    """Second and first raw moments of features [B, C, h, w] as one matrix [B, C+1, C+1] in float64.

    It is the Gram matrix per position of the features and a channel of ones, [[F F^T/M, mean], [mean, 1]];
    unlike covariances, such matrices may be averaged. On a device without float64 it is float32.
    """
    return style_sums(features, StyleFormula.WASSERSTEIN)[:, 0] / features[0, 0].numel()


def content(
    features: Tensor, target: Tensor, formula: ContentFormula, positions: int | None = None,
    weights: Tensor | None = None,
) -> Tensor:
    """Content loss [B] between features and target, both [B, C, h, w] (section 2.1, eq. 1, up to scale).

    Where they are a part of a picture, `positions` counts those of the whole: the losses of all parts add up. A
    position's squares count `weights` [B, 1, h, w] times.
    """
    difference = _at_least_float32(features) - target
    if weights is not None:
        difference = difference * weights.sqrt()
    return _content_of(difference, formula, positions)


def content_of_nothing(target: Tensor, formula: ContentFormula) -> Tensor:
    """The content loss [B] of pictures without any features, without another tensor as large as the target."""
    return _content_of(_at_least_float32(target), formula)


def _content_of(difference: Tensor, formula: ContentFormula, positions: int | None = None) -> Tensor:
    match formula:
        case ContentFormula.MEAN_SQUARE:
            return _sum_square(difference) / (difference.shape[1] * (positions or difference[0, 0].numel()))
        case ContentFormula.SUM_SQUARE:
            return _sum_square(difference)
        case ContentFormula.HALF_SUM_SQUARE:
            return _sum_square(difference) / 2


def style_statistics(features: Tensor, formula: StyleFormula) -> Tensor:
    """All that the formula knows of a style: raw moments as those of `moments`, or `gram_per_position`."""
    if formula is StyleFormula.NORMALISED_MOMENTS:
        return style_sums(features, formula)[:, 0] / features[0, 0].numel()
    return moments(features) if formula is StyleFormula.WASSERSTEIN else gram_per_position(features)


def style_sums(features: Tensor, formula: StyleFormula, shares: Tensor | None = None) -> Tensor:
    """`style_statistics` of each region [B, R, C, C] before the division by its mass: those of parts add up.

    A position counts in a region by its share [B, R, h, w], in all of one region without `shares`. With T the root
    of the shares these are the guided Gram matrices of Gatys et al., Controlling Perceptual Factors in Neural Style
    Transfer, CVPR 2017, section 4.1.
    """
    values = features
    if formula is StyleFormula.NORMALISED_MOMENTS and shares is None:
        return _moment_sums(features)[:, None]
    if formula in (StyleFormula.WASSERSTEIN, StyleFormula.NORMALISED_MOMENTS):
        is_exact = formula is StyleFormula.WASSERSTEIN
        values = features.to(_exact(features)) if is_exact else _at_least_float32(features)
        values = torch.cat((values, torch.ones_like(values[:, :1])), 1)
    if shares is None:
        return gram(values)[:, None]
    values = _at_least_float32(values)
    weights = shares.to(values.dtype)
    return torch.stack([
        (values * weights[:, region, None]).flatten(2) @ values.flatten(2).mT for region in range(shares.shape[1])
    ], dim=1)


def _moment_sums(features: Tensor) -> Tensor:
    """[[F F^T, F 1], [1^T F^T, M]] [B, C+1, C+1], in float32 or better."""
    squares, sums = _Moments.apply(_for_products(features))  # type: ignore[no-untyped-call]
    positions = sums.new_full((len(sums), 1, 1), features[0, 0].numel())
    below = torch.cat((sums[:, None], positions), 2)
    return torch.cat((torch.cat((squares, sums[:, :, None]), 2), below), 1)


def style(features: Tensor, target: Tensor, formula: StyleFormula, pixels: int) -> Tensor:
    """Style loss [B] of features [B, C, h, w] against `target`, the style's `style_statistics`.

    `pixels` is the number of pixels of the picture, which one of the formulas divides by. Section 2.2, eq. 4,
    is the formula PAPER; the others differ from it by powers of C and M.
    """
    return style_distance(style_statistics(features, formula), target, formula, features[0, 0].numel(), pixels)


def style_distance(
    statistics: Tensor, target: Tensor, formula: StyleFormula, positions: int, pixels: int,
    bounds: Tensor | None = None,
) -> Tensor:
    """Style loss [B] between two `style_statistics` [B, C, C], the first of them of so many positions and pixels.

    `bounds` are those of the formula that has any; without them, with the style in the place of the photograph.
    """
    if formula is StyleFormula.WASSERSTEIN:
        return wasserstein(statistics, target)
    if formula is StyleFormula.NORMALISED_MOMENTS:
        return normalised_moments(statistics, target, moment_bounds(target, target) if bounds is None else bounds)
    return _mean_square(statistics - target) * _gram_scale(formula, statistics.shape[1], positions, pixels)


def _gram_scale(formula: StyleFormula, channels: int, positions: int, pixels: int) -> float:
    """What stands before the mean of (G/M - A/M_s)^2, which is 1/(C^2 M^2) times the sum of (G - A)^2."""
    match formula:
        case StyleFormula.MEAN_SQUARE_PER_ELEMENT:
            return 1 / channels**2
        case StyleFormula.PAPER:
            return 1 / 4
        case StyleFormula.RAW:
            return float(positions**2)
        case StyleFormula.PER_IMAGE:
            return (channels * positions / (2 * 3 * pixels)) ** 2
        case _:
            return 1.0


def wasserstein(moments: Tensor, target: Tensor, floor: float = 1e-4) -> Tensor:
    """Squared Wasserstein-2 distance [B] of normal distributions with these `moments` [B, C+1, C+1], over C.

    |m - m_t|^2 + tr(S + S_t - 2 (S_t^1/2 S S_t^1/2)^1/2), with `floor` added to every variance, as in
    crowsonkb/style-transfer-pytorch. With S_t = L L^T the root's trace is the sum of the roots of the
    eigenvalues of L^T S L, all at least floor^2: so the gradient is finite also where features do not vary.
    """
    mean, covariance = _normal(moments, floor)
    target_mean, target_covariance = _normal(target, floor)
    factor = torch.linalg.cholesky_ex(target_covariance).L
    # What is no number stays none through the other two terms; eigvalsh would raise for the whole batch.
    product = (factor.mT @ covariance @ factor).nan_to_num(0.0, 0.0, 0.0)
    root = torch.linalg.eigvalsh((product + product.mT) / 2).clamp(min=floor**2).sqrt().sum(1)
    trace = (covariance + target_covariance).diagonal(dim1=1, dim2=2).sum(1)
    distance: Tensor = (mean - target_mean).square().sum(1) + trace - 2 * root
    return distance / mean.shape[1]


def normalised_moments(moments: Tensor, target: Tensor, bounds: Tensor) -> Tensor:
    """Half |K - K_t|^2 and half |m - m_t|^2 [B], covariances and means of these moments, each by its bound [B, 2].

    Cheng et al., Style-Aware Normalized Loss for Improving Arbitrary Style Transfer, CVPR 2021, arXiv:2104.10064,
    with covariances and means for Gram matrices. They divide by |G|^2 + |A|^2 of the picture in hand and let no
    gradient through; here the photograph stands there for good, which makes it a function that has its gradient.
    """
    distances: Tensor = _NormalDistances.apply(moments, target)   # type: ignore[no-untyped-call]
    loss: Tensor = (distances / bounds).sum(1) / 2
    return loss


class _NormalDistances(torch.autograd.Function):
    """|K - K_t|^2 and |m - m_t|^2 [B, 2] of raw moments [B, C+1, C+1], in float64: covariances are near each other
    where it matters.

    K - K_t is the difference of the second moments, in which nothing is lost to rounding, less m m^T - m_t m_t^T. Left
    to itself this, which costs the same for a picture of any size, took a quarter of an evaluation at 128 px.
    """

    @staticmethod
    def forward(ctx: Any, moments: Tensor, target: Tensor) -> Tensor:
        exact = _exact(moments)
        mean, other = moments[:, :-1, -1].to(exact), target[:, :-1, -1].to(exact)
        covariance = torch.baddbmm(
            (moments[:, :-1, :-1] - target[:, :-1, :-1]).to(exact),
            torch.stack((mean, other), 2), torch.stack((-mean, other), 1))
        ctx.save_for_backward(covariance, mean, mean - other)
        ctx.dtype = moments.dtype
        return torch.stack(
            [deterministic_sum.total(each.square().flatten(1)) for each in (covariance, mean - other)], 1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        covariance, mean, away = ctx.saved_tensors
        slope = 2 * slope[:, :, None].to(covariance.dtype)
        through_covariance = covariance @ mean[:, :, None] + covariance.mT @ mean[:, :, None]
        gradient = covariance.new_zeros(len(mean), *(side + 1 for side in covariance.shape[1:]), dtype=ctx.dtype)
        gradient[:, :-1, :-1] = slope[:, :1] * covariance
        gradient[:, :-1, -1] = slope[:, 1] * away - slope[:, 0] * through_covariance[:, :, 0]
        return gradient, None


def moment_bounds(target: Tensor, reference: Tensor) -> Tensor:
    """|K_t|^2 + |K_r|^2 and |m_t|^2 + |m_r|^2 [B, 2] of two raw moments [B, C+1, C+1]: the most that the squared
    distances can be, as long as no entries have opposite signs. What flat pictures leave of them is no rounding.
    """
    (mean, covariance), (other_mean, other_covariance) = _means_and_covariances(target, reference)
    of_means = _sum_square(mean) + _sum_square(other_mean)
    of_covariances = _sum_square(covariance) + _sum_square(other_covariance)
    return torch.stack((of_covariances + (_FLAT * of_means).square(), of_means), 1) + _NOTHING


def _means_and_covariances(*moments: Tensor) -> list[tuple[Tensor, Tensor]]:
    """In float64: two pictures' covariances are near each other where it matters."""
    return [_normal(each.to(_exact(each)), 0.0) for each in moments]


def _normal(moments: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    """Mean [B, C] and covariance [B, C, C], with `floor` added to its diagonal."""
    mean = moments[:, :-1, -1]
    covariance = moments[:, :-1, :-1] - mean[:, :, None] * mean[:, None, :]
    if not floor:
        return mean, covariance
    return mean, covariance + floor * torch.eye(mean.shape[1], dtype=mean.dtype, device=mean.device)


def variation(pixels: Tensor, formula: VariationFormula) -> Tensor:
    """Variation [B] of pixels [B, 3, H, W] in 0..255."""
    match formula:
        case VariationFormula.HALF_SUM_SQUARE:      # jcjohnson/neural-style, whose code has only the gradient
            return deterministic_sum.total(_square_steps(pixels).flatten(1)) / 2
        case VariationFormula.SUM_POWER:            # Keras' example neural_style_transfer
            return deterministic_sum.total(_square_steps(pixels).pow(1.25).flatten(1))
        case VariationFormula.NINE_POINT:           # crowsonkb/style-transfer-pytorch
            return _nine_point(pixels / 255)


def _square_steps(pixels: Tensor) -> Tensor:
    """dx^2 + dy^2 [B, 3, H-1, W-1], to the right and below."""
    here = pixels[..., :-1, :-1]
    return (pixels[..., :-1, 1:] - here).square() + (pixels[..., 1:, :-1] - here).square()


def _nine_point(pixels: Tensor) -> Tensor:
    """2 (a/3 + b/3 + c/12 + d/12) [B]: mean squares of the steps right, down and along both diagonals.

    The edge is repeated by one pixel on each side.
    """
    padded = F.pad(pixels, (1, 1, 1, 1), mode="replicate")
    inner = padded[..., 1:-1, 1:-1]
    right = _mean_square(padded[..., 1:-1, 2:] - inner)
    down = _mean_square(padded[..., 2:, 1:-1] - inner)
    falling = _mean_square(padded[..., 1:, 1:] - padded[..., :-1, :-1])
    rising = _mean_square(padded[..., 1:, :-1] - padded[..., :-1, 1:])
    return 2 * ((right + down) / 3 + (falling + rising) / 12)


def _mean_square(difference: Tensor) -> Tensor:
    return _sum_square(difference) / difference[0].numel()


def _sum_square(difference: Tensor) -> Tensor:
    summed: Tensor = _SumSquare.apply(difference)   # type: ignore[no-untyped-call]
    return summed


class _SumSquare(torch.autograd.Function):
    """The sum of squares [B] of [B, ...], with its gradient in one pass over them, where the library makes three."""

    @staticmethod
    def forward(ctx: Any, difference: Tensor) -> Tensor:
        ctx.save_for_backward(difference)
        return deterministic_sum.total((difference * difference).flatten(1))

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        (difference,) = ctx.saved_tensors
        gradient: Tensor = difference * (2 * slope).view(-1, *(1,) * (difference.dim() - 1))
        return gradient


def _at_least_float32(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _exact(values: Tensor) -> torch.dtype:
    return torch.float32 if values.device.type == "mps" else torch.float64
