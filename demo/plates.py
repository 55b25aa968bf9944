"""Plain test pictures that cost next to nothing to draw: a ramp between two colours, with a disc on it.

Different seeds give different pictures, the same seed the same one.
"""

import random
from functools import partial
from typing import Literal

from PIL import Image, ImageDraw

from demo.accounts import Picture


def plate(
    seed: int, width: int = 1080, height: int = 1350, kept_as: Literal["JPEG", "WEBP"] = "JPEG"
) -> Picture:
    return Picture(width, height, partial(draw, seed, width, height), kept_as)


def draw(seed: int, width: int, height: int) -> Image.Image:
    chance = random.Random(seed)
    dark, light, spot = (tuple(chance.randrange(low, low + 120) for _ in range(3)) for low in (0, 130, 60))
    ramp = Image.linear_gradient("L").rotate(90 * chance.randrange(4)).resize((width, height))
    image = Image.composite(
        Image.new("RGB", (width, height), dark), Image.new("RGB", (width, height), light), ramp
    )
    x, y = chance.random() * width, chance.random() * height
    radius = min(width, height) * chance.uniform(0.1, 0.3)
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=spot)
    return image
