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
_BORDER_PX = 7


class InverseFrequency:
    """Multiplies each spatial frequency f of pictures by 1/f^power, mean 1 over all frequencies.

    Natural pictures have amplitudes near 1/f (Field, J. Opt. Soc. Am. A 4, 1987), so power 1 is the square
    root of their power spectrum, with large waves moved most; a lower power favours them less. The constant
    part gets the weight of the longest wave that fits.

    The waves are those of the discrete cosine transform (stylizer.compute.waves).
    """

    def __init__(
        self, like: Tensor, power: float = 1.0, *, lattices: float = 1.0, border: float = 1.0,
        matrix_units: bool = False,
    ) -> None:
        """Of fine waves along rows or columns alone, as poolings draw them, `lattices` of their weight is left; pixels
        at the edge of the picture move by `border` of what those within do.

        With `matrix_units` a GPU's products see 10 bits of mantissa, a tenth of what such gradients are off by."""
        self._matrix_units = matrix_units
        self._shape = like.shape[1:]
        height, width = self._shape[-2:]
        self._rows, self._columns = cosines(height).to(like), cosines(width).to(like)
        down, across = (axis.to(like.device) for axis in frequencies(height, width))
        frequency = (down.square() + across.square()).sqrt().clamp(min=1 / max(height, width))
        self._weight = frequency**-power
        self._weight /= self._weight.mean()
        if lattices != 1:
            fine = ((torch.maximum(down, across) - _LOW) / (_HIGH - _LOW)).clamp(0, 1)
            along_axis = torch.exp(-(torch.minimum(down, across) / _AXIS).square())
            self._weight *= 1 - (1 - lattices) * fine * along_axis

        self._reach = None if border == 1 else (border + (1 - border) * _depths(height, width)).to(like)

    def __call__(self, vectors: Tensor) -> Tensor:
        """Filters each row of [B, n], a picture [C, H, W] of the size given at the start, laid flat."""
        pictures = vectors.reshape(-1, *self._shape)
        if self._reach is not None:
            pictures = pictures * self._reach
        with products(vectors.device.type, matrix_units=self._matrix_units):
            waves = self._rows @ pictures
            del pictures        # of 4096 px it takes as much memory as a whole step may spare
            waves = (waves @ self._columns.mT).mul_(self._weight)
            filtered = self._rows.mT @ waves
            del waves
            filtered = filtered @ self._columns
        if self._reach is not None:
            filtered *= self._reach
        return filtered.reshape(vectors.shape)


def _depths(height: int, width: int) -> Tensor:
    """How far inside each pixel is [height, width]: 0 at the edge, 1 from `_BORDER_PX` pixels on."""
    down, across = (torch.arange(length) for length in (height, width))
    down, across = (torch.minimum(place, len(place) - 1 - place) for place in (down, across))
    return (torch.minimum(down[:, None], across) / _BORDER_PX).clamp(max=1)

