"""The page's document: a pure function from the matrix and the copied pictures to what its template shows.

Words from outside are values like any others: what makes them text is the template's business.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from db.records import Image, Result
from gallery.labels import Fact, alternative, image_facts, label, plain, recipes, result_facts, subtitle, title
from gallery.matrix import Matrix
from gallery.templating import asset, document, render

GENERATOR = "stylegram matrix"
MOST_SHAPES, MOST_COLUMNS = 90, 12      # as in shapes.css; a wider wall scrolls


@dataclass(frozen=True)
class Copy:
    """A picture within the page's folder: addresses relative to the index, size in pixels of the full one."""

    full: str
    small: str
    width: int
    height: int


@dataclass(frozen=True)
class Copies:
    """Originals by image id, results by result id, and why the others of both have no picture."""

    originals: dict[int, Copy]
    results: dict[int, Copy]
    reasons: dict[int, str]
    unreadable: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """An original at the edge of the matrix, or why its file cannot be shown. `shape` is the class of its aspect, `key`
    tells it from others where the wall may change while it is looked at.
    """

    label: str
    title: str
    subtitle: str
    alt: str
    picture: Copy | None
    reason: str | None = None
    shape: str = ""
    key: str = ""


@dataclass(frozen=True)
class Cell:
    """A result, or why it has no picture; neither where none was ever tried.

    `pair` names its place where it may change while it is looked at, `offer` is where it can be made; `star` is set
    where people starred it, `badge` while it is being made, and `glimpse` is where it can be seen then.
    """

    alt: str
    picture: Copy | None
    reason: str | None
    pair: str = ""
    offer: str | None = None
    star: str = ""
    badge: str = ""
    glimpse: str | None = None


def page_of(matrix: Matrix, copies: Copies) -> str:
    """The whole document."""
    return document(
        "matrix.html",
        style=asset("gallery.css") + render("shapes.css"),
        script=asset("matrix.js"),
        generator=GENERATOR,
        summary=_summary(matrix, copies),
        columns=columns(len(matrix.styles)),
        contents=[_edge(image, copies) for image in matrix.contents],
        styles=[_edge(image, copies) for image in matrix.styles],
        cells=[
            [_cell(content, style, result, copies) for style, result in zip(matrix.styles, row, strict=True)]
            for content, row in zip(matrix.contents, matrix.cells, strict=True)
        ],
        data=_data(matrix, copies),
    )


def _edge(image: Image, copies: Copies) -> Edge:
    picture, reason = copies.originals.get(image.id), copies.unreadable.get(image.id)
    return edge_of(image, picture, reason)


def edge_of(image: Image, picture: Copy | None, reason: str | None = None) -> Edge:
    """An original with its words."""
    numbered = " · ".join(filter(None, (f"image {image.id}", subtitle(image))))
    return Edge(label(image), title(image), numbered, alternative(image), picture, reason and plain(reason),
                shape(image.width, image.height))


def shape(width: int, height: int) -> str:
    """The class of a picture's aspect (shapes.css), by which its box is known before its file is read."""
    return f"r{min(max(round(math.log(width / height, 1.02)), -MOST_SHAPES), MOST_SHAPES) + MOST_SHAPES}"


def columns(styles: int) -> str:
    """The class of a wall of so many columns."""
    return f"c{min(max(styles, 1), MOST_COLUMNS)}"


def _cell(content: Image, style: Image, result: Result | None, copies: Copies) -> Cell:
    alt = f"{label(content)} in the style of {label(style)}"
    if result is None:
        return Cell(alt, None, None)
    picture = copies.results.get(result.id)
    return Cell(alt, picture, None if picture else plain(copies.reasons[result.id]))


def _summary(matrix: Matrix, copies: Copies) -> str:
    parts = [
        f"{_count(len(matrix.contents), 'content')} × {_count(len(matrix.styles), 'style')}",
        _count(len(copies.results), "result"),
        f"{len(copies.reasons)} failed" if copies.reasons else "",
        recipes(matrix.results()),
    ]
    return " · ".join(filter(None, parts))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _data(matrix: Matrix, copies: Copies) -> dict[str, object]:
    """What the lightbox shows, in words that are ready to be shown."""
    return {
        "contents": [_original(image, copies) for image in matrix.contents],
        "styles": [_original(image, copies) for image in matrix.styles],
        "cells": [[_result(result, copies) for result in row] for row in matrix.cells],
    }


def _original(image: Image, copies: Copies) -> dict[str, object]:
    copy = copies.originals.get(image.id)
    return {
        "name": label(image),
        "alt": alternative(image),
        "picture": copy and asdict(copy),
        "facts": _facts(image_facts(image)),
    }


def _result(result: Result | None, copies: Copies) -> dict[str, object] | None:
    copy = None if result is None else copies.results.get(result.id)
    if result is None or copy is None:
        return None
    return {"picture": asdict(copy), "facts": _facts(result_facts(result))}


def _facts(facts: Iterable[Fact]) -> list[dict[str, str | None]]:
    return [asdict(fact) for fact in facts]
