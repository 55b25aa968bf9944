"""Discs of pure colour, ring within ring and quarter against quarter, as the orphists set light to turning."""

import numpy as np
from PIL import Image

from demo.paintings.brush import Brush, Colours, hex_colour, mix, painted
from demo.paintings.noise import Field, smooth

HUES = ("c8242b", "e8641e", "f3b21b", "f4e04d", "3f8f3c", "157a76", "1f5fae", "253a8e", "6a2c86", "b8447f")
PALES = ("f2e6cf", "e9d9e4", "d5e4e6", "f0c9a8", "1a1d3a")
DISCS = (
    (0.36, 0.4, 0.34, 7),
    (0.78, 0.24, 0.22, 5),
    (0.73, 0.74, 0.27, 6),
    (0.2, 0.84, 0.16, 4),
    (0.98, 0.5, 0.12, 3),
    (0.06, 0.08, 0.13, 3),
)
BRUSHES = (
    Brush(20, 74, 1.4, bristles=6, wander=0.1, tint=0.035, hue=0.02),
    Brush(11, 46, 1.6, bristles=4, wander=0.12, tint=0.045, hue=0.025),
    Brush(6, 26, 1.4, bristles=3, wander=0.14, tint=0.05, hue=0.025, on_edges=0.75),
)


def paint(seed: int, width: int = 960, height: int = 960) -> Image.Image:
    chance = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    x = across / width + 0.012 * (smooth(chance, height, width, 9, 2) - 0.5)  # a free hand
    y = down / width + 0.012 * (smooth(chance, height, width, 9, 2) - 0.5)
    sketch, direction = background(chance, x, y)
    for disc in sorted(DISCS, key=lambda disc: disc[2]):
        sketch, direction = with_disc(chance, x, y, sketch, direction, disc)
    return painted(sketch, direction, BRUSHES, chance)


def background(chance: np.random.Generator, x: Field, y: Field) -> tuple[Colours, Field]:
    """Wide arcs around a far centre, cut by rays."""
    dx, dy = x + 0.25, y - 1.2
    far, bearing = np.hypot(dx, dy), np.arctan2(dy, dx)
    ring, ray = np.floor(far / 0.14).astype(int), np.floor((bearing + 4) / 0.21).astype(int)
    palette = np.array([hex_colour(colour) for colour in HUES + PALES * 2], np.float32)
    table = chance.integers(0, len(palette), (24, 48))
    colours = palette[table[ring % 24, ray % 48]]
    shade = 0.86 + 0.22 * (far / 0.14 % 1)
    return (colours * shade[..., None]).astype(np.float32), (bearing + np.pi / 2).astype(np.float32)


def with_disc(
    chance: np.random.Generator,
    x: Field,
    y: Field,
    colours: Colours,
    direction: Field,
    disc: tuple[float, float, float, int],
) -> tuple[Colours, Field]:
    """A disc over what is there: rings of uneven breadth, each turned against the last."""
    centre_x, centre_y, radius, rings = disc
    dx, dy = x - centre_x, y - centre_y
    far, bearing = np.hypot(dx, dy) / radius, np.arctan2(dy, dx)
    edges = np.cumsum(chance.uniform(0.7, 1.5, rings))
    edges /= edges[-1]
    ring = np.searchsorted(edges, far).clip(0, rings - 1)
    inner = np.concatenate([[0.0], edges[:-1]])[ring]
    within = (far - inner) / (edges[ring] - inner)
    turns = chance.uniform(0, 2 * np.pi, rings)[ring]
    quarters = np.array([4 if number > 1 else 2 for number in range(rings)])[ring]
    quarter = np.floor((bearing + turns) % (2 * np.pi) / (2 * np.pi) * quarters).astype(int)
    body = ring_colours(chance, rings)[ring, quarter % 4]
    body = body * (0.82 + 0.3 * within)[..., None]  # each ring glows towards its outer edge
    inside = ((1 - far) * radius * 900).clip(0, 1)
    angle = (bearing + np.pi / 2).astype(np.float32)
    return mix(colours, body.astype(np.float32), inside), np.where(inside > 0.5, angle, direction)


def ring_colours(chance: np.random.Generator, rings: int) -> Colours:
    """Four colours a ring, neighbours far apart on the circle of hues, a pale one now and then."""
    table = np.zeros((rings, 4, 3), np.float32)
    start = int(chance.integers(len(HUES)))
    for ring in range(rings):
        for quarter in range(4):
            if chance.random() < 0.16:
                name = PALES[int(chance.integers(len(PALES)))]
            else:
                name = HUES[(start + 3 * ring + (0, 5, 2, 7)[quarter]) % len(HUES)]
            table[ring, quarter] = hex_colour(name)
    return table
