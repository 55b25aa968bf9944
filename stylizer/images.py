"""Pictures as people have them <-> pixels as the optimiser wants them.

Invariant: what a viewer shows is what comes in (EXIF orientation, colour profile, transparency and bit depth
are all honoured), and a tensor holds RGB in sRGB, 0..255, shape [B, 3, H, W], float32. Pillow pictures come
in decoded and checked (`db.pictures.open_picture`).
"""

import io

import numpy as np
import torch
from PIL import Image, ImageCms, PngImagePlugin
from torch import Tensor

from db.pictures import orientation

_WHITE = (255, 255, 255)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def to_rgb(picture: Image.Image) -> Image.Image:
    """The picture upright, in 8-bit sRGB, transparent parts over white."""
    turn = _UPRIGHT.get(orientation(picture))
    profile = picture.info.get("icc_profile")
    if picture.mode == "P":
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    elif picture.mode.startswith(("I", "F")):
        picture = _to_8_bits(picture)
    elif picture.has_transparency_data:
        picture = picture.convert("LA" if picture.mode in ("L", "LA", "La") else "RGBA")
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    if alpha is not None:
        picture = picture.convert("L" if picture.mode == "LA" else "RGB")
    picture = _to_srgb(picture, profile)
    if alpha is not None:
        picture = Image.composite(picture, Image.new("RGB", picture.size, _WHITE), alpha)
    return picture if turn is None else picture.transpose(turn)


def _to_8_bits(picture: Image.Image) -> Image.Image:
    """One channel of 16 bits (Pillow's I;16 or I), or of floats taken as 0..255, to grey of 8 bits, rounded."""
    values = np.asarray(picture, dtype=np.float64)
    if picture.mode != "F":
        values = values / 257
    return Image.fromarray(np.rint(values.clip(0, 255)).astype(np.uint8))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return picture.convert("RGB")
    if picture.mode not in ("L", "RGB", "CMYK", "LAB"):
        picture = picture.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):      # a broken or mismatched profile: what viewers do is ignore it
        converted = None
    return converted or picture.convert("RGB")


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


def load(picture: Image.Image, long_side_px: int) -> Tensor:
    """Pixels [1, 3, H, W] in 0..255 of any decoded picture, upright, in sRGB and fitted to the size."""
    return to_tensor(fit(to_rgb(picture), long_side_px))


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
