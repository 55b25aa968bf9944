"""Which results hang on the wall, and in which order its rows and columns go: a pure function of a state and a wish.

Invariant: a wish and its address are two forms of the same: whatever is chosen can be shared as a link.
"""

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from db.records import Image, Result
from gallery.labels import label
from gallery.matrix import has_picture, one_a_pair
from gallery.server import query
from gallery.server.model import State

ORDERS = ("added", "newest", "name", "loss", "most")       # of rows and of columns, the first by default


_FILTERS = ("q", "recipe", "size", "profile", "style", "starred", "tag", "since", "loss")


@dataclass(frozen=True)
class Wish:
    """What of the library is wanted; None leaves it open. Each field is a parameter of the address.

    `q` are words of the selection language, which the catalog answers.
    """

    q: str | None = None
    recipe: str | None = None
    size: int | None = None
    profile: str | None = None      # of the content
    style: int | None = None
    starred: int | None = None
    tag: str | None = None
    since: str | None = None        # a day
    loss: float | None = None       # at most
    rows: str | None = None
    columns: str | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Wish":
        """From the parameters of an address; what makes no sense there is left out."""
        return cls(
            q=query.word(said, "q"), recipe=query.word(said, "recipe"), size=query.whole(said, "size"),
            profile=query.word(said, "profile"), style=query.whole(said, "style"),
            starred=query.whole(said, "starred", most=1), tag=query.word(said, "tag"), since=query.day(said, "since"),
            loss=query.number(said, "loss"),
            rows=query.word(said, "rows", ORDERS[1:]), columns=query.word(said, "columns", ORDERS[1:]))

    def address(self, path: str = "/", /, **more: object) -> str:
        """Where what is wished is shown."""
        said = {field.name: getattr(self, field.name) for field in fields(self)} | more
        parameters = urlencode({name: value for name, value in said.items() if value is not None}, doseq=True)
        return f"{path}?{parameters}" if parameters else path

    @property
    def filters(self) -> bool:
        """Whether anything is left out by it."""
        return any(getattr(self, name) is not None for name in _FILTERS)

    def admits(self, result: Result, images: Mapping[int, Image]) -> bool:
        """Whether a result is wanted; what `q` names is asked of the catalog."""
        content, style, record = images.get(result.content_id), images.get(result.style_id), result.record
        return (
            content is not None and style is not None
            and self.recipe in (None, record.recipe)
            and self.size in (None, record.size)
            and self.profile in (None, content.profile)
            and self.style in (None, style.id)
            and (self.starred is None or result.is_starred)
            and (self.tag is None or self.tag in result.tags)
            and (self.since is None or f"{result.created_at:%Y-%m-%d}" >= self.since)
            and (self.loss is None or (record.total_loss is not None and record.total_loss <= self.loss))
        )


@dataclass(frozen=True)
class Hanging:
    """The results by content and style, the contents down and the styles across."""

    state: State
    chosen: Mapping[tuple[int, int], Result]
    contents: tuple[int, ...]
    styles: tuple[int, ...]

    @cached_property
    def frame(self) -> str:
        """Another one where other contents or styles hang here, or in another order."""
        return hashlib.blake2b(repr((self.contents, self.styles)).encode(), digest_size=6).hexdigest()

    @cached_property
    def done(self) -> int:
        """How many have a picture."""
        return sum(map(has_picture, self.chosen.values()))

    def beside(self, result: Result) -> dict[str, Result]:
        """The nearest results with a picture in the four directions."""
        row, column = _place(self.contents, result.content_id), _place(self.styles, result.style_id)
        if row is None or column is None:
            return {}
        across = [(result.content_id, style) for style in self.styles]
        down = [(content, result.style_id) for content in self.contents]
        found = {
            "left": self._first(reversed(across[:column])), "right": self._first(across[column + 1:]),
            "up": self._first(reversed(down[:row])), "down": self._first(down[row + 1:]),
        }
        return {way: other for way, other in found.items() if other is not None}

    def _first(self, pairs: Iterable[tuple[int, int]]) -> Result | None:
        for pair in pairs:
            result = self.chosen.get(pair)
            if result is not None and has_picture(result):
                return result
        return None


def hang(
    state: State, wish: Wish, named: Collection[int] | None = None, coming: Collection[tuple[int, int]] = ()
) -> Hanging:
    """One result a cell, as on the page from disk; contents and styles without any are left out.

    `named` are the ids of the results that the words of the wish name, where it has any; `coming` are pairs that hang
    here before they are made.
    """
    chosen = one_a_pair(
        result for result in state.results.values()
        if (named is None or result.id in named) and wish.admits(result, state.images))
    contents: dict[int, list[Result]] = {}
    styles: dict[int, list[Result]] = {}
    for (content, style), result in chosen.items():
        contents.setdefault(content, []).append(result)
        styles.setdefault(style, []).append(result)
    for content, style in coming:
        if content in state.images and style in state.images:
            contents.setdefault(content, [])
            styles.setdefault(style, [])
    return Hanging(
        state, chosen, _in_order(contents, state.images, wish.rows), _in_order(styles, state.images, wish.columns))


def _in_order(found: Mapping[int, list[Result]], images: Mapping[int, Image], order: str | None) -> tuple[int, ...]:
    keys: dict[str, Callable[[int], Any]] = {
        "newest": lambda image: -max((result.created_at.timestamp() for result in found[image]), default=math.inf),
        "name": lambda image: label(images[image]).casefold(),
        "loss": lambda image: _mean_loss(found[image]),
        "most": lambda image: -sum(map(has_picture, found[image])),
    }
    key = keys.get(order or "")
    ids = sorted(found)
    return tuple(ids if key is None else sorted(ids, key=key))


def _mean_loss(results: list[Result]) -> float:
    losses = [result.record.total_loss for result in results if result.record.total_loss is not None]
    return sum(losses) / len(losses) if losses else math.inf


def _place(ids: tuple[int, ...], wanted: int) -> int | None:
    return ids.index(wanted) if wanted in ids else None
