"""One target: how bytes are read, and what good ones look like."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from benchmarks.fuzzing.room import Room


class Shape(Enum):
    """What its bytes are, so that changes keep them readable to the point where it matters."""

    BYTES = auto()
    JSON = auto()
    JSON_LINES = auto()


@dataclass(frozen=True)
class Target:
    """`run` raises what is a finding; `seeds` are honest inputs."""

    name: str
    run: Callable[[Room, bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    shape: Shape = Shape.BYTES
    longest_bytes: int = 100_000
    words: tuple[bytes, ...] = ()       # that a program which knows nothing of the form would not come upon
