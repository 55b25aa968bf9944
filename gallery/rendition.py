"""A stored file as people should see it: upright, in sRGB, opaque, of a size that is asked for.

Whatever mode, orientation or colour profile the file has, an 8-bit RGB picture of its own aspect comes out.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from db.pictures import open_picture, orientation

WHITE = (255, 255, 255)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SRGB = ImageCms.createProfile("sRGB")


def open_rendition(path: Path) -> Image.Image:
    """The picture at `path` at full size. Raises PictureRefused."""
    with open_picture(path) as picture:
        turn = UPRIGHT.get(orientation(picture))
        upright = picture if turn is None else picture.transpose(turn)
        return _opaque(upright, picture.info.get("icc_profile"))


def at_most(picture: Image.Image, long_side_px: int) -> Image.Image:
    """`picture` with its longer side at most that long, its aspect kept."""
    scale = long_side_px / max(picture.size)
    if scale >= 1:
        return picture
    return resized(picture, max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))


def resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """`picture` at this size, by Lanczos."""
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


def _opaque(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if picture.mode.startswith("I;16"):
        # Pillow would clip 16 bits to 8 instead of scaling them.
        picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    if not picture.has_transparency_data:
        return _srgb(picture, profile)
    picture = picture.convert("RGBA")
    opaque = Image.new("RGB", picture.size, WHITE)
    opaque.paste(_srgb(picture, profile), mask=picture.getchannel("A"))
    return opaque


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return picture.convert("RGB")
    if picture.mode not in ("L", "CMYK"):
        picture = picture.convert("RGB")
    try:
        converted = ImageCms.profileToProfile(picture, io.BytesIO(profile), SRGB, outputMode="RGB")
    except ImageCms.PyCMSError:
        converted = None    # a broken profile, or one for other channels, says nothing about the colours
    return converted or picture.convert("RGB")
