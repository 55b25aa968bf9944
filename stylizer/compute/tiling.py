"""How large a part of a picture the network may see at once. Without torch, so that a mistake is told at once."""

import math
import re
from dataclasses import dataclass, replace

from stylizer.errors import BadRecipe

AUTO, OFF = "auto", "off"
LEAST_PX = 32       # smaller tiles are nearly all margin
# Tiles of more than so many bytes save little: at 2.5 KB a pixel their margins are a third of the work already. And a
# picture of 4096 px holds 4 GB besides.
_TILE_BYTES = 1 << 30
_WHOLE_BYTES = 2 << 30      # of a coarser scale: beside its own optimiser, which is a quarter of that


@dataclass(frozen=True)
class Tiling:
    """How large a part of a picture the network may see at once; by default all of it.

    `tile_px` is the side of a tile without its margin. With `memory_bytes` a picture that fits is seen whole, and
    any other by the largest tiles that fit. It is no part of a recipe: results differ by rounding alone.
    """

    tile_px: int | None = None
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        """Raises BadRecipe for a tile below 32 pixels."""
        if self.tile_px is not None and self.tile_px < LEAST_PX:
            raise BadRecipe(f"a tile must be at least {LEAST_PX} pixels wide, not {self.tile_px}")

    def side(self, height: int, width: int, *, bytes_per_pixel: float, margin: int) -> int | None:
        """The side of a tile in pixels for a picture of this size, or None to see it whole."""
        if self.memory_bytes is None:
            return self.tile_px
        if height * width * bytes_per_pixel <= self.memory_bytes:
            return None
        seen = math.isqrt(int(min(self.memory_bytes, _TILE_BYTES) / bytes_per_pixel))
        return max(LEAST_PX, seen - 2 * margin, self.tile_px or 0)

    def throughout(self, height: int, width: int, *, bytes_per_pixel: float, margin: int) -> "Tiling":
        """The same for every scale of a picture of this size.

        Where it is seen by tiles, a coarser scale is seen whole only if that takes no more than the last one: else the
        scale at half its side would take most of all.
        """
        side_px = self.side(height, width, bytes_per_pixel=bytes_per_pixel, margin=margin)
        if side_px is None or self.memory_bytes is None:
            return self
        return replace(self, memory_bytes=min(self.memory_bytes, _WHOLE_BYTES))


WHOLE = Tiling()


def choose(text: str, memory_bytes: int | None = None) -> Tiling:
    """What a user means by `auto` (what fits into so much memory), `off` or a side in pixels. Raises BadRecipe."""
    if text == AUTO:
        return Tiling(memory_bytes=memory_bytes)
    if text == OFF:
        return WHOLE
    if not re.fullmatch(r"\d{1,5}", text):
        raise BadRecipe(f"tile {text!r}: say auto, off, or the side of a tile in pixels")
    return Tiling(int(text))
