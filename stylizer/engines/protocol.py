"""What goes to an engine and what comes back: values that any process on any machine can be sent.

Invariant: an engine yields exactly one `Made` for every job that it was given, a picture or the reason why there is
none, or it raises. It writes no catalog: whoever drives it does, and an engine is closed where that one stops.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from db.records import Image
from stylizer.compute.device import Device, hardware
from stylizer.provenance import provenance
from stylizer.run_config import RunConfig


@dataclass(frozen=True)
class Job:
    """One pair to make; `number` is its own within the run, `seed` fixes its randomness."""

    number: int
    content: Image
    style: Image
    seed: int


Batch = tuple[Job, ...]     # jobs that may advance together: their contents have one shape
MOST_TOGETHER = 16          # a GPU gains little from more, and its workers are kept equally busy


def most_together(device: str, threads: int) -> int:
    """How many pairs one worker on this torch device should have in hand: on a CPU one for each thread."""
    return min(MOST_TOGETHER, max(1, threads)) if device == Device.CPU else MOST_TOGETHER


def shared_out(most: int, jobs: int, workers: int) -> int:
    """The same where several workers share so few jobs that whole batches would leave some of them idle."""
    return max(1, min(most, -(-jobs // max(1, workers))))


@dataclass(frozen=True)
class Began:
    """A job is in hand."""

    number: int


@dataclass(frozen=True)
class Stepped:
    """One evaluation of a job."""

    number: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True)
class Glimpsed:
    """How a job looks after so many evaluations: a small JPEG, to be looked at and thrown away."""

    number: int
    step: int
    data: bytes


@dataclass(frozen=True)
class Noted:
    """Something that a user should know, in words: a smaller batch, a worker that is gone."""

    text: str


class NobodyListens(Exception):
    """Ends the making in another thread: the caller has stopped."""


Event = Began | Stepped | Glimpsed | Noted
Tell = Callable[[Event], None]


@dataclass(frozen=True)
class Made:
    """A finished job: the bytes of its file, or the reason why there is none.

    `details` are those of the file, with the losses and the trace besides; plain JSON values. `checkpoint` is the
    file of the batch that is over with this job, to be removed once it is in the catalog.
    """

    number: int
    data: bytes | None
    reason: str | None
    details: dict[str, Any]
    seconds: float
    checkpoint: Path | None = None
    film: tuple[tuple[int, bytes], ...] = ()    # pictures on the way, as PNGs with their evaluations
    error: str | None = None                    # the kind of the reason: the name of an error in one of our trees


def given_up(config: RunConfig, job: Job, reason: str) -> Made:
    """A job that no worker survives."""
    details = provenance(config, hardware(config.device), job.content, job.style) | {"trace": []}
    return Made(job.number, None, reason, details, 0.0)


class Engine(Protocol):
    """A place where batches are made."""

    def most_together(self, config: RunConfig, jobs: int) -> int:
        """How many pairs it takes in one batch when there are so many jobs."""
        ...

    def run(self, config: RunConfig, batches: Iterable[Batch], tell: Tell) -> Generator[Made, None, None]:
        """Makes them all, taken from the stream as they are wanted; `tell` hears how it goes, of a job perhaps after it
        was made.

        Raises what ends the whole run.
        """
        ...
