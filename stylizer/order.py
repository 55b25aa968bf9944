"""In which order pairs are made: a run that is cut off has made the first of them.

Invariant: every place that is wanted comes once, whatever the order, and the same library gives the same order. Pairs
that failed before come last, so that they keep nothing waiting.
"""

from array import array
from collections.abc import Collection, Sequence
from enum import StrEnum

from db.records import Image


class Order(StrEnum):
    """What comes first."""

    SPREAD = "spread"           # of each content one picture, then of each a second one, in other styles
    ROWS = "rows"               # one content after the other, in all of its styles
    NEW = "new"                 # what was added last
    FAVOURITES = "favourites"   # pairs with a starred picture, then those of starred images; each spread


class State:
    """What is known of the pair at a place of the wall, as one byte."""

    MISSING, TRIED, DONE, NEVER = range(4)      # TRIED ones are made again, NEVER ones are not


def in_order(
    order: Order, contents: Sequence[Image], styles: Sequence[Image], states: bytes | bytearray,
    shapes: Sequence[int], starred: Collection[int] = (),
) -> "array[int]":
    """The places to make, first things first; a place is row * columns + column, `states` has a byte for each.

    `shapes` has a number for the shape of each content's pictures, `starred` the places whose pictures are liked under
    whatever recipe. Sorted by one integer each: a wall has many.
    """
    columns, rows = len(styles), len(contents)
    if not states:
        return array("Q")
    ranks = _row_ranks(columns, rows, states) if order in (Order.SPREAD, Order.FAVOURITES) else ()
    ages = _ages((*contents, *styles)) if order is Order.NEW else {}
    most_shapes, most_ages = max(shapes, default=0) + 1, len(ages) or 1
    keys = []
    for place, state in enumerate(states):
        if state not in (State.MISSING, State.TRIED):
            continue
        row, column = divmod(place, columns)
        match order:
            case Order.ROWS:
                key = shapes[row]
            case Order.NEW:
                age, other = sorted((ages[contents[row].id], ages[styles[column].id]))
                key = age * most_ages + other
            case _:
                likes = 3 if place in starred else contents[row].is_starred + styles[column].is_starred
                key = 3 - likes if order is Order.FAVOURITES else 0
                # Within a round by shape, and there by style: so batches are full, and a style is encoded once a round.
                key = ((key * (columns + 1) + ranks[place]) * most_shapes + shapes[row]) * columns + column
        keys.append((((state == State.TRIED) << 80) + key) * len(states) + place)
    keys.sort()
    return array("Q", (key % len(states) for key in keys))


def _row_ranks(columns: int, rows: int, states: bytes | bytearray) -> "array[int]":
    """For each place that is wanted, how many pictures its row has before it.

    A row begins further on than the one before, so that every column gets its share of each round, and counts what it
    has already: a run that goes on is where it was, and a new row catches up.
    """
    ranks = array("I", bytes(4 * len(states)))
    for row in range(rows):
        first = row * columns
        begin = row % columns if rows >= columns else row * columns // rows
        have = states.count(State.DONE, first, first + columns)
        for step in range(columns):
            place = first + (begin + step) % columns
            if states[place] in (State.MISSING, State.TRIED):
                ranks[place] = have
                have += states[place] == State.MISSING
    return ranks


def _ages(images: Sequence[Image]) -> dict[int, int]:
    """0 for the image that was added last, 1 for the one before, by id: no id is given twice."""
    return {image_id: age for age, image_id in enumerate(sorted({image.id for image in images}, reverse=True))}
