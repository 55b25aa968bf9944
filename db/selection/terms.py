"""Words -> terms: what each word names, by its form alone.

    3  1-5          images by number            r3  r1-5        results by number
    @natgeo         a profile                   #sea            a tag
    DcvZXOD0JLA     a post, by code or link     DcvZXOD0JLA/2   its second slide
    photo.jpg  holiday/  /home/me/a.jpg         what was added, by name, place or folder
    *               what is starred             -WORD           all that, left out

Pure: which images those are, the catalog says (`db/selection/conditions.py`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto

from db import values
from db.errors import BadSelection
from db.links import PostLink, ProfileLink, read_link
from db.tags import parse_tag

LARGEST = 2**63 - 1     # integer of SQLite
_RANGE = re.compile(r"([rR]?)([0-9]+)(?:-[rR]?([0-9]+))?")
_SLIDE = re.compile(r"([A-Za-z0-9_-]{5,64})/([0-9]{1,4})")
_APART = re.compile(r"[,\s]+")


class Kind(Enum):
    """What a term names."""

    IMAGES = auto()
    RESULTS = auto()
    PROFILE = auto()
    TAG = auto()
    STARRED = auto()
    POST = auto()       # one that a link names for sure
    NAME = auto()       # a post's code, or the name or place of what was added


@dataclass(frozen=True)
class Term:
    """One thing that was named: numbers from `first` to `last`, or a name."""

    text: str
    kind: Kind
    name: str = ""
    first: int = 0
    last: int = 0
    slide: int | None = None
    is_left_out: bool = False

    @property
    def is_one_number(self) -> bool:
        """Whether it is an image by its number."""
        return self.kind is Kind.IMAGES and self.first == self.last


def split(word: str) -> list[str]:
    """The words within one that a shell handed on whole: commas and spaces stand between them."""
    return [each for each in _APART.split(word) if each]


def parse_term(word: str) -> Term:
    """What a word names, with a minus before it what is left out. Raises BadSelection."""
    if word.startswith("-"):
        if word[1:2] in ("", "-"):
            raise BadSelection(f"{word!r} names nothing to leave out")
        return replace(parse_term(word[1:]), is_left_out=True)
    found = _RANGE.fullmatch(word)
    if found:
        return _numbers(word, *found.groups())
    if word == "*":
        return Term(word, Kind.STARRED)
    if word.startswith("#"):
        return Term(word, Kind.TAG, parse_tag(word))
    if word.startswith("@"):
        name = values.username(word[1:].rstrip("/"))
        if name is None:
            raise BadSelection(f"{word!r} is no profile's name: letters, digits, '.' and '_', 30 at most")
        return Term(word, Kind.PROFILE, name)
    return _named(word)


def parse_terms(words: Iterable[str]) -> list[Term]:
    """Every word's term, in their order."""
    return [parse_term(word) for word in words]


def _numbers(word: str, of_results: str, first: str, last: str | None) -> Term:
    start, end = int(first[:30]), int((last or first)[:30])
    if max(start, end) > LARGEST or start < 1:
        raise BadSelection(f"{word!r}: numbers go from 1 to {LARGEST}")
    if end < start:
        raise BadSelection(f"{word!r} runs backwards; {of_results}{end}-{start} is the range")
    return Term(word, Kind.RESULTS if of_results else Kind.IMAGES, first=start, last=end)


def _named(word: str) -> Term:
    slide = _SLIDE.fullmatch(word)
    if slide and not word.lower().startswith(("reel/", "reels/")):
        return Term(word, Kind.NAME, slide[1], slide=int(slide[2]) - 1)
    match read_link(word):
        case PostLink(code, index):
            return Term(word, Kind.POST, code, slide=index)
        case ProfileLink(username) if "://" in word or "/" in word:
            return Term(word, Kind.PROFILE, username)
    if "://" in word:
        raise BadSelection(f"{word[:200]!r} is no link to a post or a profile")
    return Term(word, Kind.NAME, word)
