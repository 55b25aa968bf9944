"""Pictures as sums of waves: the discrete cosine transform, which sees a picture as mirrored at its edges.

Those of the Fourier transform see it as repeated: what is drawn along one edge then shows at the other.
"""

import math

import torch
from torch import Tensor

# Of a picture that is enlarged, waves up to this share of its highest frequency come whole, and none from that one on:
# the highest are where poolings leave their lattice, and a sharp end would ring.
_WHOLE, _NONE = 0.7, 1.1


def cosines(length: int) -> Tensor:
    """The orthonormal DCT-II as a matrix [frequency, position], float64.

    As products with it the transform costs less than a hundredth of an evaluation of the network at 512 px.
    """
    position = torch.arange(length, dtype=torch.float64)
    matrix = torch.cos(math.pi / length * (position + 0.5) * position[:, None]) * math.sqrt(2 / length)
    matrix[0] /= math.sqrt(2)
    return matrix


def frequencies(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Those of the waves along columns [height, 1] and along rows [1, width], in cycles per pixel."""
    return torch.arange(height)[:, None] / (2 * height), torch.arange(width)[None] / (2 * width)


def enlarged(pixels: Tensor, height: int, width: int) -> Tensor:
    """Pixels [B, C, h, w] at [B, C, height, width], no side of which is shorter: the same waves, but for the shortest.

    A kernel of few pixels such as the bicubic one leaves mirror images of every wave beyond the highest frequency:
    lines along rows and columns.
    """
    rows, columns = pixels.shape[-2:]
    down, across = frequencies(rows, columns)
    beyond = ((_NONE - 2 * (down.square() + across.square()).sqrt()) / (_NONE - _WHOLE)).clamp(0, 1)
    kept = (beyond * beyond * (3 - 2 * beyond)).to(pixels) * math.sqrt(height * width / (rows * columns))
    spectrum = (cosines(rows).to(pixels) @ pixels @ cosines(columns).to(pixels).mT) * kept
    return cosines(height)[:rows].to(pixels).mT @ spectrum @ cosines(width)[:columns].to(pixels)
