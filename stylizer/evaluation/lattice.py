"""Lattice: fine energy along the axes of the pixels, which is what grids and screens of lines are made of.

Of the power spectrum at periods of 2 to 4 pixels: the mean along both axes over that of all other directions, and that
of the picture over that of the style.

Invariant: 1 is as in the style; above, there is a grid that the style has not. None for what has no fine detail at all.
"""

import torch
from torch import Tensor

_LOW, _HIGH = 0.24, 0.5     # cycles a pixel
_AXIS, _AWAY = 0.02, 0.05   # this near an axis, and at least so far from both
_MOST_PX = 512              # of the middle of a picture; the window looks there anyway


def axis_energy(pixels: Tensor) -> float | None:
    """The mean over R, G and B of the ratio of mean powers, of pixels [3, H, W]; the outer parts by Hann's window."""
    values = _middle(pixels).double().cpu()
    height, width = values.shape[1:]
    window = torch.outer(*(torch.hann_window(side, periodic=False, dtype=torch.float64) for side in (height, width)))
    power = torch.fft.fft2((values - values.mean((1, 2), keepdim=True)) * window).abs().square()
    down, right = torch.fft.fftfreq(height).abs()[:, None], torch.fft.fftfreq(width).abs()[None]
    radius = (down.square() + right.square()).sqrt()
    band, nearest = (radius > _LOW) & (radius < _HIGH), torch.minimum(down, right)
    axis, off = band & (nearest < _AXIS), band & (nearest > _AWAY)
    if not (axis.any() and off.any()):
        return None
    along, others = power[:, axis].mean(1), power[:, off].mean(1)
    return (along / others).mean().item() if bool((others > 1e-12).all()) else None


def _middle(pixels: Tensor) -> Tensor:
    for axis in (1, 2):
        side = pixels.shape[axis]
        kept = min(side, _MOST_PX)
        pixels = pixels.narrow(axis, (side - kept) // 2, kept)
    return pixels
