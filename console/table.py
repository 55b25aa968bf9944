"""A table for a window of any width: what other commands ask for stays, what is long gives way.

Invariant: a column that is kept is never left out nor cut below what an id or a name may be long; the window wraps
what does not fit then.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TextIO, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = TypeVar("Row")

GAP = 2                 # between two columns
LEAST = 16              # to which a long column is cut: as long as a time, a number or a size ever is
LONGEST_NAME = 30       # of a profile; an id has at most 19 digits
USUAL = 80              # columns of a window that does not say


def pages(rows: Iterable[Row], most: int, *, at_least_one: bool = False) -> Iterator[list[Row]]:
    """The rows in their order, so many at a time; an empty page of none where one is asked for."""
    left = iter(rows)
    page = list(islice(left, most))
    if at_least_one and not page:
        yield page
    while page:
        yield page
        page = list(islice(left, most))


def natural_widths(
    columns: Sequence[str], cells: Sequence[Sequence[str]], earlier: Sequence[int]
) -> Sequence[int]:
    """The characters that each column needs, for these rows and what earlier ones needed."""
    return [
        max(before, *map(cell_len, (column, *values)))
        for before, column, *values in zip(earlier, columns, *cells, strict=True)
    ]


def widths(
    columns: Sequence[str], natural: Sequence[int], room: int, *, kept: Collection[str] = (), spare: str | None = None,
) -> dict[str, int]:
    """The columns that are shown and the characters that each gets, in a window of `room`, by what each needs.

    The spare one gives way first, until it is left out; then what is long is cut, the longest first; then whole
    columns go, the last ones first.
    """
    found = dict(zip(columns, natural, strict=True))
    least = {name: min(width, LONGEST_NAME if name in kept else LEAST) for name, width in found.items()}
    if spare is not None:
        _cut(found, least, [spare], room)
        if _needed(found) > room:
            del found[spare]
    _cut(found, least, [name for name in found if name not in kept], room)
    _cut(found, least, list(found), room)
    for name in reversed(columns):
        if _needed(found) <= room:
            break
        if name not in kept:
            found.pop(name, None)
    for name in found:      # what was cut for the sake of those that are gone
        found[name] += max(0, min(room - _needed(found), natural[columns.index(name)] - found[name]))
    return found


def window(stream: TextIO) -> int:
    """How many columns the window of a terminal has."""
    said = os.environ.get("COLUMNS", "")
    try:
        return int(said) if said.isdecimal() and int(said) else os.get_terminal_size(stream.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL


def draw(
    columns: Sequence[str], cells: Sequence[Sequence[str]], shown: dict[str, int], stream: TextIO, *,
    header: bool = True,
) -> None:
    """Writes the table with these columns, in these widths; or more rows of it."""
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=header)
    for name, width in shown.items():
        table.add_column(name, width=width, overflow="ellipsis", no_wrap=True)
    places = [columns.index(name) for name in shown]
    for row in cells:
        table.add_row(*(Text(row[place]) for place in places))
    Console(file=stream, width=max(1, _needed(shown))).print(table)


def _needed(found: dict[str, int]) -> int:
    return sum(found.values()) + GAP * (len(found) - 1)


def _cut(found: dict[str, int], least: dict[str, int], names: Sequence[str], room: int) -> None:
    """Cuts these columns to one level, which falls until all fits or each is at its least."""
    level = max((found[name] for name in names), default=0)
    while level > 0 and _needed(found) > room:
        level -= 1
        for name in names:
            found[name] = min(found[name], max(level, least[name]))
