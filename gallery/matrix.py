"""Results -> the matrix of contents (down) and styles (across) that the sheet and the page both show.

Pure and deterministic: rows and columns go by image id, and a pair has one result whatever the order they come in.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from db.records import Image, Result, ResultStatus
from gallery.errors import NothingToShow


class Pick(StrEnum):
    """Which of several results of a pair takes its cell."""

    BEST = "best"           # the starred one, else the finest at the largest size, else the newest
    NEWEST = "newest"


@dataclass(frozen=True)
class Selection:
    """Which results may take a cell; None admits all. `recipe_hash` may be the beginning of a hash."""

    recipe: str | None = None
    size: int | None = None
    recipe_hash: str | None = None
    ids: frozenset[int] | None = None
    pick: Pick = Pick.BEST

    def admits(self, result: Result) -> bool:
        record = result.record
        return (
            self.recipe in (None, record.recipe)
            and self.size in (None, record.size)
            and record.key.recipe_hash.startswith(self.recipe_hash or "")
            and (self.ids is None or result.id in self.ids)
        )

    def __str__(self) -> str:
        """The filter in words, as in "with recipe gatys and size 512"; empty without a filter."""
        parts = [
            f"{name} {value}"
            for name, value in (("recipe", self.recipe), ("size", self.size), ("recipe hash", self.recipe_hash))
            if value is not None
        ]
        if self.ids is not None:
            parts.append("what else was asked for")
        return "with " + " and ".join(parts) if parts else ""


EVERYTHING = Selection()


@dataclass(frozen=True)
class Matrix:
    """`cells[row][column]` is the result of that content and style, or None where none was ever tried."""

    contents: tuple[Image, ...]
    styles: tuple[Image, ...]
    cells: tuple[tuple[Result | None, ...], ...]

    def results(self) -> Iterator[Result]:
        """Every result, row by row."""
        for row in self.cells:
            yield from (result for result in row if result is not None)


def arrange(images: Iterable[Image], results: Iterable[Result], selection: Selection = EVERYTHING) -> Matrix:
    """One result a cell: of those with a picture the picked one, else the newest failure. Raises NothingToShow.

    Contents and styles without a result are left out.
    """
    by_id = {image.id: image for image in images}
    chosen = one_a_pair(
        (result for result in results if selection.admits(result) and _is_known(result, by_id)), selection.pick)
    if not chosen:
        if str(selection):
            raise NothingToShow(f"no results {selection}; `results` lists what there is")
        raise NothingToShow("no results yet; run `stylize`")
    contents = sorted({content_id for content_id, _ in chosen})
    styles = sorted({style_id for _, style_id in chosen})
    return Matrix(
        tuple(by_id[content] for content in contents),
        tuple(by_id[style] for style in styles),
        tuple(tuple(chosen.get((content, style)) for style in styles) for content in contents),
    )


def one_a_pair(results: Iterable[Result], pick: Pick = Pick.BEST) -> dict[tuple[int, int], Result]:
    """By content and style the result that takes their cell, whatever the order they come in."""
    chosen: dict[tuple[int, int], Result] = {}
    for result in results:
        pair = result.content_id, result.style_id
        chosen[pair] = max(chosen.get(pair, result), result, key=_KEYS[pick])
    return chosen


def has_picture(result: Result) -> bool:
    """Whether the catalog holds a picture for this result."""
    return result.record.status is ResultStatus.DONE and result.path is not None


def _is_known(result: Result, by_id: Mapping[int, Image]) -> bool:
    return result.content_id in by_id and result.style_id in by_id


def _newest(result: Result) -> tuple[object, ...]:
    return has_picture(result), result.created_at, result.id


def _best(result: Result) -> tuple[object, ...]:
    """Steps tell how fine it is: what `--quality` says comes to that."""
    has, *when = _newest(result)
    if not has:
        return has, False, 0, 0, *when
    pixels = (result.width or result.record.size) * (result.height or result.record.size)
    return has, result.is_starred, pixels, result.record.steps, *when


_KEYS = {Pick.BEST: _best, Pick.NEWEST: _newest}
