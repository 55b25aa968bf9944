"""Pictures as people have them <-> pixels as the optimiser wants them.

Invariant: what a viewer shows is what comes in (EXIF orientation, colour profile, transparency and bit depth
are all honoured), and a tensor holds RGB in sRGB, 0..255, shape [B, 3, H, W], float32. Pillow pictures come
in decoded and checked (`db.imaging.pictures.open_picture`).
"""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor

from db.imaging.pictures import open_picture
from db.imaging.srgb import opacity, to_rgb
from db.records import Image
from stylizer.errors import ImageTooLarge
from stylizer.recipe.model import Recipe
from stylizer.recipe.size import Size

LEAST_SIDE_PX = 32      # leaves two positions of the deepest layers


def fit(picture: Pillow.Image, size: Size) -> Pillow.Image:
    """The picture at this size, resampled by Lanczos. Raises ImageTooLarge before it is made."""
    frame = size.frame(*picture.size)
    if frame.excess:
        raise ImageTooLarge(f"{frame.width} x {frame.height} pixels, {frame.excess}")
    whole = (0.0, 0.0, float(picture.width), float(picture.height))
    if (frame.width, frame.height) == picture.size and frame.box == whole:
        return picture
    return picture.resize((frame.width, frame.height), Pillow.Resampling.LANCZOS, frame.box)


def to_tensor(picture: Pillow.Image) -> Tensor:
    """Pixels [1, 3, H, W] of an RGB picture, float32 in 0..255."""
    return torch.from_numpy(np.array(picture, dtype=np.float32)).permute(2, 0, 1)[None].contiguous()


def load_scales(picture: Pillow.Image, size: Size, scales: Sequence[float]) -> list[Tensor]:
    """Pixels [1, 3, H, W] in 0..255 of any decoded picture, upright and in sRGB, at each of these shares of its
    fitted size. A coarse scale has no side below `LEAST_SIDE_PX` that the fitted picture has above it.
    """
    fitted = fit(to_rgb(picture), size)
    lowest = min(1.0, LEAST_SIDE_PX / min(fitted.size))
    return [
        to_tensor(fit(fitted, Size(max(1, round(max(fitted.size) * max(scale, lowest)))))) for scale in scales
    ]


def load_opacity(picture: Pillow.Image, size: Size) -> Tensor | None:
    """How opaque the upright picture is at this size, [H, W] in 0..255; None where nothing is transparent."""
    found = opacity(picture)
    return None if found is None else torch.from_numpy(np.array(fit(found, size), dtype=np.float32))


def to_bytes(pixels: Tensor) -> Tensor:
    """Pixels as they are saved: uint8 of the same shape, clamped to 0..255 and rounded to the nearest."""
    return pixels.detach().clamp(0, 255).round().to(torch.uint8)


def opacity_of(content: Image, recipe: Recipe) -> Tensor | None:
    """The content's transparency at the size of the picture, [H, W] in 0..255; None where there is none."""
    with open_picture(content.path, content.sha256) as picture:
        return load_opacity(picture, recipe.extent)
