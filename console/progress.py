"""Progress on stderr: bars on a terminal, a line an item elsewhere, nothing when quiet."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from console.fields import result_fields
from console.terminal import Terminal, printable
from console.words import counted
from db.records import Image
from scraper import events

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.batch import Event, PairEnded

MOST_BARS = 12      # of pairs in hand; a screen has so many lines to spare
LEAST_NAME = 12     # characters of a pair's name that are always shown
WIDE = 90           # columns of a terminal that has room for everything
NARROW_BAR = 6
CHECK_BAR_S, CHECK_LINE_S = 0.1, 30.0   # between two words of progress, on a terminal and elsewhere


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
                self._update(f"{profile}: {counted(event.posts, 'post')} seen")
            case events.AsideRefused():
                self._detail(f"{profile}: refused, and no wall: {event.answer}")
            case events.PostsChosen():
                self._say(f"{profile}: {counted(event.new, 'new post')}, {event.to_do} to open")
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
def stylize_progress(terminal: Terminal, total: int) -> "Iterator[StylizeProgress]":
    """Progress for so many pairs, of one run or of several."""
    bars = _bars(terminal)
    with bars:
        yield StylizeProgress(terminal, bars, total)


class StylizeProgress:
    """A bar for all pairs and one for each that is in hand; the time left is that of the rest at the mean pace so far.
    """

    def __init__(self, terminal: Terminal, bars: Progress, total: int) -> None:
        self._terminal = terminal
        self._bars = bars
        self._all = bars.add_task("pairs", total=None, note="")
        self._pairs: Sequence[tuple[Image, Image]] = ()
        self._in_hand: dict[int, TaskID] = {}   # the bar of each pair, by its number
        self._shares: dict[int, float] = {}     # and its steps so far as a share of all
        self._began = time.monotonic()
        self._ended, self._total = 0, total

    def of(self, pairs: Sequence[tuple[Image, Image]]) -> "Callable[[Event], None]":
        """A callback for the events of the next run, which makes these; those of the run before are over."""
        self._pairs = pairs
        return self._hear

    def _hear(self, event: "Event") -> None:
        from stylizer.batch import PairEnded
        from stylizer.engines.protocol import Began, Noted, Stepped

        match event:
            case Began(number):
                self._begin(number)
            case Stepped(number, step, steps, loss):
                self._shares[number] = step / steps
                self._bars.update(self._in_hand[number], total=steps, completed=step, note=f"loss {loss:.3g}")
                self._bars.update(self._all, note=self._delays())
            case PairEnded(number, result):
                self._ended += 1
                self._shares.pop(number, None)
                if (bar := self._in_hand.pop(number, None)) is not None:
                    self._bars.remove_task(bar)
                self._bars.update(self._all, completed=self._ended, note=self._delays())
                self._terminal.record("result", **result_fields(result))
                self._tell(event)
            case Noted(text):
                self._say(text)

    def _begin(self, number: int) -> None:
        """Also of a pair that is begun again, by another worker or with less memory."""
        self._shares[number] = 0.0
        self._bars.update(self._all, total=self._total)
        if number not in self._in_hand:
            narrow = _short(self._name(number), max(LEAST_NAME, self._bars.console.width // 3))
            shown = len(self._in_hand) < MOST_BARS
            self._in_hand[number] = self._bars.add_task(narrow, total=None, note="", visible=shown)

    def _name(self, number: int) -> str:
        content, style = self._pairs[number]
        return f"{content.source} x {style.source}"

    def _tell(self, event: "PairEnded") -> None:
        record = event.result.record
        name = self._name(event.number)
        place = f"{self._ended}/{self._total}"
        if record.status == "failed":
            self._print(f"{place} {name}: failed: {record.reason}")
            return
        share = record.share_of_start
        told = f"{record.total_loss or 0.0:.3g}" if share is None else f"{share:.2%} of its start"
        is_wished = (record.details.get("recipe") or {}).get("strength") == 0       # the photograph
        if record.details.get("is_start") and not is_wished:
            why = "no evaluation moved it" if share is not None else "it has no loss there that could be lowered"
            self._print(f"warning: {place} {name}: the picture is the one that it started from: {why}")
        line = f"{place} {name}: loss {told}, {record.seconds:.0f} s"
        if not sys.stderr.isatty() and self._ended < self._total:
            line += f"; {self._delays()}"
        self._say(line)

    def _say(self, text: str) -> None:
        if not self._terminal.quiet:
            self._print(text)

    def _print(self, text: str) -> None:
        self._bars.console.print(escape(printable(text)), soft_wrap=True, highlight=False)

    def _delays(self) -> str:
        """Pairs an hour and the time left, in words."""
        elapsed_s, done = time.monotonic() - self._began, self._ended + sum(self._shares.values())
        left = time_left(elapsed_s, done, self._total)
        return f"{left}, {done / elapsed_s * 3600:.0f} an hour" if left else ""


@contextmanager
def counting(terminal: Terminal, name: str, total: int) -> Iterator[Callable[[str], None]]:
    """A callback for each of so many things that is done; it is told which."""
    bars = _bars(terminal)
    task = bars.add_task(name, total=total, note="")
    began = time.monotonic()
    done, told = 0, -math.inf

    def count(note: str) -> None:
        nonlocal done, told
        done += 1
        now = time.monotonic()
        if now - told >= CHECK_BAR_S or done == total:  # a word for each of ten thousand takes half a second
            told = now
            left = time_left(now - began, done, total)
            bars.update(task, completed=done, note=escape(printable(f"{note}, {left}")))

    with bars:
        yield count


@contextmanager
def check_progress(terminal: Terminal) -> Iterator[Callable[[str, int, int], None]]:
    """A callback for what is looked at, how many of it are done, and of how many; a total of 0 is not known."""
    bars = _bars(terminal)
    task = bars.add_task("", total=None, note="")
    began = told = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        left = time_left(now - began, done, total)
        if now - told >= (CHECK_LINE_S if bars.disable else CHECK_BAR_S) or not done:
            told = now
            bars.update(task, description=what, total=total or None, completed=done, note=left)
            if bars.disable and done:
                terminal.say(f"{done}/{total} {what}; {left}")

    with bars:
        yield tell


def _bars(terminal: Terminal) -> Progress:
    console = Console(stderr=True)
    is_wide = console.width >= WIDE
    return Progress(
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        BarColumn(bar_width=None if is_wide else NARROW_BAR),
        MofNCompleteColumn(),
        *([TimeElapsedColumn()] if is_wide else []),
        TextColumn("{task.fields[note]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console,
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
