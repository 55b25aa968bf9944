"""How large a picture is made: by its longest side, its shortest side, its number of pixels, or exactly.

Invariant: shapes are kept. Only an exact size may cut something away, and nothing is ever squashed. Nothing grows
either, unless it is asked to.
"""

import math
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from stylizer.errors import BadRecipe

# What the store takes of a picture: more is painted for nothing.
MOST_SIDE_PX = 65_535
MOST_PIXELS = 89_000_000
_NUMBER = r"(\d{1,300})"
_FORMS = "a longest side such as 512, short:512, 0.5MP or 640x480"


class Measure(StrEnum):
    """What a size counts."""

    LONG = "long"           # pixels of the longest side
    SHORT = "short"         # pixels of the shortest side
    PIXELS = "pixels"       # pixels in all
    EXACT = "exact"         # the width; the height stands beside it


@dataclass(frozen=True)
class Frame:
    """The part (left, top, right, bottom, in pixels of the original) that is kept, and its new width and height."""

    box: tuple[float, float, float, float]
    width: int
    height: int

    @property
    def excess(self) -> str | None:
        """What a picture has no room for; None where it can be made."""
        if max(self.width, self.height) > MOST_SIDE_PX:
            return f"more than the {MOST_SIDE_PX} of a side"
        if self.width * self.height > MOST_PIXELS:
            return f"more than the {MOST_PIXELS // 1_000_000} million of a picture"
        return None


@dataclass(frozen=True)
class Size:
    """The size that was asked for. `height` belongs to `Measure.EXACT` alone."""

    pixels: int
    measure: Measure = Measure.LONG
    height: int = 0
    upscale: bool = False

    @property
    def side_px(self) -> int:
        """One number for lists: the side that is named, the longer one of an exact size, or the side of a square
        with as many pixels.
        """
        if self.measure is Measure.PIXELS:
            return round(math.sqrt(self.pixels))
        return max(self.pixels, self.height)

    def in_words(self) -> str:
        """Such as "512 px", "512 px on the shortest side", "0.5 MP" or "640 x 480 px"."""
        match self.measure:
            case Measure.LONG:
                return f"{self.pixels} px"
            case Measure.SHORT:
                return f"{self.pixels} px on the shortest side"
            case Measure.PIXELS:
                return f"{self.pixels / 1e6:g} MP"
            case Measure.EXACT:
                return f"{self.pixels} x {self.height} px"

    def scaled(self, factor: float) -> "Size":
        """The same for sides `factor` times as long."""
        power = 2 if self.measure is Measure.PIXELS else 1
        return replace(self, pixels=max(1, round(self.pixels * factor**power)), height=round(self.height * factor))

    def uncut(self) -> "Size":
        """The same for a picture that keeps its shape: of an exact size, its number of pixels."""
        if self.measure is not Measure.EXACT:
            return self
        return replace(self, pixels=self.pixels * self.height, measure=Measure.PIXELS, height=0)

    def frame(self, width: int, height: int) -> Frame:
        """What becomes of a picture of this width and height. An exact size is cut from the middle."""
        if self.measure is Measure.EXACT:
            return self._exact(width, height)
        now = {
            Measure.LONG: max(width, height), Measure.SHORT: min(width, height),
            Measure.PIXELS: math.sqrt(width * height),
        }[self.measure]
        factor = (math.sqrt(self.pixels) if self.measure is Measure.PIXELS else self.pixels) / now
        if factor > 1 and not self.upscale:
            factor = 1.0
        return Frame((0, 0, width, height), max(1, round(width * factor)), max(1, round(height * factor)))

    def _exact(self, width: int, height: int) -> Frame:
        factor = max(self.pixels / width, self.height / height)     # covers the whole of the frame
        shrunk = 1.0 if self.upscale else min(1.0, 1 / factor)
        kept_width, kept_height = self.pixels / factor, self.height / factor
        left, top = (width - kept_width) / 2, (height - kept_height) / 2
        return Frame(
            (left, top, left + kept_width, top + kept_height),
            max(1, round(self.pixels * shrunk)), max(1, round(self.height * shrunk)),
        )


def excess(size: Size) -> str | None:
    """What is wrong with a size that no picture can have; None for all others."""
    sides = size.pixels if size.measure is not Measure.PIXELS else 0, size.height
    if max(sides) > MOST_SIDE_PX:
        return f"a picture has at most {MOST_SIDE_PX} pixels on a side, not {max(sides)}"
    pixels = {Measure.LONG: 0, Measure.SHORT: size.pixels**2, Measure.PIXELS: size.pixels}.get(
        size.measure, size.pixels * size.height)
    if pixels > MOST_PIXELS:
        return f"a picture has at most {MOST_PIXELS // 1_000_000} megapixels, not {pixels / 1e6:.0f}"
    return None


def parse(text: str) -> Size:
    """What a user means by 512 (longest side), short:512, 0.5MP (half a million pixels) or 640x480.

    Raises BadRecipe.
    """
    size = _read(text.strip().lower())
    if size is None:
        raise BadRecipe(f"size {text!r}: say {_FORMS}")
    if problem := excess(size):
        raise BadRecipe(f"size {text!r}: {problem}")
    return size


def _read(said: str) -> Size | None:
    if found := re.fullmatch(rf"(?:(long|short):)?{_NUMBER}", said):
        return Size(int(found[2]), Measure(found[1] or Measure.LONG))
    if found := re.fullmatch(r"(\d{1,20}(?:\.\d{1,20})?|\.\d{1,20})\s*mp", said):
        return Size(round(float(found[1]) * 1e6), Measure.PIXELS)
    if found := re.fullmatch(rf"{_NUMBER}x{_NUMBER}", said):
        return Size(int(found[1]), Measure.EXACT, int(found[2]))
    return None
