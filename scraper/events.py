"""What happens during a visit, told to a callback while it happens. Nothing in this package prints.

Texts inside are untrusted: whoever shows them escapes them.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ProfileRead:
    """The profile's page was understood."""

    profile: str
    full_name: str


@dataclass(frozen=True)
class GridRead:
    """More of the grid was read; `posts` so far."""

    profile: str
    posts: int


@dataclass(frozen=True)
class AsideRefused:
    """Something that the page asked for besides its timeline was refused: no wall; `answer` is how it looked."""

    profile: str
    answer: str


@dataclass(frozen=True)
class PostsChosen:
    """The grid is read: how many posts are new, and how many will be worked on (with unfinished ones)."""

    profile: str
    new: int
    to_do: int


@dataclass(frozen=True)
class PostOpened:
    """The work on a post begins: number `number` of `total`."""

    profile: str
    code: str
    number: int
    total: int


@dataclass(frozen=True)
class PostSkipped:
    """A post without anything to fetch, or one that could not be read; `reason` in one line."""

    profile: str
    code: str
    reason: str


@dataclass(frozen=True)
class ImageSaved:
    """A slide's picture is in the library, with its size in pixels."""

    profile: str
    code: str
    slide: int
    width: int
    height: int
    is_full_size: bool | None


@dataclass(frozen=True)
class ImageFailed:
    """A slide's picture could not be saved."""

    profile: str
    code: str
    slide: int
    reason: str


@dataclass(frozen=True)
class VisitEnded:
    """The visit of a profile is over; `message` says why in one line for people."""

    profile: str
    stop_reason: str
    message: str


Event = (
    ProfileRead
    | GridRead
    | AsideRefused
    | PostsChosen
    | PostOpened
    | PostSkipped
    | ImageSaved
    | ImageFailed
    | VisitEnded
)
Listener = Callable[[Event], None]
