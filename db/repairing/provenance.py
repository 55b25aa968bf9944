"""What a result's picture says of itself: the JSON that was written into it, to put it back in the catalog.

Invariant: the file was decoded by `db.imaging` before; what is read is bounded, and is used only where its hashes are
those of files that are there.
"""

import json
import re
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

_KEY = "stylegram"
_UNCODED = b"ASCII\0\0\0"
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
_LONGEST = 256 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def details_in(path: Path) -> dict[str, Any] | None:
    """How the picture says that it was made, with the hashes of a content, a style and a recipe; None for any other."""
    try:
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as picture:
            text = _text_of(picture)
        found = json.loads(text) if 0 < len(text) <= _LONGEST else None
    except Exception:  # noqa: BLE001 - decoders of untrusted bytes raise anything
        return None
    is_ours = isinstance(found, dict) and all(
        isinstance(found.get(name), str) and _SHA256.fullmatch(found[name])
        for name in ("content_sha256", "style_sha256", "recipe_hash")) and isinstance(found.get("recipe"), dict)
    return found if is_ours else None


def _text_of(picture: Image.Image) -> str:
    match picture.format:
        case "PNG":
            text = picture.info.get(_KEY, "")
        case "TIFF":
            text = picture.getexif().get(ExifTags.Base.ImageDescription, "")
        case _:
            comment = picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
            text = comment.removeprefix(_UNCODED).decode() if isinstance(comment, bytes) else ""
    return text if isinstance(text, str) else ""
