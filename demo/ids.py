"""Media ids, the short codes in links, and the upload moment an id carries.

A code is its id in base 64 and nothing else, so either can be had from the other.
"""

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
EPOCH_MS = 1314220021721  # the moment that media id 0 stands for
TIME_SHIFT = 23  # bits below the milliseconds: shard and sequence


def code_of(pk: int) -> str:
    """The short code of a media id: big-endian base 64, no padding, no leading zero digits."""
    if pk <= 0:
        raise ValueError(f"a media id is positive: {pk}")
    digits = ""
    while pk:
        pk, digit = divmod(pk, 64)
        digits = ALPHABET[digit] + digits
    return digits


def pk_of(code: str) -> int:
    """The media id of a short code; ValueError on a character outside the alphabet."""
    pk = 0
    for character in code:
        pk = pk * 64 + ALPHABET.index(character)
    return pk


def pk_at(unix_s: float, low: int = 0) -> int:
    """The media id of an upload at a moment; `low` (under 2**23) tells uploads of one millisecond apart."""
    return (round(unix_s * 1000) - EPOCH_MS) << TIME_SHIFT | low


def uploaded_at(pk: int) -> float:
    """The upload moment in Unix seconds: at or before the time the post was published."""
    return ((pk >> TIME_SHIFT) + EPOCH_MS) / 1000
