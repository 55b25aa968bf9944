"""What stands behind the ? of an address: numbers and words of ours, everything else left out.

Invariant: nothing that a visitor writes there is an error; what means nothing is as if it were not there.
"""

import math
from collections.abc import Collection, Mapping
from datetime import date

from starlette.convertors import Convertor, register_url_convertor

MOST = 2**63 - 1        # SQLite's largest number


def whole(query: Mapping[str, str], name: str, *, least: int = 1, most: int = MOST) -> int | None:
    """A whole number within bounds."""
    said = query.get(name, "")
    if not said.isascii() or not said.isdecimal() or len(said) > 19:
        return None
    number = int(said)
    return number if least <= number <= most else None


def word(query: Mapping[str, str], name: str, known: Collection[str] | None = None) -> str | None:
    """A word that is not empty; with `known`, one of these."""
    said = query.get(name, "").strip()
    return said if said and (known is None or said in known) else None


def number(query: Mapping[str, str], name: str) -> float | None:
    """A number that is one."""
    try:
        said = float(query.get(name, ""))
    except ValueError:
        return None
    return said if math.isfinite(said) else None


def day(query: Mapping[str, str], name: str) -> str | None:
    """A day, such as 2026-11-26."""
    try:
        return date.fromisoformat(query.get(name, "")).isoformat()
    except ValueError:
        return None


class _Number(Convertor[int]):
    """An id, or any whole number of a length that the catalog can hold."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("number", _Number())
ID = "{id:number}"      # in the path of a route
