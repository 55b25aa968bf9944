"""Strength: how much of the difference between the content's features and the style's is gone.

Means and covariances at layers that no recipe of ours minimises, each difference as a share of its bound, the two
squared norms (as Cheng et al., Style-Aware Normalized Loss, CVPR 2021, arXiv:2104.10064, do for Gram matrices).

Invariant: 0 for the content itself, 1 for a picture with the very moments of the style; below 0 for one that is
farther from the style than the content.
"""

from collections.abc import Mapping

from torch import Tensor

from stylizer.evaluation.moments import Moments

LAYERS = ("relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2")


def style_distance(picture: Mapping[str, Moments], style: Mapping[str, Moments]) -> float | None:
    """0 for the same moments, about 1 for nothing in common; None where no features vary."""
    found = [_distance(picture[name], style[name]) for name in LAYERS]
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if len(known) == len(LAYERS) else None


def strength(
    picture: Mapping[str, Moments], style: Mapping[str, Moments], content: Mapping[str, Moments]
) -> float | None:
    """1 - the picture's distance to the style over that of the content."""
    own, other = style_distance(picture, style), style_distance(content, style)
    return 1 - own / other if own is not None and other is not None and other > 0 else None


def _distance(one: Moments, other: Moments) -> float | None:
    parts = [_relative(one.covariance, other.covariance), _relative(one.mean, other.mean)]
    known = [value for value in parts if value is not None]
    return sum(known) / 2 if len(known) == 2 else None


def _relative(one: Tensor, other: Tensor) -> float | None:
    a, b = one.double(), other.double()
    bound = (a.square().sum() + b.square().sum()).item()
    return (a - b).square().sum().item() / bound if bound > 0 else None
