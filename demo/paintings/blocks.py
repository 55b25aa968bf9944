"""Upright and level: blocks of red, blue and yellow between black bars, in paint that shows its age."""

import numpy as np
from PIL import Image

from demo.paintings.brush import Brush, Colours, hex_colour, painted
from demo.paintings.noise import Field, smooth

RED, BLUE, YELLOW = "c4261d", "1f3f8f", "edbe25"
WHITES = ("efe9da", "e7e2d6", "f3eee2", "cfd2d2", "e9dfc4")
BLACK = "17161a"
BLOCKS = (  # left, top, right, bottom in percent
    (0, 0, 22, 13, WHITES[0]),
    (22, 0, 70, 13, BLUE),
    (70, 0, 100, 30, WHITES[2]),
    (0, 13, 22, 38, YELLOW),
    (22, 13, 70, 58, RED),
    (70, 30, 88, 58, WHITES[3]),
    (88, 30, 100, 58, BLUE),
    (0, 38, 22, 74, WHITES[1]),
    (22, 58, 50, 74, WHITES[4]),
    (50, 58, 70, 74, BLACK),
    (70, 58, 100, 84, YELLOW),
    (0, 74, 34, 100, BLUE),
    (34, 74, 70, 90, WHITES[0]),
    (34, 90, 70, 100, RED),
    (70, 84, 88, 100, WHITES[2]),
    (88, 84, 100, 100, RED),
)
BRUSHES = (
    Brush(13, 90, 1.5, bristles=6, wander=0.04, tint=0.022, hue=0.008),
    Brush(7, 60, 1.2, bristles=4, wander=0.05, tint=0.03, hue=0.01),
    Brush(4, 34, 1.0, bristles=3, wander=0.03, tint=0.022, hue=0.008, on_edges=0.95),
)

Box = tuple[float, float, float, float]


def paint(seed: int, width: int = 880, height: int = 1024) -> Image.Image:
    chance = np.random.default_rng(seed)
    sketch = np.empty((height, width, 3), np.float32)
    sketch[:] = hex_colour(BLACK)
    direction = np.zeros((height, width), np.float32)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    across += 6 * (smooth(chance, height, width, 5, 3) - 0.5)  # no ruler was used
    down += 6 * (smooth(chance, height, width, 5, 3) - 0.5)
    for left, top, right, bottom, colour in BLOCKS:
        box = (left * width / 100, top * height / 100, right * width / 100, bottom * height / 100)
        fill(chance, sketch, direction, box, colour, across, down)
    worn = smooth(chance, height, width, 12, 4)
    sketch *= (0.92 + 0.12 * worn)[..., None]
    return painted(sketch, direction, BRUSHES, chance)


def fill(
    chance: np.random.Generator,
    sketch: Colours,
    direction: Field,
    box: Box,
    colour: str,
    across: Field,
    down: Field,
) -> None:
    """Paint a block inside its bars, brushed along its longer side."""
    left, top, right, bottom = box
    bars = [float(chance.choice([8, 11, 14])) for _ in range(4)]
    inside = (across > left + bars[0]) & (across < right - bars[1])
    inside &= (down > top + bars[2]) & (down < bottom - bars[3])
    shading = 1 + 0.1 * (smooth(chance, sketch.shape[0], sketch.shape[1], 4, 3) - 0.5)
    sketch[inside] = (np.array(hex_colour(colour)) * shading[..., None])[inside]
    if bottom - top > right - left:
        whole = (across >= left) & (across < right) & (down >= top) & (down < bottom)
        direction[whole] = np.pi / 2
