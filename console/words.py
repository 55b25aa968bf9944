"""Numbers with their nouns, and names one after the other."""

from collections.abc import Sequence

_NAMED = 8


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Such as "1 picture" and "2 pictures"; a plural that is not the noun with an s is given."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def listed(names: Sequence[object], most: int = _NAMED) -> str:
    """Such as "a", "a and b", "a, b and c"; of more than `most` the first ones, and how many more there are."""
    words = [str(name) for name in names[:most]]
    if len(names) > most:
        words.append(f"{len(names) - most} more")
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
