"""Paintings by our own hand, one manner a module: each draws the same picture from the same seed.

A module here has `paint(seed, width, height)`; sizes are in pixels.
"""

from dataclasses import dataclass
from functools import partial
from types import ModuleType

from demo.accounts import Picture
from demo.paintings import blocks, discs, dots, swirls, waves


@dataclass(frozen=True)
class Painting:
    """A painting of the demo: what it is called, how it is described, and the canvas."""

    title: str
    description: str
    picture: Picture


def painting(title: str, description: str, manner: ModuleType, seed: int, size: tuple[int, int]) -> Painting:
    width, height = size
    return Painting(title, description, Picture(width, height, partial(manner.paint, seed, width, height)))


PAINTINGS = (
    painting("Wind over the furrows", "swirling night sky, hills and a tree", swirls, 1, (960, 768)),
    painting("Five seas", "woodblock print of waves, a mountain and a red sun", waves, 1, (1024, 768)),
    painting("Turning discs", "concentric discs in strong colours", discs, 1, (960, 960)),
    painting("Afternoon in dots", "a river with sailing boats, a tree", dots, 1, (960, 720)),
    painting("Red, set upright", "rectangles in red, blue and yellow", blocks, 1, (880, 1024)),
)
