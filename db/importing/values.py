"""Values out of somebody else's JSON: the wanted type, or None. Nothing here raises, whatever it is given."""

import re
from datetime import UTC, datetime

LONGEST_TEXT = 10_000       # captions end at 2,200 characters
_PK = re.compile(r"[1-9][0-9]{0,24}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{5,64}", re.ASCII)
_NAME = re.compile(r"[a-z0-9._]{1,30}", re.ASCII)


def child(value: object, *path: str | int) -> object:
    """What stands at the end of the path of keys and positions, None where it does not lead on."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def items(value: object) -> list[object]:
    """The list that it is, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A text, cut to a length that no honest one reaches; an empty one is None."""
    return value[:LONGEST_TEXT] or None if isinstance(value, str) else None


def whole(value: object, most: int) -> int | None:
    """A number from 1 to `most`."""
    return value if type(value) is int and 1 <= value <= most else None


def pk(value: object) -> str | None:
    """An id, written as a number or as its digits."""
    return _matching(_PK, str(value) if type(value) is int else value)


def code(value: object) -> str | None:
    """A post's shortcode."""
    return _matching(_CODE, value)


def username(value: object) -> str | None:
    """A profile's name in lower case."""
    return _matching(_NAME, value.lower() if isinstance(value, str) else None)


def moment(value: object) -> datetime | None:
    """A time, from seconds since 1970 or from ISO 8601 with or without a T; UTC unless it says otherwise."""
    try:
        if type(value) in (int, float):
            return datetime.fromtimestamp(float(value), UTC)    # type: ignore[arg-type] # one of the two, see above
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
