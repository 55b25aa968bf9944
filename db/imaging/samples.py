"""Numbers of any depth -> 8 bits, rounded to the nearest: which of them is black and which white.

Whole numbers go from 0 to the largest that their bits hold. Floats go from 0 to 1, or to 255 where they are clearly
numbers of bytes; where neither is clear the picture is refused, for a guess would make it black or white.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from db.errors import PictureRefused
from db.imaging.tiff import CMYK, OPAQUE_EXTRA, PREMULTIPLIED, RGB, STRAIGHT, WHITE_IS_ZERO, Layout

# Resampling goes beyond black and white: so much of white is cut off.
_OVERSHOOT, _UNDERSHOOT = 2.0, 0.5
_LEAST_OF_BYTES = 16.0      # a picture in 0..255 with nothing lighter would be black, too
_BAND = 4_000_000


def to_image(values: NDArray[Any], layout: Layout) -> Image.Image:
    """The picture [H, W, channels] in mode L, LA, RGB, RGBA or CMYK. Raises PictureRefused."""
    colours = {RGB: 3, CMYK: 4}.get(layout.photometric, 1)
    extra = layout.extra[0] if layout.extra else OPAQUE_EXTRA
    if layout.channels > colours and not layout.extra and layout.photometric == RGB:
        extra = STRAIGHT        # a fourth channel that is not explained has always been taken for transparency
    has_alpha = layout.channels > colours and extra != OPAQUE_EXTRA and layout.photometric != CMYK
    kept = values[..., : colours + has_alpha]
    white = _white(kept, layout)
    pixels = np.empty(kept.shape, np.uint8)
    height = max(1, _BAND // max(1, kept[0].size))
    for top in range(0, len(kept), height):
        band = kept[top : top + height].astype(np.float64) / white
        if has_alpha and extra == PREMULTIPLIED:
            alpha = band[..., colours:]
            np.divide(band[..., :colours], alpha, out=band[..., :colours], where=alpha > 0)
        if layout.photometric == WHITE_IS_ZERO:
            band[..., :colours] = 1 - band[..., :colours]
        pixels[top : top + height] = np.floor(band.clip(0, 1) * 255 + 0.5)
    return Image.fromarray(pixels[..., 0] if kept.shape[-1] == 1 else pixels, _mode(colours, has_alpha))


def _mode(colours: int, has_alpha: bool) -> str:
    return {1: "L", 3: "RGB", 4: "CMYK"}[colours] + ("A" if has_alpha else "")


def _white(values: NDArray[Any], layout: Layout) -> float:
    """The number that is white."""
    if not layout.is_float:
        return float(2**layout.depth - 1)
    least, most = float(values.min()), float(values.max())
    if not (np.isfinite(least) and np.isfinite(most)):
        raise PictureRefused("a floating-point TIFF that holds values that are no numbers")
    white = 1.0 if most <= _OVERSHOOT else 255.0
    if (_OVERSHOOT < most < _LEAST_OF_BYTES) or most > _OVERSHOOT * white or least < -_UNDERSHOOT * white:
        raise PictureRefused(
            f"a floating-point TIFF with values from {least:.4g} to {most:.4g}: neither 0 to 1 nor 0 to 255")
    return white
