"""3 x 3 convolutions with frozen weights by Winograd's minimal filtering, for processors without matrix units.

A tile of 4 x 4 results needs 36 multiplications for each pair of channels instead of 144 (Lavin and Gray, Fast
Algorithms for Convolutional Neural Networks, CVPR 2016, section 4.3, F(4 x 4, 3 x 3)). What is left of them are 36
matrix products, which a processor does at its full rate; the transforms before and after cost as much as a few
channels. Measured with its gradient beside the library's convolution, with one thread: 2.2 times as fast from 256
channels up (AVX2; with two threads 1.7 times, for the many small transforms make less use of them), 1.7 times from 128
to 256 and 1.5 times at 128 channels (AVX-512; with two threads 1.6 and 1.4 times), 1.2 times from 64 to 128 (with two
threads none); no gain at 64. The error is about 1e-6 of the result, twice that of the direct sum.

Invariant: the backward pass is the transpose of the forward pass, step by step, with the same transformed weights.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Below so many channels the transforms cost more than they save; below so many tiles, reading 36/9 of the weights does.
LEAST_CHANNELS = 128
LEAST_TILES = 48
# Bytes of transformed input that are in hand at once: what processors keep close to their cores.
_BLOCK = 8 << 20

_LAST = torch.channels_last
_TILE = 4               # side of a tile of results; that of the input is two larger
_POINTS = _TILE + 2
_KERNEL = torch.tensor(  # G of the paper, [6, 3]
    [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
     [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]], dtype=torch.float64)


def suits(convolution: nn.Conv2d) -> bool:
    """Whether this way is the faster one for a convolution, given enough tiles."""
    shape = convolution.kernel_size, convolution.padding, convolution.stride
    return (
        shape == ((3, 3), (1, 1), (1, 1)) and convolution.weight.dtype == torch.float32
        and min(convolution.in_channels, convolution.out_channels) >= LEAST_CHANNELS
    )


class WinogradConv2d(nn.Module):
    """What a frozen Conv2d (3 x 3, padding 1) does to [B, C, h, w] in channels-last order, with its gradient.

    The transformed weights, 4 times as large, are made when they are first needed.
    """

    def __init__(self, direct: nn.Conv2d) -> None:
        super().__init__()
        self.direct = direct
        self.out_channels = direct.out_channels
        self._transformed: Tensor | None = None

    def forward(self, values: Tensor) -> Tensor:
        """The same shape, `out_channels` of them."""
        if _tiles(values.shape[2]) * _tiles(values.shape[3]) < LEAST_TILES:
            result: Tensor = self.direct(values)
            return result
        if self._transformed is None:
            self._transformed = _transform(self.direct.weight.detach())
        assert self.direct.bias is not None
        found: Tensor = _Convolution.apply(values, self._transformed, self.direct.bias)  # type: ignore[no-untyped-call]
        return found


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.weight = weight
        return _convolve(values, weight).add_(bias[:, None, None])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _transposed(gradient, ctx.weight), None, None


def _transform(weight: Tensor) -> Tensor:
    """Weights [O, I, 3, 3] at the 36 points, [36, I, O]."""
    points = torch.einsum("xa,oiab,yb->xyio", _KERNEL.to(weight), weight, _KERNEL.to(weight))
    return points.reshape(_POINTS**2, weight.shape[1], weight.shape[0]).contiguous()


def _convolve(values: Tensor, weight: Tensor) -> Tensor:
    """[B, I, h, w] with transformed weights [36, I, O] -> [B, O, h, w], both channels-last; by blocks of tile rows."""
    batch, channels, height, width = values.shape
    out_channels = weight.shape[2]
    rows, columns = _tiles(height), _tiles(width)
    padded = F.pad(values.permute(0, 2, 3, 1), (0, 0, 1, _TILE * columns - width + 1, 1, _TILE * rows - height + 1))
    result, by_tiles = _tiled(values, out_channels, rows, columns)
    for first, count in _blocks(rows, batch * columns * max(channels, out_channels) * values.element_size()):
        seen = padded[:, _TILE * first : _TILE * (first + count) + 2]
        half = values.new_empty(_POINTS, batch, count, seen.shape[2], channels)
        _to_points([seen[:, i : i + _TILE * count - 3 : _TILE] for i in range(_POINTS)], list(half))
        points = values.new_empty(_POINTS, _POINTS, batch, count, columns, channels)
        _to_points([half[:, :, :, i : i + _TILE * columns - 3 : _TILE] for i in range(_POINTS)],
                   [points[:, j] for j in range(_POINTS)])
        products = torch.bmm(points.view(_POINTS**2, -1, channels), weight).view(*points.shape[:-1], out_channels)
        half = values.new_empty(_TILE, *products.shape[1:])
        _from_points(list(products), list(half))
        tiles = by_tiles[:, :, :, first : first + count]
        _from_points([half[:, i] for i in range(_POINTS)], [tiles[:, j] for j in range(_TILE)])
    return _cropped(result, height, width)


def _transposed(gradient: Tensor, weight: Tensor) -> Tensor:
    """The gradient [B, I, h, w] of what `_convolve` was given, from that [B, O, h, w] of what came of it."""
    batch, out_channels, height, width = gradient.shape
    channels = weight.shape[1]
    rows, columns = _tiles(height), _tiles(width)
    padded = F.pad(gradient.permute(0, 2, 3, 1), (0, 0, 0, _TILE * columns - width, 0, _TILE * rows - height))
    result, by_tiles = _tiled(gradient, channels, rows, columns)
    below: Tensor | None = None     # what the block before has for the first row of this one
    for first, count in _blocks(rows, batch * columns * max(channels, out_channels) * gradient.element_size()):
        seen = padded[:, _TILE * first : _TILE * (first + count)]
        half = gradient.new_empty(_POINTS, batch, count, seen.shape[2], out_channels)
        _spread([seen[:, i::_TILE] for i in range(_TILE)], list(half))
        points = gradient.new_empty(_POINTS, _POINTS, batch, count, columns, out_channels)
        _spread([half[:, :, :, i::_TILE] for i in range(_TILE)], [points[:, j] for j in range(_POINTS)])
        products = torch.bmm(points.view(_POINTS**2, -1, out_channels), weight.mT)
        products = products.view(*points.shape[:-1], channels)
        half = gradient.new_empty(_POINTS, _TILE, *products.shape[2:])
        _overlap([products[:, i] for i in range(_POINTS)], [half[:, j] for j in range(_TILE)], -2)
        tiles = by_tiles[:, :, :, first : first + count]
        _overlap(list(half), list(tiles), -3)
        if below is not None:
            tiles[0, :, :, 0].add_(below)
            by_tiles[_TILE - 1, :, :, first - 1].add_(half[0, :, :, 0], alpha=4)
        below = half[_POINTS - 1, :, :, -1].clone()
    return _cropped(result, height, width)


def _tiled(like: Tensor, channels: int, rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Room for whole tiles [B, C, 4 rows, 4 columns], channels-last, and the same as [4, 4, B, rows, columns, C].

    A view must not leave a Function, so a result is made in the shape in which it is returned.
    """
    batch = len(like)
    result = torch.empty((batch, channels, _TILE * rows, _TILE * columns), dtype=like.dtype, memory_format=_LAST)
    by_tiles = result.permute(0, 2, 3, 1).view(batch, rows, _TILE, columns, _TILE, channels)
    return result, by_tiles.permute(2, 4, 0, 1, 3, 5)


def _blocks(rows: int, row_bytes: int) -> Iterator[tuple[int, int]]:
    """First row and count of the blocks in which so many rows of tiles are gone through; `row_bytes` for each point."""
    block = max(1, _BLOCK // (_POINTS**2 * row_bytes))
    for first in range(0, rows, block):
        yield first, min(block, rows - first)


def _cropped(result: Tensor, height: int, width: int) -> Tensor:
    if (height, width) == result.shape[-2:]:
        return result
    return result[:, :, :height, :width].clone(memory_format=_LAST)


def _tiles(length: int) -> int:
    return -(-length // _TILE)


def _to_points(d: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """Along one axis: six neighbours `d` to the six points, B^T d of the paper."""
    even, odd = torch.sub(d[4], d[2], alpha=4), torch.sub(d[3], d[1], alpha=4)
    torch.add(even, odd, out=out[1])
    torch.sub(even, odd, out=out[2])
    torch.sub(d[4], d[2], out=even)
    torch.sub(d[3], d[1], out=odd)
    torch.add(even, odd, alpha=2, out=out[3])
    torch.sub(even, odd, alpha=2, out=out[4])
    torch.add(torch.sub(d[4], d[2], alpha=5, out=even), d[0], alpha=4, out=out[0])
    torch.add(torch.sub(d[5], d[3], alpha=5, out=odd), d[1], alpha=4, out=out[5])


def _from_points(m: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """Along one axis: six points `m` to four results, A^T m of the paper."""
    near, far = m[1] + m[2], m[3] + m[4]
    torch.add(near, far, out=out[0]).add_(m[0])
    torch.add(near, far, alpha=4, out=out[2])
    torch.sub(m[1], m[2], out=near)
    torch.sub(m[3], m[4], out=far)
    torch.add(near, far, alpha=2, out=out[1])
    torch.add(near, far, alpha=8, out=out[3]).add_(m[5])


def _spread(g: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """Along one axis: four results `g` to six points, A g; the transpose of `_from_points`."""
    out[0].copy_(g[0])
    out[5].copy_(g[3])
    even, odd = g[0] + g[2], g[1] + g[3]
    torch.add(even, odd, out=out[1])
    torch.sub(even, odd, out=out[2])
    torch.add(g[0], g[2], alpha=4, out=even)
    torch.add(g[1], g[3], alpha=4, out=odd)
    torch.add(even, odd, alpha=2, out=out[3])
    torch.sub(even, odd, alpha=2, out=out[4])


def _overlap(m: Sequence[Tensor], out: Sequence[Tensor], axis: int) -> None:
    """Along one axis: six points `m` to six neighbours, B m, each a tile's own four and one of the next on either side,
    where they are added up; the transpose of `_to_points`. What lies beyond the tiles at hand is left out.
    """
    count = m[0].shape[axis]
    near, far = m[1] + m[2], m[3] + m[4]
    torch.add(near, far, out=out[3]).add_(m[0])
    torch.add(far, near, alpha=4, out=out[1]).add_(m[0], alpha=5).neg_()
    torch.sub(m[1], m[2], out=near)
    torch.sub(m[3], m[4], out=far)
    torch.add(near, far, alpha=2, out=out[2]).sub_(m[5], alpha=5)
    torch.add(far, near, alpha=2, out=out[0]).sub_(m[5], alpha=2).mul_(-2)
    if count > 1:
        out[3].narrow(axis, 0, count - 1).add_(m[0].narrow(axis, 1, count - 1), alpha=4)
        out[0].narrow(axis, 1, count - 1).add_(m[5].narrow(axis, 0, count - 1))
