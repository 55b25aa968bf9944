"""A print from carved blocks: waves with claws of foam before a pale sky, in two blues and cream on paper."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from demo.paintings.brush import Colours, hex_colour, mix
from demo.paintings.noise import smooth, streaks

SCALE = 2  # drawn larger, then reduced, for clean edges
CREAM, FOAM, SAND, RED = "efe3c6", "f7f0de", "d9bf92", "b5432f"
INK, PRUSSIAN, MIDDLE, PALE = "16233f", "1f3f73", "4d7ea8", "a9c4c9"
Line = NDArray[np.float64]


def paint(seed: int, width: int = 1024, height: int = 768) -> Image.Image:
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (width * SCALE, height * SCALE), "#" + CREAM)
    image.paste(evening(height * SCALE, width * SCALE))
    draw = ImageDraw.Draw(image)
    sun_and_mountain(draw, width * SCALE, height * SCALE)
    for layer in range(5):
        sea(image, chance, layer, width * SCALE, height * SCALE)
    return printed(image.resize((width, height), Image.Resampling.LANCZOS), chance)


def evening(height: int, width: int) -> Image.Image:
    """The wiped shade at the top of the sky."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(8, axis=1)
    upper = mix(hex_colour(MIDDLE), hex_colour(CREAM), down / 0.22)
    colours = mix(upper, hex_colour(SAND), 0.55 * (1 - np.abs(down - 0.5) / 0.22))
    return Image.fromarray((colours * 255).astype(np.uint8)).resize((width, height))


def sun_and_mountain(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    x, y, radius = 0.79 * width, 0.19 * height, 0.08 * height
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#" + RED)
    along = np.linspace(-1, 1, 80)
    slope = 0.17 * height * np.exp(-3.1 * np.abs(along) ** 0.92)
    ridge = np.stack([(0.53 + 0.2 * along) * width, 0.47 * height - slope], axis=1)
    draw.polygon(points(ridge), fill="#" + MIDDLE)
    snow = ridge[31:49]
    ragged = snow[::-1] + np.stack([0 * snow[:, 0], (np.arange(18) % 3) * 0.014 * height + 0.002 * height], 1)
    draw.polygon(points(np.concatenate([snow, ragged])), fill="#" + FOAM)


def sea(image: Image.Image, chance: np.random.Generator, layer: int, width: int, height: int) -> None:
    """One row of waves: body, the lines that follow its crest, foam along the top, spray above."""
    level = (0.47, 0.54, 0.66, 0.8, 0.95)[layer] * height
    swell = (0.03, 0.08, 0.17, 0.15, 0.1)[layer] * height
    length = (0.17, 0.31, 0.62, 0.45, 0.31)[layer] * width
    phase = (0.3, 0.75, 0.42, 0.1, 0.6)[layer] * length
    crest = crest_line(level, swell, length, phase, width, 0.24)
    upright = crest_line(level, swell, length, phase, width, 0.1)  # inside, the water stands less bent
    floor = np.array([[crest[-1, 0], height], [crest[0, 0], height]])
    body = (PALE, MIDDLE, PRUSSIAN, MIDDLE, PRUSSIAN)[layer]
    shape = Image.new("1", image.size)
    ImageDraw.Draw(shape).polygon(points(np.concatenate([crest, floor])), fill=1)
    water = Image.new("RGB", image.size, "#" + body)
    carved = ImageDraw.Draw(water)
    stripes = (MIDDLE, PALE, MIDDLE, PALE, MIDDLE)[layer]
    for number in range(1, 20):
        depth = number * (0.011 + 0.003 * layer) * height
        flatter = upright.copy()
        mean = upright[:, 1].mean()
        flatter[:, 1] = mean + (upright[:, 1] - mean) * 0.95**number + depth
        flatter[:, 0] += 0.25 * depth
        colour = INK if number % 4 == 3 else (FOAM if number % 4 == 1 and layer in (1, 3) else stripes)
        broken(carved, chance, flatter, "#" + colour, round((1.2 + layer * 0.9 + chance.uniform(0, 2)) * SCALE))
    image.paste(water, mask=shape)
    draw = ImageDraw.Draw(image)
    draw.line(points(crest), fill="#" + INK, width=round((1 + 0.4 * layer) * SCALE))
    if layer:
        foam(draw, chance, crest, swell, layer)


def crest_line(
    level: float, swell: float, length: float, phase: float, width: int, bend: float
) -> Line:
    """Waves that lean over: a trochoid whose upper half is pushed forward."""
    turn = np.linspace(-np.pi, 2 * np.pi * (width / length + 1.5), 1400)
    x = (turn / (2 * np.pi) - 1) * length + phase
    rise = np.cos(turn)
    lean = bend * length * ((rise + 1) / 2) ** 2.5
    y = level - swell * (rise + 0.35 * np.cos(2 * turn + 0.6))
    return np.stack([x - 0.1 * length * np.sin(turn) + lean, y], axis=1)


def broken(
    draw: ImageDraw.ImageDraw, chance: np.random.Generator, line: Line, colour: str, width: int
) -> None:
    """A carved line, which swells, thins out and starts anew."""
    start = int(chance.integers(0, 60))
    while start < len(line) - 4:
        end = start + int(chance.integers(60, 260))
        piece = line[start:end]
        third = max(1, len(piece) // 4)
        draw.line(points(piece), fill=colour, width=max(1, width // 2))
        draw.line(points(piece[third:-third]), fill=colour, width=width, joint="curve")
        start = end + int(chance.integers(8, 46))


def foam(
    draw: ImageDraw.ImageDraw, chance: np.random.Generator, crest: Line, swell: float, layer: int
) -> None:
    """Scallops along the upper part of the crest, fingers that curl from them, drops in the air."""
    top = crest[:, 1].min()
    size = swell * (0.16 if layer < 4 else 0.2)
    high = [point for point in crest[::9] if point[1] < top + 0.95 * swell]
    for outline in (True, False):
        state = np.random.default_rng(layer)
        for x, y in high:
            weight = 1 - (y - top) / swell
            for _ in range(3):
                radius = size * (0.25 + weight * state.uniform(0.25, 0.9))
                at_x, at_y = x + state.normal(0, size * 0.5), y + abs(state.normal(0, size * 0.7))
                grown = radius + (1.6 * SCALE if outline else 0)
                box = (at_x - grown, at_y - grown, at_x + grown, at_y + grown)
                draw.ellipse(box, fill="#" + (PRUSSIAN if outline else FOAM))
    for x, y in high[::2]:
        finger(draw, chance, float(x), float(y), size)
    for x, y in high:
        for _ in range(3):
            at_x, at_y = x + chance.normal(0.8 * size, 1.8 * size), y - abs(chance.normal(0, 1.7 * size))
            radius = chance.uniform(0.8, 2.6) * SCALE
            draw.ellipse((at_x - radius, at_y - radius, at_x + radius, at_y + radius), fill="#" + FOAM)


def finger(draw: ImageDraw.ImageDraw, chance: np.random.Generator, x: float, y: float, size: float) -> None:
    """A hook of foam reaching forward and down."""
    reach = size * chance.uniform(0.9, 1.9)
    turn = np.linspace(0, np.pi * chance.uniform(0.7, 1.15), 12)
    arc = np.stack([x + reach * (1 - np.cos(turn)) * 0.55, y - 0.55 * reach * np.sin(turn)], axis=1)
    for extra, colour in ((2.6, PRUSSIAN), (0.0, FOAM)):
        for number, (at_x, at_y) in enumerate(arc):
            radius = (0.2 * size) * (1 - number / 14) + extra * SCALE / 2
            draw.ellipse((at_x - radius, at_y - radius, at_x + radius, at_y + radius), fill="#" + colour)


def printed(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Ink from wood on paper: the grain of the block, fibres of the sheet, colour not quite even."""
    width, height = image.size
    colours: Colours = np.asarray(image, np.float32) / 255
    warp = (14 * smooth(chance, height, width, 3, 2)).astype(int)
    rows = (np.arange(height)[:, None] + warp) % height
    grain = np.take_along_axis(streaks(chance, height, width, 260, 3), rows, axis=0)
    inked = (1 - colours.mean(axis=2)).clip(0, 1)
    shade = 1 + 0.34 * (grain - 0.5) * inked + 0.1 * (smooth(chance, height, width, 40, 3) - 0.5)
    colours = mix(colours * shade[..., None], hex_colour(CREAM), 0.1 + 0.1 * smooth(chance, height, width, 5, 3))
    fibres = Image.fromarray((chance.random((height, width)) * 255).astype(np.uint8))
    sheet = np.asarray(fibres.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / 255 - 0.5
    return Image.fromarray(((colours + 0.16 * sheet[..., None]) * 255).clip(0, 255).astype(np.uint8))


def points(line: Line) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in line]
