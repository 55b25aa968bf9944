"""Means and covariances of features, which stand for all that a picture has of them.

Invariant: float32 on the CPU, whatever looked at the picture; there the small matrices are computed with.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Moments:
    """Of one layer: mean [C] and covariance [C, C] over all positions."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, features: Tensor) -> "Moments":
        """Those of features [C, h, w]."""
        flat = features.flatten(1).float()
        mean = flat.mean(1)
        centred = flat - mean[:, None]
        return cls(mean.cpu(), (centred @ centred.T / flat.shape[1]).cpu())

    @property
    def is_known(self) -> bool:
        """Whether features vary at all, and are finite."""
        spread = self.covariance.trace()
        return bool(spread.isfinite() and spread > 0)

    @cached_property
    def axes(self) -> Tensor:
        """The principal axes [C, C] in columns, the widest first."""
        widest_last: Tensor = torch.linalg.eigh(self.covariance)[1]
        return widest_last.flip(1)

    def along(self, axes: Tensor) -> "Moments":
        """Those of the features' coordinates along axes [C, k], float64."""
        exact = axes.double()
        return Moments(exact.T @ self.mean.double(), exact.T @ self.covariance.double() @ exact)
