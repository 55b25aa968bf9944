"""A windy evening in flowing strokes: whirls of light in the sky, rolling hills, a ploughed field, a tree."""

import numpy as np
from PIL import Image

from demo.paintings.brush import Brush, Colours, mix, painted, ramp
from demo.paintings.noise import Field, smooth

WHIRLS = ((0.73, 0.2, 0.13, 1.0), (0.36, 0.33, 0.15, -1.0), (0.12, 0.12, 0.075, 1.0), (0.52, 0.1, 0.06, 1.0))
BRUSHES = (
    Brush(26, 110, 2.2, bristles=6, tint=0.06, hue=0.03),
    Brush(13, 64, 2.4, bristles=4, tint=0.085, hue=0.045),
    Brush(7, 38, 1.4, bristles=3, tint=0.1, hue=0.05),
    Brush(4, 26, 0.7, bristles=2, tint=0.11, hue=0.05, on_edges=0.9),
)


def paint(seed: int, width: int = 960, height: int = 768) -> Image.Image:
    chance = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = across / width, down / width  # one unit both ways
    sketch, direction = sky(chance, x, y)
    for layer in range(4):
        sketch, direction = hill(chance, x, y, sketch, direction, layer)
    sketch, direction = field_rows(chance, x, y, sketch, direction)
    sketch, direction = tree(x, y, sketch, direction)
    return painted(sketch, direction, BRUSHES, chance)


def sky(chance: np.random.Generator, x: Field, y: Field) -> tuple[Colours, Field]:
    """Bands of wind, turned around each whirl, whose heart is a light."""
    height, width = x.shape
    cloud = smooth(chance, height, width, 3, 3)
    bands = 0.5 + 0.5 * np.sin(26 * (y + 0.09 * np.sin(5.5 * x + 1)) + 7 * cloud)
    tone = 0.18 + 0.5 * bands * (0.4 + 0.6 * cloud) + 0.32 * y / 0.5
    colours = ramp(
        [(0.1, "10204f"), (0.3, "1d3f8a"), (0.5, "2f6cb3"), (0.68, "69a5c9"), (0.85, "b9d3c4"), (1.1, "efe3a8")],
        tone,
    )
    flow_x, flow_y = np.ones_like(x), 0.55 * np.cos(5.5 * x + 1) + 0.5 * (cloud - 0.5)
    for centre_x, centre_y, radius, turn in WHIRLS:
        dx, dy = x - centre_x, y - centre_y
        far = np.hypot(dx, dy) + 1e-4
        pull = 3.2 * np.exp(-((far / radius) ** 2))
        flow_x, flow_y = flow_x - turn * pull * dy / far, flow_y + turn * pull * dx / far
        spiral = 0.5 + 0.5 * np.sin(2 * np.pi * far / radius * 2.6 - turn * np.arctan2(dy, dx))
        ring = ramp([(0, "214a94"), (0.35, "5b9bc4"), (0.65, "d8d9a0"), (1, "f6e07a")], spiral)
        colours = mix(colours, ring, 0.9 * np.exp(-((far / (0.85 * radius)) ** 4)))
        heart = ramp([(0, "fff6cf"), (0.6, "fbd24a"), (1, "ee9a2e")], far / (0.36 * radius))
        colours = mix(colours, heart, 9 * (0.36 - far / radius))
    return colours, np.arctan2(flow_y, flow_x).astype(np.float32)


def hill(
    chance: np.random.Generator, x: Field, y: Field, colours: Colours, direction: Field, layer: int
) -> tuple[Colours, Field]:
    """A ridge in front of what is there; nearer ones are lower and greener."""
    phase, wave = chance.uniform(0, 6), 4.2 + 1.6 * layer
    lift = 0.055 - 0.009 * layer
    top = 0.47 + 0.055 * layer - lift * np.sin(wave * x + phase) - 0.02 * np.sin(2.3 * wave * x)
    depth = y - top
    folds = 0.5 + 0.5 * np.sin(70 * depth + 9 * np.sin(wave * x + phase + 1.3) + 2 * layer)
    palettes = (
        [(0, "1b2f63"), (0.5, "35598f"), (1, "7d9fb4")],
        [(0, "1f4260"), (0.5, "3f7a86"), (1, "93b89a")],
        [(0, "20513f"), (0.5, "4f8b4d"), (1, "b4bf62")],
        [(0, "2c5a2c"), (0.5, "7c9c3c"), (1, "dcc453")],
    )
    body = ramp(palettes[layer], folds)
    covered = (depth * 300).clip(0, 1)
    slope = -lift * wave * np.cos(wave * x + phase)
    angle = np.arctan(slope + 0.5 * np.sin(11 * x + 3 * layer + 18 * depth))
    return mix(colours, body, covered), np.where(covered > 0.5, angle, direction).astype(np.float32)


def field_rows(
    chance: np.random.Generator, x: Field, y: Field, colours: Colours, direction: Field
) -> tuple[Colours, Field]:
    """Furrows that run together at a point beyond the hills."""
    depth = y - (0.66 + 0.018 * np.sin(7 * x))
    vanishing_x, vanishing_y = 0.62, 0.52
    bearing = (x - vanishing_x) / (y - vanishing_y).clip(0.02)
    furrows = 0.5 + 0.5 * np.sin(19 * bearing + 1.2 * smooth(chance, x.shape[0], x.shape[1], 6, 2))
    body = ramp([(0, "5a2c1c"), (0.3, "a8541f"), (0.62, "e0a02f"), (1, "f7dd7c")], furrows)
    covered = (depth * 200).clip(0, 1)
    angle = np.arctan2(y - vanishing_y, x - vanishing_x)
    return mix(colours, body, covered), np.where(covered > 0.5, angle, direction).astype(np.float32)


def tree(x: Field, y: Field, colours: Colours, direction: Field) -> tuple[Colours, Field]:
    """A dark flame of a tree, standing from the field into the sky."""
    rise = ((0.79 - y) / 0.66).clip(0, 1)
    middle = 0.2 + 0.016 * np.sin(9 * y)
    half = 0.062 * np.sin(np.pi * (0.12 + 0.88 * rise) ** 0.8).clip(0) ** 0.9
    half *= 1 + 0.2 * np.sin(38 * y + 26 * np.abs(x - middle))
    inside = ((half - np.abs(x - middle)) * 400).clip(0, 1)
    inside *= (y < 0.79) & (y > 0.13)
    flame = 0.5 + 0.5 * np.sin(90 * (x - middle) + 14 * np.sin(13 * y))
    body = ramp([(0, "0f1f1d"), (0.45, "1f4433"), (0.8, "4a6b2f"), (1, "8b7a2f")], flame)
    angle = np.pi / 2 + 0.5 * np.sin(24 * y + 30 * (x - middle)) - 3 * (x - middle)
    return mix(colours, body, inside), np.where(inside > 0.5, angle, direction).astype(np.float32)
