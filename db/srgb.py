"""A picture as people see it: upright, in 8-bit sRGB, opaque.

Whatever mode, orientation, bit depth or colour profile a decoded picture has, RGB of its own aspect comes out.
"""

import io

import numpy as np
from PIL import Image, ImageCms

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
    colours, alpha = _parts(picture)
    seen = _to_srgb(colours, picture.info.get("icc_profile"))
    if alpha is not None:
        seen = Image.composite(seen, Image.new("RGB", seen.size, _WHITE), alpha)
    return _upright(seen, picture)


def opacity(picture: Image.Image) -> Image.Image | None:
    """How opaque the upright picture is, 0 to 255 in mode L; None where nothing of it is transparent."""
    _, alpha = _parts(picture)
    if alpha is None or alpha.getextrema()[0] == 255:
        return None
    return _upright(alpha, picture)


def _parts(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours, in a mode without alpha and of 8 bits, and the alpha channel if there is one."""
    if picture.mode == "P":
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    elif picture.mode.startswith(("I", "F")):
        picture = _to_8_bits(picture)
    elif picture.has_transparency_data:
        picture = picture.convert("LA" if picture.mode in ("L", "LA", "La") else "RGBA")
    if picture.mode not in ("LA", "RGBA"):
        return picture, None
    return picture.convert("L" if picture.mode == "LA" else "RGB"), picture.getchannel("A")


def _upright(picture: Image.Image, stored: Image.Image) -> Image.Image:
    turn = _UPRIGHT.get(orientation(stored))
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
