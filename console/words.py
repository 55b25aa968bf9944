"""Numbers with their nouns."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Such as "1 picture" and "2 pictures"; a plural that is not the noun with an s is given."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
