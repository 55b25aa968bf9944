"""A file with pictures, as a form plans it: where it goes, what it is made from, and how it is written."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from db.errors import PictureRefused
from exporting.building import Hashed
from exporting.copies import bytes_of
from exporting.request import Copying
from exporting.rows import Picture, Row

_AHEAD = 4          # rows; their bytes are in memory
# What could not be handed over: the ids of rows with the reasons.
Failures = dict[int, str]


@dataclass(frozen=True)
class Item:
    """`write` gets a file, and notes the rows that it had to leave out; without any it returns True."""

    path: str
    key: str
    rows: Sequence[Row]
    write: Callable[[Hashed, Failures], bool]
    sha256: str | None = None       # where it is known before


def read_all(row: Row, copying: Copying, failures: Failures) -> dict[str, bytes] | None:
    """The bytes of every picture of a row; None, and a reason noted, where one of them cannot be had."""
    found = {}
    for name, picture in row.pictures.items():
        try:
            found[name] = bytes_of(picture, copying)
        except PictureRefused as refusal:
            failures[row.id] = _reason(name, picture, refusal)
            return None
    return found


def read_ahead(
    rows: Sequence[Row], copying: Copying, failures: Failures
) -> Iterator[tuple[Row, dict[str, bytes]]]:
    """The rows whose pictures can be had, with these: a few are read and checked while the last one is written."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[tuple[Row, Future[dict[str, bytes] | None]]] = deque()
        try:
            for row in rows:
                waiting.append((row, pool.submit(read_all, row, copying, failures)))
                if len(waiting) > _AHEAD:
                    yield from _had(*waiting.popleft())
            while waiting:
                yield from _had(*waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _had(row: Row, read: "Future[dict[str, bytes] | None]") -> Iterator[tuple[Row, dict[str, bytes]]]:
    found = read.result()
    if found is not None:
        yield row, found


def _reason(name: str, picture: Picture, refusal: PictureRefused) -> str:
    return f"its {name}: {refusal}" if name else str(refusal)
