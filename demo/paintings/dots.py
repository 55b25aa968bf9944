"""An afternoon by the river in dots: pure colours side by side, which the eye mixes, shadows in violet."""

import numpy as np
from PIL import Image, ImageDraw

from demo.paintings.brush import FINENESS, Colours, cells, mix, ramp
from demo.paintings.noise import Field, smooth, streaks

LAYERS = ((6.5, 26_000), (4.4, 34_000), (3.2, 26_000))  # diameter in pixels, how many


def paint(seed: int, width: int = 960, height: int = 720) -> Image.Image:
    chance = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    sketch = scene(chance, across / width, down / width)
    ground = (mix(sketch, (0.93, 0.88, 0.76), np.full((height, width), 0.3, np.float32)) * 255).astype(np.uint8)
    canvas = Image.fromarray(ground).resize((round(width * FINENESS), round(height * FINENESS)))
    for diameter, count in LAYERS:
        dab(canvas, sketch, diameter, count, chance)
    return canvas.resize((width, height), Image.Resampling.LANCZOS)


def dab(
    canvas: Image.Image, sketch: Colours, diameter: float, count: int, chance: np.random.Generator
) -> None:
    """Dots of one size. One in six takes the complement's side, so that each colour sings."""
    height, width = sketch.shape[:2]
    places = (chance.random((count, 2)) * (width, height)).astype(np.float32)
    colours = sketch[cells(places, sketch[..., 0])]
    grey = colours.mean(axis=1, keepdims=True)
    colours = grey + 1.35 * (colours - grey)
    opposite = chance.random((count, 1)) < 0.16
    colours = np.where(opposite, grey - 0.75 * (colours - grey) + 0.05, colours)
    colours = colours + chance.normal(0, 0.055, (count, 3)) + chance.normal(0, 0.05, (count, 1))
    inks = (colours * 255).clip(0, 255).astype(int).tolist()
    radii = diameter * FINENESS / 2 * chance.uniform(0.75, 1.2, count)
    draw = ImageDraw.Draw(canvas)
    for (x, y), ink, radius in zip((places * FINENESS).tolist(), inks, radii.tolist(), strict=True):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(ink))


def scene(chance: np.random.Generator, x: Field, y: Field) -> Colours:
    """Sky, far bank, water with the light upon it, a sail, the near bank, a tree and its shadow."""
    height, width = x.shape
    cloud = smooth(chance, height, width, 4, 4)
    colours = ramp([(0, "5f9bd0"), (0.16, "9cc6dd"), (0.28, "f3e3b8"), (0.34, "f6c99a")], y + 0.06 * (cloud - 0.5))
    colours = mix(colours, (0.99, 0.95, 0.88), 2.2 * (cloud - 0.6) * (1 - y / 0.3).clip(0))
    bank = 0.3 - 0.022 * smooth(chance, height, width, 14, 3) - 0.014 * np.sin(7 * x + 1)
    woods = ramp([(0, "3f5f8a"), (0.5, "5d8f6d"), (1, "b7b25c")], smooth(chance, height, width, 26, 3))
    colours = mix(colours, woods, (y - bank) * 300)
    ripple = smooth(chance, height, width, 7, 2)
    lapping = 0.5 + 0.5 * np.sin(330 * y**0.8 + 9 * ripple + 0.8 * np.sin(16 * x))
    glitter = 0.45 * lapping + 0.55 * streaks(chance, height, width, 90, 9)
    light = np.exp(-(((x - 0.62) / (0.05 + 0.35 * (y - 0.3).clip(0))) ** 2))
    water = ramp([(0, "23528f"), (0.45, "4f92bd"), (0.8, "a9d0cc"), (1.3, "fbe6a6")], 0.75 * glitter + 0.7 * light)
    colours = mix(colours, water, (y - 0.325) * 400)
    colours = sail(x, y, colours, 0.56, 0.4, 0.2)
    colours = sail(x, y, colours, 0.82, 0.352, 0.085)
    shore = 0.56 + 0.1 * x - 0.03 * np.sin(5 * x) - 0.13 * (1 - x) ** 3
    grass = ramp(
        [(0, "2d6a3c"), (0.4, "6aa63f"), (0.75, "c9cf4c"), (1, "f2e27a")], smooth(chance, height, width, 18, 3)
    )
    colours = mix(colours, grass, (y - shore) * 260)
    shadow = np.exp(-(((x - 0.3) / 0.27) ** 2) - ((y - 0.655 - 0.07 * x) / 0.04) ** 2)
    leafy = smooth(chance, height, width, 30, 2)
    violet = ramp([(0, "37347f"), (1, "2f6a6a")], leafy)
    colours = mix(colours, violet, (2.2 * shadow * (0.25 + leafy) - 0.35) * (y > shore))
    return tree(chance, x, y, colours)


def sail(x: Field, y: Field, colours: Colours, foot_x: float, foot_y: float, size: float) -> Colours:
    """A boat with one sail, lit from the right, and its trembling image below."""
    rise = (foot_y - y) / size
    inside = (rise > 0.06) & (rise < 1) & (x > foot_x) & (x - foot_x < 0.42 * size * (1 - rise).clip(0) ** 0.8)
    canvas = ramp([(0, "f4a65e"), (0.5, "fbe3b4"), (1, "fff8e4")], ((x - foot_x) / (0.42 * size)).clip(0, 1))
    colours = np.where(inside[..., None], canvas, colours)
    hull = (np.abs(rise) < 0.07) & (np.abs(x - foot_x - 0.1 * size) < 0.36 * size * (1 + 1.4 * rise))
    colours = np.where(hull[..., None], np.array([0.45, 0.16, 0.2], np.float32), colours)
    wavy = x + 0.008 * np.sin(240 * y)
    below = (rise < -0.08) & (rise > -0.7) & (wavy > foot_x) & (wavy - foot_x < 0.34 * size * (1 + rise))
    return mix(colours.astype(np.float32), (0.98, 0.85, 0.62), 0.55 * below.astype(np.float32))


def tree(chance: np.random.Generator, x: Field, y: Field, colours: Colours) -> Colours:
    """A tree at the left, its leaves in clumps that are warm where the light comes from."""
    bend = 0.17 + 0.03 * np.sin(6 * y) + 0.02 * (y - 0.4)
    trunk = (np.abs(x - bend) < 0.013 + 0.012 * (y - 0.45).clip(0)) & (y > 0.25) & (y < 0.63)
    bark = ramp([(0, "3b2550"), (0.5, "6d3f4f"), (1, "c9844f")], (x - bend) / 0.03 + 0.5)
    colours = np.where(trunk[..., None], bark, colours).astype(np.float32)
    clump = smooth(chance, x.shape[0], x.shape[1], 11, 3)
    crown = np.hypot((x - 0.16) / 0.2, (y - 0.2) / 0.175) + 0.75 * (clump - 0.5)
    tone = 0.45 + 1.1 * (smooth(chance, x.shape[0], x.shape[1], 22, 2) - 0.5) + 1.5 * (x - 0.16) - 0.9 * (y - 0.2)
    leaves = ramp([(0, "1d2f6b"), (0.3, "1f6152"), (0.6, "5f9a3a"), (0.85, "d8c83f"), (1.1, "f6a83a")], tone)
    return mix(colours, leaves, (1 - crown) * 30)
