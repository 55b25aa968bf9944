"""The words and filters by which commands choose images and results, as groups that they share.

Invariant: what an option means is said once, in `db/selection`; here it is read, and a mistake is one line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from console.commands.parameters import LARGEST
from db.dates import parse_since, parse_until
from db.records import ResultStatus, Role
from db.selection.filters import Filters, ImageStatus, parse_aspect
from db.selection.terms import parse_term, split
from db.tags import parse_tag

_PANEL = "Only those"
IMAGES_HELP = (
    "3, 1-5, @profile, a post's code or link, the name or place of an added file, #tag, * (starred); -x leaves x out."
)
RESULTS_HELP = (
    "r3, r1-5, #tag, * (starred); or images, as `images` takes them: what was made of them; -x leaves x out."
)


@dataclass(frozen=True)
class FilterOptions:
    """What holds of all that is chosen."""

    role: Annotated[
        Role | None, typer.Option(help="For this role, or for both.", show_default=False, rich_help_panel=_PANEL)
    ] = None
    profile: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of this profile, or one of several.",
                                       rich_help_panel=_PANEL)
    ] = None
    since: Annotated[
        str | None, typer.Option(
            metavar="DATE", help="Taken (results: made) from this day or time (UTC) on.", rich_help_panel=_PANEL)
    ] = None
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Up to this day or time (UTC).", rich_help_panel=_PANEL)
    ] = None
    min_side: Annotated[
        int | None, typer.Option(
            min=1, max=LARGEST, metavar="PIXELS", help="Whose shorter side is no less.", rich_help_panel=_PANEL)
    ] = None
    aspect: Annotated[
        str | None, typer.Option(
            metavar="landscape|portrait|square|W:H", help="Of this shape.", rich_help_panel=_PANEL)
    ] = None
    full_size: Annotated[
        bool, typer.Option("--full-size", help="Known to be as large as uploaded, or your own.", rich_help_panel=_PANEL)
    ] = False
    text: Annotated[
        str | None, typer.Option(
            metavar="WORDS", help="With all these words in caption or alternative text; sun* for a beginning.",
            rich_help_panel=_PANEL)
    ] = None
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="With this tag, or all of several.", rich_help_panel=_PANEL)
    ] = None
    favourite: Annotated[bool, typer.Option("--favourite", help="Starred.", rich_help_panel=_PANEL)] = False

    def filters(self) -> Filters:
        """The same as the catalog takes it. Raises BadSelection or BadQuery."""
        return Filters(
            role=self.role,
            profiles=tuple(name.removeprefix("@").lower() for name in _each(self.profile)),
            since=None if self.since is None else parse_since(self.since),
            until=None if self.until is None else parse_until(self.until),
            min_side=self.min_side,
            aspect=None if self.aspect is None else parse_aspect(self.aspect),
            full_size=self.full_size,
            text=self.text,
            tags=tuple(map(parse_tag, _each(self.tag))),
            starred=self.favourite,
            status=self._status(),
        )

    def _status(self) -> ImageStatus | ResultStatus | None:
        return None


@dataclass(frozen=True)
class ImageFilterOptions(FilterOptions):
    """Filters of images."""

    status: Annotated[
        ImageStatus | None, typer.Option(
            help="Part of `stylize --all`, or not.", show_default=False, rich_help_panel=_PANEL)
    ] = None

    def _status(self) -> ImageStatus | None:
        return self.status


@dataclass(frozen=True)
class ResultFilterOptions(FilterOptions):
    """Filters of results: role, profile, words and full size are those of their contents."""

    status: Annotated[
        ResultStatus | None, typer.Option(
            help="With a picture, or without.", show_default=False, rich_help_panel=_PANEL)
    ] = None

    def _status(self) -> ResultStatus | None:
        return self.status


@dataclass(frozen=True)
class ResultSelection:
    """Which results, by words."""

    words: Annotated[list[str] | None, typer.Argument(metavar="RESULT", help=RESULTS_HELP)] = None
    content: Annotated[
        list[str] | None, typer.Option(metavar="IMAGE...", help="Made of these contents.", rich_help_panel=_PANEL)
    ] = None
    style: Annotated[
        list[str] | None, typer.Option(metavar="IMAGE...", help="Made in these styles.", rich_help_panel=_PANEL)
    ] = None

    @property
    def is_everything(self) -> bool:
        return not (self.words or self.content or self.style)


def check_words(words: Iterable[str]) -> None:
    """Raises BadQuery for a word whose form means nothing, before anything is opened."""
    for word in words:
        if split(word) == [word]:   # else it may be a name with spaces or commas in it
            parse_term(word)


def _each(texts: Sequence[str] | None) -> list[str]:
    return [each for text in texts or () for each in split(text)]
