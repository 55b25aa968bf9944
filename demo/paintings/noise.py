"""Smooth random fields, the raw material of clouds, paper and hands that are not steady.

A field is floating point in 0..1 and depends on its generator's state alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.floating[Any]]


def smooth(chance: np.random.Generator, height: int, width: int, cells: float, octaves: int = 3) -> Field:
    """Value noise with about `cells` bumps across the width, each octave finer and fainter by half."""
    total: Field = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        across = max(2, round(cells * 2**octave))
        down = max(2, round(across * height / width))
        coarse = Image.fromarray(chance.random((down, across), np.float32))
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    lowest, highest = float(total.min()), float(total.max())
    return (total - lowest) / (highest - lowest)


def streaks(chance: np.random.Generator, height: int, width: int, length: int, thickness: int = 1) -> Field:
    """Noise drawn out along the rows: wood, combed paint, one set of a canvas' threads."""
    shape = (max(2, width // length), max(2, height // thickness))
    coarse = Image.fromarray(chance.random(shape[::-1], np.float32))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
