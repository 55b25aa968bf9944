"""Progress on stderr: bars on a terminal, a line an item elsewhere, nothing when quiet."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from console.listing import image_source, result_fields
from console.terminal import Terminal, printable
from scraper import events

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.batch import Event, PairEnded


@contextmanager
def scrape_progress(terminal: Terminal) -> Iterator[Callable[[events.Event], None]]:
    """A callback for the events of visits."""
    bars = _bars(terminal)
    with bars:
        yield _ScrapeProgress(terminal, bars)


class _ScrapeProgress:
    """Says what matters, and counts the posts that are worked on; the time left is told from the second one on."""

    def __init__(self, terminal: Terminal, bars: Progress) -> None:
        self._terminal = terminal
        self._bars = bars
        self._task = bars.add_task("opening the browser", total=None, note="")
        self._began = time.monotonic()

    def __call__(self, event: events.Event) -> None:
        profile = printable(event.profile)
        match event:
            case events.ProfileRead():
                self._update(f"{profile}: reading the profile")
            case events.GridRead():
                self._update(f"{profile}: {event.posts} posts seen")
            case events.PostsChosen():
                self._say(f"{profile}: {event.new} new posts, {event.to_do} to open")
                self._bars.reset(self._task, description=escape(profile), total=event.to_do or None)
                self._began = time.monotonic()
            case events.PostOpened():
                done = event.number - 1
                left = time_left(time.monotonic() - self._began, done, event.total)
                note = f"{event.code}, {left}" if left else event.code
                self._bars.update(self._task, completed=done, note=escape(note))
            case events.PostSkipped():
                self._say(f"{profile} {event.code}: {event.reason}")
            case events.ImageSaved():
                shrunk = "" if event.is_full_size is not False else ", smaller than the original"
                size = f"{event.width} x {event.height}"
                self._detail(f"{profile} {event.code} slide {event.slide + 1}: {size}{shrunk}")
            case events.ImageFailed():
                self._say(f"{profile} {event.code} slide {event.slide + 1}: {event.reason}")
            case events.VisitEnded():
                self._bars.update(self._task, visible=False)

    def _update(self, text: str) -> None:
        self._bars.update(self._task, description=escape(text))

    def _say(self, text: str) -> None:
        if not self._terminal.quiet:
            self._bars.console.print(escape(printable(text)), soft_wrap=True, highlight=False)

    def _detail(self, text: str) -> None:
        if self._terminal.verbose:
            self._say(text)


@contextmanager
def stylize_progress(terminal: Terminal) -> "Iterator[Callable[[Event], None]]":
    """A callback for the events of a batch."""
    bars = _bars(terminal)
    with bars:
        yield _StylizeProgress(terminal, bars)


class _StylizeProgress:
    """Counts pairs and steps; the time left is that of the steps left at the mean pace so far."""

    def __init__(self, terminal: Terminal, bars: Progress) -> None:
        self._terminal = terminal
        self._bars = bars
        self._all = bars.add_task("pairs", total=None, note="")
        self._pair = bars.add_task("", total=None, note="", visible=False)
        self._began = time.monotonic()
        self._position = self._total = 0
        self._finished = 0.0    # pairs, the one in hand by its share of steps

    def __call__(self, event: "Event") -> None:
        from stylizer.batch import Notice, PairEnded, PairStarted, PairStep

        match event:
            case Notice():
                self._terminal.say(event.text)
            case PairStarted():
                self._position, self._total = event.position, event.total
                name = f"{image_source(event.content)} x {image_source(event.style)}"
                self._bars.update(self._all, total=event.total, completed=event.position - 1)
                self._bars.reset(self._pair, description=_short(name), visible=True, note="")
            case PairStep():
                self._finished = event.position - 1 + event.step / event.steps
                self._bars.update(
                    self._pair, total=event.steps, completed=event.step, note=f"loss {event.loss:.3g}"
                )
                self._bars.update(self._all, note=self._left())
            case PairEnded():
                self._finished = float(self._position)
                self._bars.update(self._all, completed=self._position, note=self._left())
                self._terminal.record("result", **result_fields(event.result))
                self._tell(event)

    def _tell(self, event: "PairEnded") -> None:
        record = event.result.record
        name = f"{image_source(event.content)} x {image_source(event.style)}"
        place = f"{self._position}/{self._total}"
        if record.status == "failed":
            self._bars.console.print(escape(printable(f"{place} {name}: failed: {record.reason}")), soft_wrap=True)
            return
        share = (record.total_loss or 0.0) / record.details["start_loss"]
        line = f"{place} {name}: loss {share:.2%} of its start, {record.seconds:.0f} s"
        if not sys.stderr.isatty() and self._position < self._total:
            line += f"; {self._left()}"
        if not self._terminal.quiet:
            self._bars.console.print(escape(printable(line)), soft_wrap=True, highlight=False)

    def _left(self) -> str:
        return time_left(time.monotonic() - self._began, self._finished, self._total)


@contextmanager
def counting(terminal: Terminal, name: str, total: int) -> Iterator[Callable[[str], None]]:
    """A callback for each of so many things that is done; it is told which."""
    bars = _bars(terminal)
    task = bars.add_task(name, total=total, note="")
    began = time.monotonic()
    done = 0

    def count(note: str) -> None:
        nonlocal done
        done += 1
        left = time_left(time.monotonic() - began, done, total)
        bars.update(task, completed=done, note=escape(printable(f"{note}, {left}")))

    with bars:
        yield count


def _bars(terminal: Terminal) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        transient=True,
        disable=terminal.quiet or not sys.stderr.isatty(),
    )


def time_left(elapsed_s: float, done: float, total: float) -> str:
    """In words, at the mean pace so far; nothing as long as nothing is done."""
    return f"about {_duration(elapsed_s / done * (total - done))} left" if done else ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _short(name: str, most: int = 40) -> str:
    text = printable(name)
    return escape(text if len(text) <= most else f"{text[: most - 1]}…")
