"""A picture as people see it: upright, in 8-bit sRGB, opaque.

Whatever mode, orientation, bit depth or colour profile a decoded picture has, RGB of its own aspect comes out.
"""

import io

import numpy as np
from PIL import Image, ImageCms

from db.imaging.orientation import orientation

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
    colours, alpha = parts(picture)
    profile = picture.info.get("icc_profile")
    seen = through_profile(colours, profile) if profile else colours.convert("RGB")
    if alpha is not None:
        colours, seen = seen, Image.new("RGB", seen.size, _WHITE)
        seen.paste(colours, mask=alpha)
    return upright(seen, picture)


def opacity(picture: Image.Image) -> Image.Image | None:
    """How opaque the upright picture is, 0 to 255 in mode L; None where nothing of it is transparent."""
    _, alpha = parts(picture)
    if alpha is None or alpha.getextrema()[0] == 255:
        return None
    return upright(alpha, picture)


def parts(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours, in a mode without alpha and of 8 bits, and the alpha channel if there is one."""
    if picture.mode == "P":
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    elif picture.mode.startswith(("I", "F")):
        return _to_8_bits(picture), _without(picture, picture.info.get("transparency"))
    elif picture.has_transparency_data:
        picture = picture.convert("LA" if picture.mode in ("L", "LA", "La") else "RGBA")
    if picture.mode not in ("LA", "RGBA"):
        return picture, None
    return picture.convert("L" if picture.mode == "LA" else "RGB"), picture.getchannel("A")


def _without(picture: Image.Image, transparent: object) -> Image.Image | None:
    """Opaque but where the numbers are those of the transparent grey."""
    if not isinstance(transparent, int):
        return None
    return Image.fromarray((np.asarray(picture) != transparent).astype(np.uint8) * np.uint8(255))


def upright(picture: Image.Image, stored: Image.Image) -> Image.Image:
    """The picture turned as the EXIF orientation of the stored one says."""
    turn = _UPRIGHT.get(orientation(stored))
    return picture if turn is None else picture.transpose(turn)


def _to_8_bits(picture: Image.Image) -> Image.Image:
    """One channel of 16 bits (Pillow's I;16 or I), or of floats taken as 0..255, to grey of 8 bits, rounded."""
    values = np.asarray(picture, dtype=np.float64)
    if picture.mode != "F":
        values = values / 257
    return Image.fromarray(np.rint(values.clip(0, 255)).astype(np.uint8))


def through_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    """The colours of this profile in sRGB, mode RGB; as they are where the profile is none, or fits not."""
    if picture.mode not in ("L", "RGB", "CMYK", "LAB"):
        picture = picture.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):      # a broken or mismatched profile: what viewers do is ignore it
        converted = None
    return converted or picture.convert("RGB")
