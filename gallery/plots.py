"""Which plots a report has, and what their lines are called.

Invariant: each result that has losses is in a plot of its setting; a pair that was made by several settings has one of
its own, where they stand beside each other by the numbers of their headings. Names are those that can be drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gallery.curves import MOST_LINES, Curve, has_losses
from gallery.entries import Batch, Entry, Report
from gallery.settings import Words

MOST_PAIRS = 12         # that have a plot of their settings
_MOST_NAME_LINES = 3


@dataclass(frozen=True)
class Plot:
    """A plot by the name of its files, without their suffix."""

    name: str
    title: str
    curves: tuple[Curve, ...]
    scales: tuple[float, ...]


def of_setting(number: int, batch: Batch, words: Words) -> list[Plot]:
    """The curves of a setting's pairs, in as many plots as there are lines that look different."""
    curves = [entry.curve(f"{entry.result.id}: {entry.drawn_name}") for entry in batch.entries]
    return [*_plots(f"batch-{number}", f"{number}. {words}", curves, _scales(batch))]


def of_pairs(report: Report) -> tuple[list[Plot], int]:
    """The curves of each pair by its settings, and how many pairs beyond the first MOST_PAIRS have no such plot."""
    numbers: dict[tuple[int, int], list[tuple[int, Entry]]] = {}
    for number, batch in enumerate(report.batches, start=1):
        for entry in batch.entries:
            if has_losses(entry.curve()):
                numbers.setdefault((entry.result.content_id, entry.result.style_id), []).append((number, entry))
    several = {pair: found for pair, found in numbers.items() if len(found) > 1}
    plots: list[Plot] = []
    for (content_id, style_id), found in [*several.items()][:MOST_PAIRS]:
        words = [report.words[number - 1] for number, _ in found]
        titles = {each.title for each in words}
        curves = [
            entry.curve(f"{number}: {_lines(each, with_title=len(titles) > 1)}")
            for (number, entry), each in zip(found, words, strict=True)
        ]
        scales = {_scales(report.batches[number - 1]) for number, _ in found}
        title = found[0][1].drawn_name.replace("\n", " ") + "".join(f": {each}" for each in titles if len(titles) == 1)
        plots += _plots(f"pair-{content_id}-{style_id}", title, curves, scales.pop() if len(scales) == 1 else ())
    return plots, max(0, len(several) - MOST_PAIRS)


def _lines(words: Words, *, with_title: bool) -> str:
    """What a line of a plot is called, in a few lines of text."""
    lines = [words.title, *words.differences] if with_title else [*words.differences]
    return "\n".join((*lines[: _MOST_NAME_LINES - 1], ", ".join(lines[_MOST_NAME_LINES - 1 :]))).rstrip("\n")


def _plots(name: str, title: str, curves: Sequence[Curve], scales: tuple[float, ...]) -> Iterator[Plot]:
    drawn = [curve for curve in curves if has_losses(curve)]
    for part, first in enumerate(range(0, len(drawn), MOST_LINES), start=1):
        suffix = f"-part-{part}" if part > 1 else ""
        yield Plot(f"{name}{suffix}", title, tuple(drawn[first : first + MOST_LINES]), scales)


def _scales(batch: Batch) -> tuple[float, ...]:
    return tuple((batch.details.get("recipe") or {}).get("scales") or (1.0,))
