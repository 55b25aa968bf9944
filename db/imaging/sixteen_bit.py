"""Colour pictures of 16 bits, exactly.

Pillow reads them as 8 bits and takes the upper byte, which cuts where it should round. Read once more in the other
byte order the same file gives the lower byte.
"""

import sys
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BAND = 4_000_000
_LITTLE = sys.byteorder == "little"
# Of the raw modes' last letters: big-endian, little-endian, and whichever this machine is.
_OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if _LITTLE else "L"}


def read_deep(file: IO[bytes], formats: tuple[str, ...]) -> NDArray[np.uint16] | None:
    """The values [H, W, 3 or 4] of an RGB or RGBA picture of 16 bits a channel; None for any other.

    `formats` are those that Pillow may open. Raises what Pillow raises.
    """
    file.seek(0)
    with Image.open(file, formats=formats) as picture:
        if not _is_deep(picture):
            return None
        values = np.asarray(picture).astype(np.uint16)
    values <<= 8
    file.seek(0)
    with Image.open(file, formats=formats) as picture:
        picture.tile = [tile._replace(args=_swapped(tile.args)) for tile in picture.tile]
        values |= np.asarray(picture)
    return values


def to_8_bits(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The nearest of 8 bits: 65535 is 255."""
    found = np.empty(values.shape, np.uint8)
    rows = max(1, _BAND // max(1, values[:1].size))
    for top in range(0, len(values), rows):     # in bands, for the numbers between take twice their room
        found[top : top + rows] = (values[top : top + rows].astype(np.uint32) + 128) // 257
    return found


def _is_deep(picture: Image.Image) -> bool:
    tiles = getattr(picture, "tile", [])
    return bool(tiles) and all(_raw_mode(tile.args).startswith(("RGB;16", "RGBA;16")) for tile in tiles)


def _raw_mode(args: tuple[Any, ...] | str | None) -> str:
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _swapped(args: tuple[Any, ...] | str | None) -> tuple[Any, ...] | str:
    mode = _raw_mode(args)
    other = mode[:-1] + _OTHER_ORDER[mode[-1]]
    return (other, *args[1:]) if isinstance(args, tuple) else other
