"""Pairs of contents and styles, and how they are cut into batches.

Invariant: nothing here grows with the number of pairs but a few bytes for each: a pair is a place on the wall until
somebody looks at it.
"""

import hashlib
import math
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar, overload

from db.records import Image
from stylizer.recipe.model import Recipe

Id = TypeVar("Id", bound=Hashable)
Item = TypeVar("Item")


class Pairs(Sequence[tuple[Image, Image]]):
    """Some places of a wall of contents (rows) and styles (columns), in an order; a place is row * columns + column."""

    def __init__(self, contents: Sequence[Image], styles: Sequence[Image], places: "array[int]") -> None:
        self.contents = contents
        self.styles = styles
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, number: int) -> tuple[Image, Image]: ...
    @overload
    def __getitem__(self, number: slice) -> "Pairs": ...
    def __getitem__(self, number: int | slice) -> "tuple[Image, Image] | Pairs":
        if isinstance(number, slice):
            return Pairs(self.contents, self.styles, self._places[number])
        row, column = divmod(self._places[number], len(self.styles))
        return self.contents[row], self.styles[column]


def pairs(contents: Iterable[Id], styles: Iterable[Id]) -> Iterator[tuple[Id, Id]]:
    """All (content, style) pairs: contents in their order, and the styles in theirs within each.

    An image given twice counts once, and none meets itself. Images are the same when their ids are equal: use hashes
    of their bytes.
    """
    unique_styles = list(dict.fromkeys(styles))
    for content in dict.fromkeys(contents):
        yield from ((content, style) for style in unique_styles if content != style)


def batches(items: Sequence[Item], shape: Callable[[Item], Hashable], most: int) -> Iterator[tuple[Item, ...]]:
    """Each item once, so many at most together and all of one shape.

    A batch begins with the first item that none has taken and is filled with the next ones of its shape. Those of one
    shape are shared out evenly: a GPU makes ready for every number of pairs, and idles with few.
    """
    known: dict[Hashable, int] = {}
    shapes = array("I", (known.setdefault(shape(item), len(known)) for item in items))
    waiting = [array("Q") for _ in known]       # of each shape the numbers of its items
    for number, of_it in enumerate(shapes):
        waiting[of_it].append(number)
    each = [math.ceil(len(numbers) / math.ceil(len(numbers) / most)) for numbers in waiting]
    taken = [0] * len(waiting)
    for number, of_it in enumerate(shapes):
        begin, numbers = taken[of_it], waiting[of_it]
        if begin < len(numbers) and numbers[begin] == number:
            taken[of_it] = begin + each[of_it]
            yield tuple(items[place] for place in numbers[begin : taken[of_it]])


def picture_size(recipe: Recipe, content: Image) -> tuple[int, int]:
    """Width and height of the pictures that are made from this content."""
    frame = recipe.extent.frame(content.width, content.height)
    return frame.width, frame.height


def pair_seed(seed: int, content: Image, style: Image) -> int:
    """A seed of the pair's own, so that neither order nor batch changes its picture."""
    text = f"{content.sha256}{style.sha256}{seed}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
