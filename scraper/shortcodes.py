"""Shortcodes and ids of posts: the same number, written in base 64 and in base 10.

The alphabet is A-Z a-z 0-9 - _, most significant digit first, without padding. Codes and ids go both ways
without loss; the time inside an id is that of the upload, a lower bound of the post's date and never the date.
"""

from datetime import UTC, datetime, timedelta

from db import values

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_DIGITS = {letter: digit for digit, letter in enumerate(_ALPHABET)}
_EPOCH_MS = 1314220021721           # the ids' own epoch, August 2011
_TIME_SHIFT = 23                    # the lower bits are shard and sequence
_FIRST_YEAR = 2010

# A code in a link for followers of a private account carries 28 letters of key behind it.
_FOLLOWER_KEY_LENGTH = 28


def real_code(text: str) -> str | None:
    """The shortcode in `text` as it stands in a link, or None when it cannot be one."""
    if values.code(text) is None:
        return None
    if len(text) <= _FOLLOWER_KEY_LENGTH:
        return text
    return real_code(text[:-_FOLLOWER_KEY_LENGTH])


def pk_of(code: str) -> int:
    """The id of a post from its shortcode. Raises ValueError on a letter outside the alphabet."""
    pk = 0
    for letter in code:
        if letter not in _DIGITS:
            raise ValueError(f"not a shortcode: {code!r}")
        pk = pk * 64 + _DIGITS[letter]
    return pk


def code_of(pk: int) -> str:
    """The shortcode of a post from its id (0 or more)."""
    if pk < 0:
        raise ValueError("an id is not negative")
    code = ""
    while pk:
        pk, digit = divmod(pk, 64)
        code = _ALPHABET[digit] + code
    return code or _ALPHABET[0]


def uploaded_at(pk: int, now: datetime) -> datetime | None:
    """When the post was uploaded: at or before its date. None when the id holds no plausible time."""
    seconds = ((pk >> _TIME_SHIFT) + _EPOCH_MS) / 1000
    if seconds > (now + timedelta(days=1)).timestamp():
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if moment.year >= _FIRST_YEAR else None
