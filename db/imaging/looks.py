"""What a picture looks like, in a few numbers: a perceptual hash, sharpness, brightness, near-grey.

Measured where the picture is decoded anyway, without numpy, of a copy that is shrunk first: a few milliseconds.
Invariant: the hash of a picture that was resized, compressed again or made a little brighter differs in few of its 64
bits, that of another one in many (docs/choosing.md has the figures).

The hash is that of Zauner, *Implementation and Benchmarking of Perceptual Image Hash Functions* (2010), as pHash and
imagehash have it: the signs of the lowest frequencies of a cosine transform of 32 x 32 grey pixels against their
median, here without the mean itself. A picture without any structure has none: its hash is of its colour.
"""

import math
from functools import cache

from PIL import Image, ImageFilter, ImageStat

from db.records import Looks

_SIDE = 32
_BITS = 64
_ABOUT_PX = 256
_FLAT = 0.7                 # grey levels of the strongest frequency, below which there is no structure
_NOISE = 0.1
_GREY_LEVELS = 8            # of a chroma that is still grey
_GREY_SHARE = 0.99          # of the pixels, of which so many are looked at on each side
_SAMPLED = 64
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
# As numbers of `Image.Transpose`, by EXIF orientation from 2 on.
_TURNS = (
    Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90,
)
# The lowest frequencies, by the sum of both of a cell, the mean left out.
_CELLS = sorted(((u, v) for u in range(11) for v in range(11) if u + v), key=lambda cell: (sum(cell), cell))[:_BITS]


def looks_of(picture: Image.Image, orientation: int) -> Looks:
    """Of a decoded picture of 8 bits in any mode, the right way up by its EXIF orientation."""
    small = _shrunk(picture)
    if orientation > 1:
        small = small.transpose(_TURNS[orientation - 2])
    grey = small.convert("L")
    return Looks(
        hash=_hash(grey, small), sharpness=round(_sharpness(grey), 2),
        brightness=round(ImageStat.Stat(grey).mean[0] / 255, 4), is_grey=_is_grey(small))


def _shrunk(picture: Image.Image) -> Image.Image:
    """RGB on white, of about one size, for sharpness depends on it; never enlarged."""
    if picture.mode in ("P", "PA", "1") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    factor = round(max(picture.size) / _ABOUT_PX)
    if factor > 1:
        picture = picture.reduce(factor)
    if picture.mode in ("LA", "RGBA"):
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture.convert("RGBA"))
        picture = ground
    return picture.convert("RGB")


def _sharpness(grey: Image.Image) -> float:
    """The variance of the Laplacian; what a filter leaves of the edge as it was is no part of it."""
    if min(grey.size) < 3:
        return 0.0
    inside = grey.filter(_LAPLACIAN).crop((1, 1, grey.width - 1, grey.height - 1))
    return float(ImageStat.Stat(inside).var[0])


def _hash(grey: Image.Image, colours: Image.Image) -> int:
    pixels = [float(level) for level in grey.resize((_SIDE, _SIDE), Image.Resampling.BOX).tobytes()]
    waves = _waves()
    lines = [pixels[start : start + _SIDE] for start in range(0, len(pixels), _SIDE)]
    rows = [[sum(map(float.__mul__, wave, line)) for wave in waves] for line in lines]
    columns = [[row[u] for row in rows] for u in range(len(waves))]
    found = [sum(map(float.__mul__, waves[v], columns[u])) for u, v in _CELLS]
    if max(map(abs, found)) < _FLAT:
        return _hash_of_colour(colours)
    # Regular patterns have many frequencies of nothing, which noise would turn either way.
    above = sorted(found)[_BITS // 2] + _NOISE
    return sum(1 << place for place, value in enumerate(found) if value > above)


@cache
def _waves() -> list[list[float]]:
    """The cosines of each frequency, of which a coefficient is the amplitude in grey levels."""
    norm = 2 / _SIDE
    return [
        [norm * math.cos(math.pi * (2 * place + 1) * frequency / (2 * _SIDE)) for place in range(_SIDE)]
        for frequency in range(11)
    ]


def _hash_of_colour(colours: Image.Image) -> int:
    """Bits that are alike for one colour, and for another one are not: each level as a mix of its own."""
    found = 0
    for level in ImageStat.Stat(colours).mean:
        step = round(level / 12)
        found = (found * 0x9E3779B97F4A7C15 + (step + 1) * 0xBF58476D1CE4E5B9) & ((1 << _BITS) - 1)
        found ^= found >> 29
    return found


def _is_grey(colours: Image.Image) -> bool:
    """Whether nearly all pixels are without colour."""
    least, most = 128 - _GREY_LEVELS, 128 + _GREY_LEVELS
    some = colours.resize((_SAMPLED, _SAMPLED), Image.Resampling.NEAREST)
    _, blue, red = some.convert("YCbCr").split()
    pixels = _SAMPLED * _SAMPLED
    return all(sum(chroma.histogram()[least : most + 1]) >= _GREY_SHARE * pixels for chroma in (blue, red))
