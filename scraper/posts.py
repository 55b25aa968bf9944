"""The frozen records that the parser makes of Instagram's documents.

They hold plain values only; every text in them is untrusted and stays text.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fit(StrEnum):
    """How an offered picture relates to the uploaded one, as its address tells."""

    ORIGINAL = "original"       # neither resized nor cropped
    SIZED = "sized"             # whole, made smaller
    CROPPED = "cropped"         # a part of it
    PREVIEW = "preview"         # what the page shows when no candidates are listed


@dataclass(frozen=True)
class Candidate:
    """One address of a picture, with the size in pixels that the document declares, if any."""

    url: str
    fit: Fit
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Slide:
    """One picture or video of a post. `image` is the best offered form; a video's is its cover frame.

    `lesser` are the other whole forms of the same picture, best first. Where `declares_offer` is set, the declared size
    is that of the offered form and not of the upload.
    """

    index: int
    pk: str
    is_video: bool
    image: Candidate | None = None
    lesser: tuple[Candidate, ...] = ()
    alt_text: str | None = None
    original_width: int | None = None
    original_height: int | None = None
    declares_offer: bool = False


@dataclass(frozen=True)
class Post:
    """A post as far as one document tells.

    A grid tells little: no date, and of a carousel only the first picture (`slides_expected` may know better). So may
    a post's own page: without `slides_listed`, the one slide is the picture that stands for the carousel.
    """

    pk: str
    code: str
    kind: str                           # image, video, carousel
    slides: tuple[Slide, ...]
    slides_expected: int | None = None
    slides_listed: bool = True
    owner_pk: str | None = None
    owner_name: str | None = None
    coauthor_pks: frozenset[str] = frozenset()
    taken_at: datetime | None = None
    caption: str | None = None
    not_understood: int = 0             # slides in a shape that is not known

    @property
    def is_whole(self) -> bool:
        """Whether nothing more is to be learned from the post's own page."""
        if self.taken_at is None or not self.slides or not self.slides_listed:
            return False
        if self.slides_expected is not None and len(self.slides) < self.slides_expected:
            return False
        return all(
            slide.is_video or (slide.image is not None and slide.image.fit is Fit.ORIGINAL)
            for slide in self.slides
        )


@dataclass(frozen=True)
class Profile:
    """A profile as its page tells."""

    pk: str
    username: str
    full_name: str = ""
    is_private: bool = False


@dataclass(frozen=True)
class Timeline:
    """A part of a profile's grid, in the page's order.

    `has_next` is None when the document does not say: only False proves that the timeline ends here, and that only
    where nothing was `not_understood`. One that is not in a known place may go on in another.
    """

    posts: tuple[Post, ...]
    has_next: bool | None = None
    not_understood: int = 0             # entries that are neither null nor a post of a known shape
    is_in_place: bool = True


@dataclass(frozen=True)
class Subject:
    """What a page, or an answer to its scrolling, is about: a profile, its timeline, or a post, by name or code."""

    kind: str                           # profile, timeline, post
    name: str

    def __str__(self) -> str:
        return {"post": "the post", "timeline": "the timeline of"}.get(self.kind, "the page of") + f" {self.name}"


@dataclass(frozen=True)
class Unavailable:
    """A post whose own page says that visitors do not get it: gone, or shown to some people only."""

    reason: str
    is_gone: bool = False
