"""Paint: bristled strokes that follow a field of directions, and the light on their ridges.

A painting starts as a plain sketch of colours; the strokes, coarse ones first, decide how it looks.
Colours are floating-point RGB in 0..1; directions are angles in radians, y pointing down.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from demo.paintings.noise import Field, streaks

Colours = NDArray[np.floating[Any]]
Points = NDArray[np.floating[Any]]  # (..., 2): x, y

FINENESS = 1.5  # strokes are drawn this much larger, which smooths their edges
STEPS = 7  # points of a stroke


@dataclass(frozen=True)
class Brush:
    """One layer of strokes. Lengths and widths in pixels, `wander` and `tint` as spreads of chance."""

    width_px: float
    length_px: float
    coverage: float  # how many times over the strokes would cover the canvas
    bristles: int = 4
    wander: float = 0.15  # radians off the field
    tint: float = 0.05  # of a stroke's lightness
    hue: float = 0.035  # of its channels, each by itself
    on_edges: float = 0.0  # 1: only where the sketch changes
    stops_at: float = 0.3  # a stroke ends before a colour further off than this


def painted(
    sketch: Colours, direction: Field, brushes: tuple[Brush, ...], chance: np.random.Generator
) -> Image.Image:
    """The sketch painted over with every brush in turn, then lit from the upper left."""
    height, width = direction.shape
    relief = np.full((height, width, 1), 90, np.uint8)
    ground = np.concatenate([(sketch * 255).clip(0, 255).astype(np.uint8), relief], axis=2)
    larger = round(width * FINENESS), round(height * FINENESS)
    canvas = Image.fromarray(ground, "RGBA").resize(larger)
    for brush in brushes:
        lay(canvas, sketch, direction, brush, chance)
    return lit(canvas.resize((width, height), Image.Resampling.LANCZOS), chance)


def lay(
    canvas: Image.Image, sketch: Colours, direction: Field, brush: Brush, chance: np.random.Generator
) -> None:
    """Draw one layer. The canvas' alpha channel holds the height of the paint."""
    starts = starting_points(sketch, brush, chance)
    count = len(starts)
    paths = traced(starts, direction, sketch, brush, chance) * np.float32(FINENESS)
    base = sketch[cells(starts, direction)]
    base = base + chance.normal(0, brush.tint, (count, 1)) + chance.normal(0, brush.hue, (count, 3))
    step = paths[:, -1] - paths[:, 0]
    norm = np.linalg.norm(step, axis=1, keepdims=True).clip(1e-6)
    across = np.stack([-step[:, 1], step[:, 0]], axis=1) / norm * brush.width_px * FINENESS
    thickness = max(1, round(brush.width_px / brush.bristles * 1.4 * FINENESS))
    places = np.linspace(-0.5, 0.5, brush.bristles)
    draw = ImageDraw.Draw(canvas)
    shades = chance.normal(0, brush.tint * 0.7, (count, brush.bristles))
    begins = chance.integers(0, 2, (count, brush.bristles))  # ragged ends
    ends = STEPS - chance.integers(0, 2, (count, brush.bristles))
    ridges = chance.integers(70, 230, (count, brush.bristles))
    for number in range(count):
        for bristle, place in enumerate(places):
            colour = ((base[number] + shades[number, bristle]) * 255).clip(0, 255).astype(int)
            line = paths[number, begins[number, bristle] : ends[number, bristle]] + across[number] * place
            ink = (*colour.tolist(), int(ridges[number, bristle]))
            draw.line(line.ravel().tolist(), ink, thickness)


def starting_points(sketch: Colours, brush: Brush, chance: np.random.Generator) -> Points:
    height, width = sketch.shape[:2]
    count = int(brush.coverage * height * width / (brush.width_px * brush.length_px))
    margin = brush.length_px / 2
    points: Points = chance.random((count, 2), np.float32) * np.array([width + 2 * margin, height + 2 * margin])
    points = points - margin
    if not brush.on_edges:
        return points
    light = sketch.mean(axis=2)
    down, across = np.gradient(light)
    strength = np.hypot(down, across)
    strength = strength / np.quantile(strength, 0.95).clip(1e-6)
    here = strength[cells(points, light)]
    kept: Points = points[chance.random(count) < 1 - brush.on_edges + brush.on_edges * here]
    return kept


def traced(
    starts: Points,
    direction: Field,
    sketch: Colours,
    brush: Brush,
    chance: np.random.Generator,
) -> Points:
    """The path of every stroke along the field, held back at the borders of its colour: (strokes, STEPS, 2)."""
    wander = chance.normal(0, brush.wander, len(starts)).astype(np.float32)
    stride = brush.length_px / (STEPS - 1) * chance.uniform(0.6, 1.3, (len(starts), 1)).astype(np.float32)
    turned = np.where(chance.random(len(starts)) < 0.5, np.pi, 0).astype(np.float32)
    colour = sketch[cells(starts, direction)]
    going = np.ones((len(starts), 1), np.float32)
    path = [starts]
    for _ in range(STEPS - 1):
        angle = direction[cells(path[-1], direction)] + wander + turned
        ahead = path[-1] + stride * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        off = np.abs(sketch[cells(ahead, direction)] - colour).max(axis=1, keepdims=True)
        going = going * (off < brush.stops_at)
        path.append(path[-1] + going * (ahead - path[-1]))
    paths: Points = np.stack(path, axis=1)
    return paths


def cells(points: Points, field: Field) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels that points lie on, or of the nearest ones inside."""
    height, width = field.shape
    return points[:, 1].astype(np.intp).clip(0, height - 1), points[:, 0].astype(np.intp).clip(0, width - 1)


def lit(canvas: Image.Image, chance: np.random.Generator, strength: float = 0.5) -> Image.Image:
    """The paint's colours under a raking light, on canvas."""
    relief_image = canvas.getchannel("A").filter(ImageFilter.GaussianBlur(0.9))
    relief = np.asarray(relief_image, np.float32) / 255 + 0.06 * weave(chance, *canvas.size[::-1])
    down, across = np.gradient(relief)
    light = 1 + strength * (down + across).clip(-0.3, 0.3)
    colours = np.asarray(canvas.convert("RGB"), np.float32) * light[..., None]
    return Image.fromarray(colours.clip(0, 255).astype(np.uint8))


def weave(chance: np.random.Generator, height: int, width: int) -> Field:
    """The threads of a canvas, along and across."""
    along = streaks(chance, height, width, 60, 3)
    across = streaks(chance, width, height, 60, 3).T
    threads: Field = (along + across) / 2
    return threads


def mix(one: Colours | tuple[float, ...], other: Colours | tuple[float, ...], share: Field) -> Colours:
    """`one` where `share` is 0, `other` where it is 1."""
    weight = share.clip(0, 1)[..., None]
    mixed: Colours = np.asarray(one, np.float32) * (1 - weight) + np.asarray(other, np.float32) * weight
    return mixed


def ramp(stops: list[tuple[float, str]], at: Field) -> Colours:
    """A palette read off at every pixel: (place, hex colour) pairs, places rising."""
    places = [place for place, _ in stops]
    colours = np.array([hex_colour(colour) for _, colour in stops], np.float32)
    channels = [np.interp(at, places, colours[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1)


def hex_colour(text: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(text)
    return red / 255, green / 255, blue / 255
