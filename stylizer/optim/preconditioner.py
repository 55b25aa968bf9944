"""A filter over the frequencies of a picture, by which the optimiser weighs large strokes against fine detail.

Invariant: the filter is a symmetric positive definite matrix that treats every channel alike and knows only
the picture's size, so it can stand for a first guess of an inverse Hessian.
"""

import torch
from torch import Tensor

from stylizer.compute.matrix_units import products
from stylizer.compute.waves import cosines, frequencies

# A lattice: waves along rows or columns alone, within this width, from the lower frequency on and all from the upper.
_AXIS, _LOW, _HIGH = 0.04, 0.15, 0.25
_OF_LATTICES = 0.1      # of their weight is left


class InverseFrequency:
    """Multiplies each spatial frequency f of pictures by 1/f^power, mean 1 over all frequencies.

    Natural pictures have amplitudes near 1/f (Field, J. Opt. Soc. Am. A 4, 1987), so power 1 is the square
    root of their power spectrum, with large waves moved most; a lower power favours them less. The constant
    part gets the weight of the longest wave that fits.

    The waves are those of the discrete cosine transform (stylizer.compute.waves).
    """

    def __init__(
        self, like: Tensor, power: float = 1.0, *, lattice_free: bool = False, matrix_units: bool = False
    ) -> None:
        """Where it is `lattice_free`, fine waves along rows or columns alone, as poolings draw them, weigh a tenth.

        With `matrix_units` a GPU's products see 10 bits of mantissa, a tenth of what such gradients are off by."""
        self._matrix_units = matrix_units
        self._shape = like.shape[1:]
        height, width = self._shape[-2:]
        self._rows, self._columns = cosines(height).to(like), cosines(width).to(like)
        down, across = (axis.to(like.device) for axis in frequencies(height, width))
        frequency = (down.square() + across.square()).sqrt().clamp(min=1 / max(height, width))
        self._weight = frequency**-power
        self._weight /= self._weight.mean()
        if lattice_free:
            fine = ((torch.maximum(down, across) - _LOW) / (_HIGH - _LOW)).clamp(0, 1)
            along_axis = torch.exp(-(torch.minimum(down, across) / _AXIS).square())
            self._weight *= 1 - (1 - _OF_LATTICES) * fine * along_axis

    def __call__(self, vectors: Tensor) -> Tensor:
        """Filters each row of [B, n], a picture [C, H, W] of the size given at the start, laid flat."""
        with products(vectors.device.type, matrix_units=self._matrix_units):
            spectrum = self._rows @ vectors.reshape(-1, *self._shape) @ self._columns.mT
            return (self._rows.mT @ (spectrum * self._weight) @ self._columns).reshape(vectors.shape)

