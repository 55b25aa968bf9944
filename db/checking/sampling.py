"""A share of the files whose turn it is today, so that a check a day gets round to all of them.

Files are dealt into so many parts by their hashes, and the day's number says which part's turn it is. There is a prime
number of parts, the one nearest to what was asked for: any rhythm that is no multiple of it, such as every day or every
week, meets every part once in as many runs. Seven is left out, for there are seven days in a week.
"""

from dataclasses import dataclass

_DAY_S = 86_400


@dataclass(frozen=True)
class Share:
    """One of so many parts of all files."""

    part: int
    parts: int

    def has(self, sha256: str) -> bool:
        """Whether a file of this hash, or of another name, is in it."""
        start = sha256[:12]
        try:
            number = int(start, 16)
        except ValueError:
            number = sum(start.encode())
        return number % self.parts == self.part


EVERYTHING = Share(0, 1)


def share_of(percent: float, now_s: float) -> Share:
    """The part of about so many percent whose turn it is at this time."""
    parts = _nearest_prime(100 / percent)
    return Share(int(now_s // _DAY_S) % parts, parts)


def _nearest_prime(wanted: float) -> int:
    """1 counts, 7 does not."""
    near = sorted(range(1, round(wanted) * 2 + 2), key=lambda number: abs(number - wanted))
    return next(number for number in near if number != 7 and _is_prime(number))


def _is_prime(number: int) -> bool:
    return all(number % divisor for divisor in range(2, int(number**0.5) + 1))
