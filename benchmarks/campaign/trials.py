"""What a campaign is made of: kinds of trouble, each of which yields trials."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Trial:
    """One fault, done to one subject (a command, a parser): both are in the table's row.

    `name` tells it from the others of its kind and subject, and is the same in every campaign of the same seed. `run`
    gets an empty folder, always at the same place, and returns what went wrong, a line each; nothing, if all survived.
    """

    subject: str
    name: str
    run: Callable[[Path], list[str]]


@dataclass(frozen=True)
class Plan:
    """What a kind is given: a folder to prepare things in, the place at which each trial gets its own, its own chance,
    and how many trials are wished for.

    None is as many as the kind itself thinks right; what is gone through one by one is no matter of wishes.
    """

    folder: Path
    here: Path
    random: Random
    wished: int | None = None
    subjects: frozenset[str] = frozenset()      # those asked for; none is all

    def wants(self, subject: str) -> bool:
        """Whether trials of this subject are asked for; those of others need not be prepared."""
        return not self.subjects or subject in self.subjects


Kind = Callable[[Plan], Iterator[Trial]]
