"""What an image's address tells of itself: how the picture was made from the upload, and until when it is valid.

Addresses are read and never edited: they are signed.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from scraper.posts import Fit

_BOX = re.compile(r"([sp])(\d{1,5})x(\d{1,5})", re.ASCII)
_CROP = re.compile(r"c\d{1,5}\.\d{1,5}\.(\d{1,5})\.(\d{1,5})a?", re.ASCII)
_LONGEST = 4_000


@dataclass(frozen=True)
class Rendition:
    """How a picture was made: whole or cropped, and the box in pixels it was fitted into, if any."""

    fit: Fit
    box: tuple[int, int] | None


def rendition(url: str) -> Rendition:
    """Read the transform of `url`: the query's `stp`, or path segments in addresses from before 2019."""
    try:
        parts = urlsplit(url[:_LONGEST])
    except ValueError:
        return Rendition(Fit.PREVIEW, None)
    tokens = parse_qs(parts.query).get("stp", [""])[0].split("_") + parts.path.split("/")[:-1]
    boxes = [(int(found[2]), int(found[3])) for token in tokens if (found := _BOX.fullmatch(token))]
    crops = [(int(found[1]), int(found[2])) for token in tokens if (found := _CROP.fullmatch(token))]
    box = boxes[0] if boxes else crops[0] if crops else None
    return Rendition(Fit.CROPPED if crops else Fit.SIZED if boxes else Fit.ORIGINAL, box)


def fills_its_box(url: str, width: int, height: int) -> bool:
    """Whether a picture of this size was made smaller, or may have been, to fit what its address says.

    Nothing is enlarged: one that stays below the box of its address is the upload itself.
    """
    box = rendition(url).box
    return box is not None and max(width, height) >= min(box) - 1     # sides are rounded


def expires_at(url: str) -> int | None:
    """The unix time from which the address is refused (`oe`, hexadecimal), or None when it does not say."""
    try:
        value = parse_qs(urlsplit(url[:_LONGEST]).query).get("oe", [""])[0]
        return int(value, 16) if re.fullmatch(r"[0-9A-Fa-f]{6,10}", value) else None
    except ValueError:
        return None
