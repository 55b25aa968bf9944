"""What narrows a selection, whichever way it was named: the same for images and for results.

Of results, `min_side` and `aspect` are those of the picture, `since` and `until` the time it was made; role, profile,
words and full size are those of its content; tag, star and status its own.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from db.errors import BadSelection
from db.records import ResultStatus, Role

_SHAPE = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,4})?):([0-9]{1,5}(?:\.[0-9]{1,4})?)")
_NEARLY = 0.02      # sides are whole pixels


class ImageStatus(StrEnum):
    """Whether an image is part of what is meant by "all"."""

    INCLUDED = "included"
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Aspect:
    """Bounds of width over height, both included."""

    least: float
    most: float


@dataclass(frozen=True)
class Filters:
    """What holds of everything that is selected; what is not said holds of all."""

    role: Role | None = None
    profiles: tuple[str, ...] = ()          # one of them
    since: datetime | None = None
    until: datetime | None = None
    min_side: int | None = None             # pixels of the shorter side
    aspect: Aspect | None = None
    full_size: bool = False
    text: str | None = None                 # words, each of which is in a caption or an alternative text
    tags: tuple[str, ...] = ()              # every one of them
    starred: bool = False
    status: ImageStatus | ResultStatus | None = None


NO_FILTERS = Filters()


def parse_aspect(text: str) -> Aspect:
    """`landscape`, `portrait`, `square`, or a shape such as `4:5`, to two hundredths. Raises BadSelection."""
    words = {
        "landscape": Aspect(1 + _NEARLY, float("inf")), "portrait": Aspect(0, 1 - _NEARLY),
        "square": Aspect(1 - _NEARLY, 1 + _NEARLY),
    }
    if text.lower() in words:
        return words[text.lower()]
    found = _SHAPE.fullmatch(text)
    if found is None or not float(found[1]) or not float(found[2]):
        raise BadSelection(f"{text[:80]!r} is no aspect: landscape, portrait, square, or a shape such as 4:5")
    shape = float(found[1]) / float(found[2])
    return Aspect(shape * (1 - _NEARLY), shape * (1 + _NEARLY))
