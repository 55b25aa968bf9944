"""Pictures as people have them <-> pixels as the optimiser wants them.

Invariant: what a viewer shows is what comes in (EXIF orientation, colour profile, transparency and bit depth
are all honoured), and a tensor holds RGB in sRGB, 0..255, shape [B, 3, H, W], float32. Pillow pictures come
in decoded and checked (`db.pictures.open_picture`).
"""

import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

from db.srgb import to_rgb

LEAST_SIDE_PX = 32      # leaves two positions of the deepest layers


def fit(picture: Image.Image, long_side_px: int) -> Image.Image:
    """The picture with its longest side at most `long_side_px`, resampled by Lanczos; never scaled up."""
    longest = max(picture.size)
    if longest <= long_side_px:
        return picture
    width, height = (max(1, round(side * long_side_px / longest)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def to_tensor(picture: Image.Image) -> Tensor:
    """Pixels [1, 3, H, W] of an RGB picture, float32 in 0..255."""
    return torch.from_numpy(np.array(picture, dtype=np.float32)).permute(2, 0, 1)[None].contiguous()


def load_scales(picture: Image.Image, long_side_px: int, scales: Sequence[float]) -> list[Tensor]:
    """Pixels [1, 3, H, W] in 0..255 of any decoded picture, upright and in sRGB, at each of these shares of its
    fitted size. A coarse scale has no side below `LEAST_SIDE_PX` that the fitted picture has above it.
    """
    upright = fit(to_rgb(picture), long_side_px)
    lowest = min(1.0, LEAST_SIDE_PX / min(upright.size))
    return [to_tensor(fit(upright, round(max(upright.size) * max(scale, lowest)))) for scale in scales]


def to_bytes(pixels: Tensor) -> Tensor:
    """Pixels as they are saved: uint8 of the same shape, clamped to 0..255 and rounded to the nearest."""
    return pixels.detach().clamp(0, 255).round().to(torch.uint8)


def encode_png(pixels: Tensor, metadata: dict[str, str]) -> bytes:
    """The PNG of uint8 pixels [3, H, W], marked as sRGB, with each entry of `metadata` as a text chunk."""
    text = PngImagePlugin.PngInfo()
    text.add(b"sRGB", b"\0")        # rendering intent: perceptual
    for key, value in metadata.items():
        text.add_itxt(key, value)
    out = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy()).save(out, "PNG", pnginfo=text)
    return out.getvalue()
