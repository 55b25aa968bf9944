"""JSON with something in it that does not belong there: at any place, a value of another kind, a key gone or twice.

The same seed makes the same changes.
"""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

# Values that programs take for what they are not, or that do not fit where others do.
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**30, 10**400, -(10**400), 1e308, 0.1, float("inf"), float("nan"),
    "", " ", "0", "-1", "9" * 30, "9" * 5_000, "null", "\0", "a\0b", "\ud800", "\udfff\ud800", "\u202e\u2066gnp.exe",
    "\u200b\ufeff", "\x1b[31mred\x1b[0m", "\r\n2026-01-01 INFO all is well", "=cmd|' /C calc'!A0",
    "'; DROP TABLE files;--", "<script>alert(1)</script>", "../../../../etc/passwd", "/etc/passwd", "C:\\windows",
    "x" * 30_000, "2026-02-30T25:61:61Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1e99", "٣", "Ⅷ",
    "https://127.0.0.1:1/x.jpg", "https://[::1]/", "https://[", "file:///etc/passwd", "javascript:alert(1)",
    "https://scontent.cdninstagram.com.evil.example/v/t51.82787-15/1_n.jpg",
    [], {}, [[]], [None], [[[[[[]]]]]], {"": {}}, {"pk": {}}, {"node": []}, {"edges": {}}, [{}] * 50,
)
_MOST_PLACES = 3_000
_MOST_CHARACTERS = 400_000
Place = tuple[Any, Any]     # a list or an object, and the position or key in it


def changed(value: Any, generator: random.Random, times: int | None = None) -> Any:
    """A copy with one to six things changed."""
    holder = [deepcopy(value)]
    for _ in range(times or generator.choice((1, 1, 1, 2, 3, 6))):
        places = list(_places(holder))
        _change(generator.choice(places), places, generator)
    return holder[0]


def written(value: Any) -> str:
    """As JSON with what JSON does not have, too: NaN, halves of surrogate pairs, and whole numbers of any length."""
    return json.dumps(value)[:_MOST_CHARACTERS]


def places_of(value: Any) -> list[Place]:
    """Every place in a document that holds a value."""
    return list(_places([value]))[1:]


def _places(root: list[Any]) -> Iterator[Place]:
    stack: list[Any] = [root]
    count = 0
    while stack and count < _MOST_PLACES:
        holder = stack.pop()
        for at in list(holder) if isinstance(holder, dict) else range(len(holder)):
            count += 1
            yield holder, at
            if isinstance(holder[at], dict | list):
                stack.append(holder[at])


def _change(place: Place, places: list[Place], generator: random.Random) -> None:
    holder, at = place
    other_holder, other_at = generator.choice(places)
    match generator.randrange(9):
        case 0 | 1 | 2:
            holder[at] = deepcopy(generator.choice(ODD))
        case 3:
            del holder[at]
            if not holder and isinstance(holder, list):
                holder.append(None)
        case 4:
            holder[at] = deepcopy(other_holder[other_at])
        case 5:
            holder[at] = [holder[at]] * generator.choice((1, 2, 30))
        case 6:
            holder[at] = {generator.choice(("node", "data", "user", "items", "edges", "")): holder[at]}
        case 7 if isinstance(holder, dict) and isinstance(other_at, str):
            holder[other_at] = holder.pop(at)
        case 7 | 8 if isinstance(holder[at], str):
            holder[at] = _edited(holder[at], generator)
        case _:
            holder[at] = str(holder[at]) if isinstance(holder[at], int) and abs(holder[at]) < 10**30 else [holder[at]]


def _edited(text: str, generator: random.Random) -> str:
    at = generator.randrange(len(text) + 1)
    inserted = generator.choice(("", "\0", "\ud800", "/", "..", "%00", "'", '"', "\u202e", "x" * 5_000, "9" * 25))
    return text[:at] + inserted + text[at + generator.randrange(3) :]
