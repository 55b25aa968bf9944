"""What a command says: the answer on stdout, as text for people or JSON lines; everything else on stderr.

Names, captions and addresses come from strangers: no control character of theirs reaches the terminal.
"""

import json
import sys
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from console.table import draw, natural_widths, pages, widths, window

PAGE = 500      # rows whose columns are measured together: a column may grow from one page to the next, never shrink


@dataclass(frozen=True)
class Terminal:
    """How this run talks: JSON lines instead of text, and how much of the rest."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    def record(self, kind: str, /, **fields: Any) -> None:
        """One JSON line, with --json; nothing otherwise."""
        if self.as_json:
            line = json.dumps({"type": kind, **fields}, default=_plain, ensure_ascii=True, allow_nan=False)
            print(line, flush=True)     # noqa: T201 - this is the one place that answers

    def answer(self, text: str) -> None:
        """A line of the answer for people; nothing with --json."""
        if not self.as_json:
            print(printable(text), flush=True)  # noqa: T201

    def answer_block(self, text: str) -> None:
        """Lines of our own making, such as a help text."""
        print(text, flush=True)     # noqa: T201

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, kept: Collection[str] = (),
        spare: str | None = None,
    ) -> None:
        """The answer as a table on a terminal, as tab-separated lines in a pipe; nothing with --json.

        In a narrow window the `kept` columns stay, what other commands ask for, and the `spare` one goes first. Rows
        are taken as they are shown, a page at a time: there may be more of them than memory holds.
        """
        if self.as_json:
            return
        cells = (list(map(_cell, row)) for row in rows)
        if not sys.stdout.isatty():
            for page in pages(chain([list(columns)], cells), PAGE):
                print("\n".join(map("\t".join, page)), flush=True)  # noqa: T201
            return
        widest: Sequence[int] = [0] * len(columns)
        shown: dict[str, int] = {}
        is_first = True
        for page in pages(cells, PAGE, at_least_one=True):
            widest = natural_widths(columns, page, widest)
            shown = widths(columns, widest, window(sys.stdout), kept=kept, spare=spare)
            draw(columns, page, shown, sys.stdout, header=is_first)
            is_first = is_first and not page
        left_out = [column for column in columns if column not in shown]
        if left_out and not is_first:
            self.say(f"a wider window, a pipe or --json shows more: {', '.join(left_out)}")

    def say(self, text: str) -> None:
        """A note on stderr, unless quiet."""
        if not self.quiet:
            self._stderr(text)

    def detail(self, text: str) -> None:
        """A note on stderr when verbose."""
        if self.verbose:
            self._stderr(text)

    def error(self, text: str) -> None:
        """What went wrong, in one line on stderr, always."""
        self._stderr(f"error: {text}")

    def warn(self, text: str) -> None:
        """What went less than well, in one line on stderr, always."""
        self._stderr(f"warning: {text}")

    def _stderr(self, text: str) -> None:
        print(printable(text), file=sys.stderr, flush=True)     # noqa: T201


def _cell(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    return "" if value is None else printable(str(value))


def printable(text: str) -> str:
    """`text` on one line, without control, format and surrogate characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")
