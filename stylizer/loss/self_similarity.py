"""Which parts of a picture are alike: a content term that holds what is where, and leaves free how it is painted.

Kolkin, Salavon, Shakhnarovich: Style Transfer by Relaxed Optimal Transport and Self-Similarity, CVPR 2019,
arXiv:1904.12785, section 2.2, with the squares of the differences, of features pooled to a grid.

Invariant: features come in only through sums over positions, so that those of tiles add up.
"""

import torch
from torch import Tensor

from stylizer.network.tiles import Tile
from stylizer.optim import deterministic_sum

MOST = 24               # rows and columns of the grid; a smaller layer has its own
# Parts that differ from the mean by less, as a share of all features, are alike to none; a picture of such parts alone
# still has a size to compare with.
_ALIKE, _LEAST_SIZE = 1e-3, 0.05


class SelfSimilarity:
    """The term of one layer against the features of the contents [B, C, h, w].

    What a part has in common with all others counts `kept` times [B, 1, h, w] where that is said, on the mean of it.
    """

    def __init__(self, target: Tensor, kept: Tensor | None = None) -> None:
        self._rows, self._columns = (_windows(length).to(target) for length in target.shape[-2:])
        pooled = _pooled(target, self._rows, self._columns)
        self._least = _ALIKE * pooled.square().sum(3).mean((1, 2)).sqrt()[:, None, None].clamp(min=1e-12)
        self._target = self._cosines(pooled)
        self._kept = None if kept is None else _pooled(kept.to(target), self._rows, self._columns).flatten(1)
        self._size = 2 * deterministic_sum.mean(self._target.square().flatten(1)).clamp(min=_LEAST_SIZE)

    def part(self, features: Tensor, tile: Tile, stride: int) -> Tensor:
        """What the features of a tile's own positions add to the grid, [B, r, c, C]."""
        rows, columns = self._rows[:, tile.rows.of_whole(stride)], self._columns[:, tile.columns.of_whole(stride)]
        return _pooled(features.to(rows.dtype), rows, columns)

    def loss(self, pooled: Tensor) -> Tensor:
        """Mean squared difference of the cosines [B] between all parts, by what that is of a picture without any."""
        squares = (self._cosines(pooled) - self._target).square()
        if self._kept is not None:
            squares = squares * self._kept[:, :, None]
        return deterministic_sum.mean(squares.flatten(1)) / self._size

    def _cosines(self, pooled: Tensor) -> Tensor:
        """Of the parts' differences from their mean, [B, K, K] of [B, r, c, C]."""
        parts = pooled.flatten(1, 2)
        parts = parts - parts.mean(1, keepdim=True)
        lengths = parts.square().sum(2, keepdim=True).clamp(min=1e-24).sqrt()
        parts = parts / lengths.maximum(self._least)
        return parts @ parts.mT


def _pooled(features: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Means over windows, [B, r, c, C] of [B, C, h, w]; of channels-last features no value is moved for it."""
    batch, channels, height, width = features.shape
    lines = rows @ features.permute(0, 2, 3, 1).reshape(batch, height, width * channels)
    return columns @ lines.view(batch, len(rows), width, channels)


def _windows(length: int) -> Tensor:
    """Means over windows that are as alike as can be, as a matrix [at most MOST, length]."""
    count = min(length, MOST)
    matrix = torch.zeros(count, length)
    for window in range(count):
        first, end = window * length // count, -(-(window + 1) * length // count)
        matrix[window, first:end] = 1 / (end - first)
    return matrix
