"""Which way up a picture is stored."""

from PIL import Image

EXIF_ORIENTATION = 0x0112


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it makes no sense."""
    try:
        value = picture.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - EXIF is untrusted: a broken block means upright, never a failure
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
