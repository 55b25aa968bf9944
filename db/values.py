"""One value out of an untrusted document, a page's or another tool's: of the wanted type and within bounds, or None.

Ids come as int or string, numbers as string, dates in every form, anything as null; what passes here fits the
catalog's columns, and is the same whichever way it came in. Nothing here raises, whatever it is given.
"""

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST_TEXT = 20_000       # captions end at 2,200 characters
_LONGEST_NUMBER = 24
_LARGEST_SIDE_PX = 100_000
_GRAPH_ID_PREFIX = "17841"          # ids of the business graph, which are not a user's pk
_ID = re.compile(r"[0-9]{1,24}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{5,64}", re.ASCII)
_NAME = re.compile(r"[a-z0-9._]{1,30}", re.ASCII)

_EARLIEST_S = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp())     # Instagram's first year
_DAY_S = 86_400
# A clock that stands before the day on which this was written is wrong, and no reason to doubt a date.
_WRITTEN_S = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())
# Seconds, milliseconds, microseconds, nanoseconds: no number is a date of these years in two of them.
_UNITS = (1, 10**3, 10**6, 10**9)
_NUMBER = re.compile(r"[0-9]{1,24}(?:\.[0-9]{0,12})?(?:[eE]\+?[0-9]{1,2})?", re.ASCII)
_LONGEST_DATE = 40


def text(value: Any) -> str | None:
    """A text without the characters that no database or terminal takes, cut to a length that no honest one reaches."""
    if not isinstance(value, str):
        return None
    return value[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode() or None


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """A JSON array, or an empty one."""
    return value if isinstance(value, list) else []


def child(value: Any, *path: str | int) -> Any:
    """What stands at the end of the path of keys and positions, None where it does not lead on."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def integer(value: Any) -> int | None:
    """An int, also one written as a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER:
        return int(value)
    return None


def finite(value: object) -> float | None:
    """A number as JSON can hold it; None for anything else."""
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    except OverflowError:       # a whole number beyond all floats
        return None


def whole(value: Any, most: int) -> int | None:
    """A number from 1 to `most`."""
    number = integer(value)
    return number if number is not None and 1 <= number <= most else None


def side_px(value: Any) -> int | None:
    """A width or a height in pixels."""
    return whole(value, _LARGEST_SIDE_PX)


def identity(value: Any) -> str | None:
    """The digits of an id given as 123, "123", "123_456" (owner behind it) or "POLARIS_123"."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**_LONGEST_NUMBER else ""
    if not isinstance(value, str):
        return None
    digits = _matching(_ID, value.removeprefix("POLARIS_").partition("_")[0])
    return digits if digits and digits.strip("0") else None


def user_pk(user: Mapping[str, Any]) -> str | None:
    """The pk of a user object; older generations call it `id`, the newest uses that for another number."""
    pk = identity(user.get("pk"))
    if pk is not None:
        return pk
    older = identity(user.get("id"))
    graph_id = older is not None and older.startswith(_GRAPH_ID_PREFIX) and len(older) == 17
    return None if graph_id else older


def code(value: Any) -> str | None:
    """A post's shortcode."""
    return _matching(_CODE, value)


def username(value: Any) -> str | None:
    """A profile's name in lower case."""
    return _matching(_NAME, value.lower() if isinstance(value, str) else None)


def moment(value: Any) -> datetime | None:
    """A date between 2010 and tomorrow, in whole seconds, as an aware datetime in UTC.

    Seconds since 1970 are what Instagram writes; milliseconds and finer, floats, ISO 8601 (UTC where it names no
    offset), and each of these as text, are read as the same.
    """
    if isinstance(value, str):
        value = _seconds_in(value)
    if isinstance(value, bool) or finite(value) is None:
        return None
    latest_s = max(time.time(), _WRITTEN_S) + _DAY_S
    for unit in _UNITS:
        seconds = int(value // unit)
        if _EARLIEST_S <= seconds <= latest_s:
            return datetime.fromtimestamp(seconds, UTC)
    return None


def _seconds_in(written: str) -> int | float | None:
    written = written.strip() if len(written) <= _LONGEST_DATE else ""
    if _NUMBER.fullmatch(written):
        return int(written) if written.isdigit() else float(written)
    try:
        read = datetime.fromisoformat(written)
        return (read.replace(tzinfo=UTC) if read.tzinfo is None else read).timestamp()
    except (ValueError, OverflowError):
        return None


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
