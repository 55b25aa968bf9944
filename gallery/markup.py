"""The page's text: a pure function from the matrix and the copied pictures to one HTML document.

Every word from outside goes through `html.escape` or, within the script's data, through `_json`. Style and script
are inline and named by their hashes in the page's Content-Security-Policy: nothing else runs, nothing is fetched.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from html import escape
from importlib.resources import files
from string import Template

from db.records import Image, Result
from gallery.labels import Fact, alternative, image_facts, label, plain, recipes, result_facts, subtitle, title
from gallery.matrix import Matrix

GENERATOR = '<meta name="generator" content="stylegram matrix">'


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


def render(matrix: Matrix, copies: Copies) -> str:
    """The whole document."""
    style = _asset("page.css") + _sizes(matrix)
    script = _asset("page.js")
    return Template(_asset("page.html")).substitute(
        generator=GENERATOR,
        policy=_policy(style, script),
        style=style,
        script=script,
        summary=escape(_summary(matrix, copies)),
        head="".join(_header(image, copies, "col") for image in matrix.styles),
        body="".join(_row(matrix, row, copies) for row in range(len(matrix.contents))),
        data=_json(_data(matrix, copies)),
    )


def _row(matrix: Matrix, row: int, copies: Copies) -> str:
    content = matrix.contents[row]
    cells = "".join(
        _cell(content, style, result, copies, (row, column))
        for column, (style, result) in enumerate(zip(matrix.styles, matrix.cells[row], strict=True))
    )
    return f"<tr>{_header(content, copies, 'row')}{cells}</tr>\n"


def _header(image: Image, copies: Copies, scope: str) -> str:
    copy = copies.originals.get(image.id)
    missing = _gap("unreadable", copies.unreadable[image.id]) if image.id in copies.unreadable else ""
    picture = missing if copy is None else _link(copy, alternative(image), "")
    name = f'<span class="name">{escape(title(image))}</span><span class="post">{escape(subtitle(image))}</span>'
    return f'<th scope="{scope}" title="{escape(label(image))}">{picture}{name}</th>\n'


def _cell(content: Image, style: Image, result: Result | None, copies: Copies, place: tuple[int, int]) -> str:
    if result is None:
        return '<td><span class="empty" aria-label="not made"></span></td>\n'
    copy = copies.results.get(result.id)
    if copy is None:
        return f"<td>{_gap('failed', copies.reasons[result.id])}</td>\n"
    row, column = place
    return f'<td>{_link(copy, _in_the_style(content, style), f"data-row={row} data-column={column}")}</td>\n'


def _gap(word: str, why: str) -> str:
    reason = escape(plain(why))
    return f'<span class="empty" title="{reason}"><b>{word}</b><span>{reason}</span></span>'


def _link(copy: Copy, alt: str, attributes: str) -> str:
    image = f'<img src="{copy.small}" width="{copy.width}" height="{copy.height}" alt="{escape(alt)}" loading="lazy">'
    return f'<a href="{copy.full}" {attributes}>{image}</a>'


def _in_the_style(content: Image, style: Image) -> str:
    return f"{label(content)} in the style of {label(style)}"


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


def _sizes(matrix: Matrix) -> str:
    """The shape of the wall, as rules: a picture's box is known before its file is read, and styles may be bounded."""
    rows = "".join(
        f"tbody tr:nth-child({row}){{--ratio:{image.width / image.height:.4f}}}\n"
        for row, image in enumerate(matrix.contents, start=1)
    )
    columns = "".join(
        f"thead th:nth-child({column}){{--ratio:{image.width / image.height:.4f}}}\n"
        for column, image in enumerate(matrix.styles, start=2)
    )
    return f":root{{--columns:{len(matrix.styles)}}}\n{rows}{columns}"


def _policy(style: str, script: str) -> str:
    """Pictures from this folder, this style and this script; no connection, frame, form or font of any kind.

    `file:` is there for browsers in which a page from disk has no self.
    """
    return (
        f"default-src 'none'; img-src 'self' file:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(value: object) -> str:
    """JSON that cannot end the script element it stands in: ASCII, and no character that opens a tag or entity."""
    text = json.dumps(value, separators=(",", ":"))
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _asset(name: str) -> str:
    return files("gallery").joinpath("web", name).read_text(encoding="utf-8")
