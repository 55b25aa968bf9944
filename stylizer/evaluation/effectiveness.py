"""Effectiveness: how near a picture's features are to the style's, as distributions.

The base E statistic of Yeh, Tang, Bhattad, Zou, Forsyth, Improving Style Transfer with Calibrated Metrics, WACV 2020,
arXiv:1910.09447, and their code (stringtron/quantative_style): at relu1_1 to relu5_1 the negative logarithm of the
Kullback-Leibler divergence KL(picture || style) of normal distributions, whose covariances are projected to the
principal axes of contents.

Where this differs: the axes are those of the pair's own content, not of a set of contents; at the last two layers 128
of them are kept, not 256, for a picture of 256 px has fewer positions there than that; a thousandth of the mean
variance is added to every variance; and the five layers count alike, where the paper weighs them by people's answers.

Invariant: large is near. None where features do not vary.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from stylizer.evaluation.moments import Moments

AXES = {"relu1_1": 32, "relu2_1": 48, "relu3_1": 128, "relu4_1": 128, "relu5_1": 128}
_FLOOR = 1e-3       # of the mean variance, added to each
_LEAST = 1e-9       # a divergence counts as this at least: of the style from itself


def effectiveness(
    picture: Mapping[str, Moments], style: Mapping[str, Moments], content: Mapping[str, Moments]
) -> float | None:
    """E: the mean of -log KL(picture || style) over the layers of `AXES`, in nats."""
    found = [_divergence(picture[name], style[name], content[name], kept) for name, kept in AXES.items()]
    known = [max(_LEAST, value) for value in found if value is not None]
    return -sum(map(math.log, known)) / len(known) if len(known) == len(AXES) else None


def share(picture: float | None, content: float | None) -> float | None:
    """The share of the way to the style, 0 to 1, of a picture by its E and that of the content.

    A divergence of near distributions is the square of a distance: E larger by 2 log 2 is half of the way.
    """
    if picture is None or content is None:
        return None
    return max(0.0, 1 - math.exp((content - picture) / 2)) if picture > content else 0.0


def _divergence(picture: Moments, style: Moments, content: Moments, kept: int) -> float | None:
    if not (picture.is_known and style.is_known and content.is_known):
        return None
    axes = content.axes[:, :kept]
    own, other = (_floored(moments.along(axes)) for moments in (picture, style))
    root, failed = torch.linalg.cholesky_ex(other.covariance)
    own_root, own_failed = torch.linalg.cholesky_ex(own.covariance)
    if failed or own_failed:
        return None
    away = (own.mean - other.mean)[:, None]
    spread = torch.cholesky_solve(own.covariance, root).trace()
    distance = (away.T @ torch.cholesky_solve(away, root)).squeeze()
    value = (spread + distance - kept + _log_determinant(root) - _log_determinant(own_root)).item() / 2
    return value if math.isfinite(value) else None


def _floored(moments: Moments) -> Moments:
    spread = moments.covariance
    return Moments(moments.mean, spread + _FLOOR * spread.trace() / len(spread) * torch.eye(len(spread)).to(spread))


def _log_determinant(root: Tensor) -> Tensor:
    return 2 * root.diagonal().log().sum()
