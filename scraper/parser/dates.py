"""The date of a post out of an untrusted document, in whichever way it is written there.

Seconds since 1970 are what Instagram writes; milliseconds and finer, floats, ISO 8601, and each of these as text, are
read as the same. What is read lies between 2010 and tomorrow, in whole seconds, or is None.
"""

import math
import re
import time
from datetime import UTC, datetime
from typing import Any

_EARLIEST_S = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp())     # Instagram's first year
_DAY_S = 86_400
# A clock that stands before the day on which this was written is wrong, and no reason to doubt a date.
_WRITTEN_S = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())
# Seconds, milliseconds, microseconds, nanoseconds: no number is a date of these years in two of them.
_UNITS = (1, 10**3, 10**6, 10**9)
_NUMBER = re.compile(r"[0-9]{1,24}(?:\.[0-9]{0,12})?(?:[eE]\+?[0-9]{1,2})?", re.ASCII)
_LONGEST = 40


def moment(value: Any) -> datetime | None:
    """A date as an aware datetime in UTC; one of ISO 8601 without an offset is UTC."""
    if isinstance(value, str):
        value = _out_of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    latest_s = max(time.time(), _WRITTEN_S) + _DAY_S
    for unit in _UNITS:
        seconds = int(value // unit)
        if _EARLIEST_S <= seconds <= latest_s:
            return datetime.fromtimestamp(seconds, UTC)
    return None


def _out_of_text(text: str) -> int | float | None:
    text = text.strip() if len(text) <= _LONGEST else ""
    if _NUMBER.fullmatch(text):
        return int(text) if text.isdigit() else float(text)
    try:
        read = datetime.fromisoformat(text)
        return (read.replace(tzinfo=UTC) if read.tzinfo is None else read).timestamp()
    except (ValueError, OverflowError):
        return None
