"""Coherence: whether the content's objects are still parted from each other.

The C statistic of Yeh et al. (arXiv:1910.09447) is the highest F-score that a detector's contours in the picture reach
against the contours that people drew in the content. Nobody has drawn any in a user's photographs, and a detector is
no part of VGG19. So the nearest that it allows: the contour between two neighbouring positions is one minus the cosine
of their features (less the mean), at relu3_2 and relu4_2; the fifth of the content's that are strongest stand for the
drawn ones.

Invariant: 1 for the content itself, and at least a third, which is what a detector reaches that finds contours
everywhere. None where the content has no contours.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

LAYERS = ("relu3_2", "relu4_2")
_DRAWN = 5          # one in so many places is a contour
CHANCE = 2 / (_DRAWN + 1)       # the F-score where everything is found: precision 1/5, recall 1
_FLAT = 1e-6


def contours(features: Tensor) -> Tensor:
    """How much each pair of neighbours in [C, h, w] differs, 0 to 2; what the padding shows at the rim is left out."""
    inner = features.float()[:, 1:-1, 1:-1]
    away = inner - inner.mean((1, 2), keepdim=True)
    lengths = away.norm(dim=0)
    unit = F.normalize(away, dim=0) * (lengths > _FLAT * inner.norm(dim=0).clamp(min=_FLAT))
    down = (unit[:, 1:] - unit[:, :-1]).square().sum(0) / 2
    right = (unit[:, :, 1:] - unit[:, :, :-1]).square().sum(0) / 2
    return torch.cat((down.flatten(), right.flatten())).cpu()


def f_score(found: Tensor, drawn: Tensor) -> float | None:
    """The highest F-score over all thresholds of contours against those of the content, at the same places."""
    count = len(drawn) // _DRAWN
    if not count or len(found) != len(drawn) or drawn.sort().values[-count] <= 0:
        return None
    wanted = torch.zeros(len(drawn), dtype=torch.float64)
    wanted[drawn.argsort(descending=True, stable=True)[:count]] = 1
    hits = wanted[found.argsort(descending=True, stable=True)].cumsum(0)
    # F = 2 P R / (P + R) = 2 hits / (found + drawn)
    return (2 * hits / (torch.arange(1, len(found) + 1) + count)).max().item()


def share(coherence: float | None) -> float | None:
    """How much of the content's contours is kept beyond chance, 0 to 1."""
    return None if coherence is None else max(0.0, (coherence - CHANCE) / (1 - CHANCE))
