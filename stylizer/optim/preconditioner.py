"""A filter over the frequencies of a picture, by which the optimiser weighs large strokes against fine detail.

Invariant: the filter is a symmetric positive definite matrix that treats every channel alike and knows only
the picture's size, so it can stand for a first guess of an inverse Hessian.
"""

import math

import torch
from torch import Tensor

from stylizer.compute.matrix_units import products


class InverseFrequency:
    """Multiplies each spatial frequency f of pictures by 1/f^power, mean 1 over all frequencies.

    Natural pictures have amplitudes near 1/f (Field, J. Opt. Soc. Am. A 4, 1987), so power 1 is the square
    root of their power spectrum, with large waves moved most; a lower power favours them less. The constant
    part gets the weight of the longest wave that fits.

    The waves are those of the discrete cosine transform, which sees the picture as mirrored at its edges.
    Those of the Fourier transform see it as repeated: what is drawn along one edge then shows at the other.
    """

    def __init__(self, like: Tensor, power: float = 1.0, *, matrix_units: bool = False) -> None:
        """With `matrix_units` a GPU's products see 10 bits of mantissa, a tenth of what such gradients are off by."""
        self._matrix_units = matrix_units
        self._shape = like.shape[1:]
        height, width = self._shape[-2:]
        self._rows, self._columns = _cosines(height).to(like), _cosines(width).to(like)
        rows = torch.arange(height, device=like.device)[:, None] / (2 * height)     # cycles per pixel
        columns = torch.arange(width, device=like.device)[None] / (2 * width)
        frequency = (rows.square() + columns.square()).sqrt().clamp(min=1 / max(height, width))
        self._weight = frequency**-power
        self._weight /= self._weight.mean()

    def __call__(self, vectors: Tensor) -> Tensor:
        """Filters each row of [B, n], a picture [C, H, W] of the size given at the start, laid flat."""
        with products(vectors.device.type, matrix_units=self._matrix_units):
            spectrum = self._rows @ vectors.reshape(-1, *self._shape) @ self._columns.mT
            return (self._rows.mT @ (spectrum * self._weight) @ self._columns).reshape(vectors.shape)


def _cosines(length: int) -> Tensor:
    """The orthonormal DCT-II as a matrix [frequency, position], float64.

    As products with it the transform costs less than a hundredth of an evaluation of the network at 512 px.
    """
    position = torch.arange(length, dtype=torch.float64)
    matrix = torch.cos(math.pi / length * (position + 0.5) * position[:, None]) * math.sqrt(2 / length)
    matrix[0] /= math.sqrt(2)
    return matrix
