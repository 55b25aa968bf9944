"""One value out of an untrusted document: of the expected type and within bounds, or None.

Ids come as int or string, numbers as string, anything as null; what passes here fits the catalog's columns.
"""

from collections.abc import Mapping
from typing import Any

_LONGEST_TEXT = 20_000
_LONGEST_ID = 24
_LARGEST_SIDE_PX = 100_000
_GRAPH_ID_PREFIX = "17841"          # ids of the business graph, which are not a user's pk


def text(value: Any) -> str | None:
    """A text without the characters that no database or terminal takes."""
    if not isinstance(value, str):
        return None
    return value[:_LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """A JSON array, or an empty one."""
    return value if isinstance(value, list) else []


def integer(value: Any) -> int | None:
    """An int, also one written as a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID:
        return int(value)
    return None


def identity(value: Any) -> str | None:
    """The digits of an id given as 123, "123", "123_456" (owner behind it) or "POLARIS_123"."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**_LONGEST_ID else ""
    if not isinstance(value, str):
        return None
    digits = value.removeprefix("POLARIS_").partition("_")[0]
    good = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_ID and digits.strip("0")
    return digits if good else None


def user_pk(user: Mapping[str, Any]) -> str | None:
    """The pk of a user object; older generations call it `id`, the newest uses that for another number."""
    pk = identity(user.get("pk"))
    if pk is not None:
        return pk
    older = identity(user.get("id"))
    graph_id = older is not None and older.startswith(_GRAPH_ID_PREFIX) and len(older) == 17
    return None if graph_id else older


def side_px(value: Any) -> int | None:
    """A width or a height in pixels."""
    number = integer(value)
    return number if number is not None and 0 < number <= _LARGEST_SIDE_PX else None
