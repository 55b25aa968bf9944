"""A filter over the frequencies of a picture, by which the optimiser weighs large strokes against grain.

Invariant: the filter is a symmetric positive definite matrix that treats every channel alike and knows only
the picture's size, so it can stand for a first guess of an inverse Hessian.
"""

import torch
from torch import Tensor


class InverseFrequency:
    """Multiplies each spatial frequency f of pictures by 1/f, mean 1 over all frequencies.

    Natural pictures have amplitudes near 1/f (Field, J. Opt. Soc. Am. A 4, 1987), so this is the square of
    the scaled Fourier basis of Olah et al. (Feature Visualization, Distill 2017) in which steps of one length
    are alike for every frequency. The constant part gets the weight of the longest wave that fits.
    """

    def __init__(self, like: Tensor) -> None:
        self._shape = like.shape[1:]
        height, width = self._shape[-2:]
        rows = torch.fft.fftfreq(height, device=like.device)[:, None]
        columns = torch.fft.rfftfreq(width, device=like.device)[None]
        frequency = (rows.square() + columns.square()).sqrt().clamp(min=1 / max(height, width))
        self._weight = 1 / frequency
        self._weight /= self._weight.mean()

    def __call__(self, vectors: Tensor) -> Tensor:
        """Filters each row of [B, n], a picture [C, H, W] of the size given at the start, laid flat."""
        spectrum = torch.fft.rfft2(vectors.reshape(-1, *self._shape)) * self._weight
        filtered: Tensor = torch.fft.irfft2(spectrum, s=self._shape[-2:])
        return filtered.reshape(vectors.shape)
