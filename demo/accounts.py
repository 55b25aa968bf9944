"""What the replica shows: accounts, their posts, the slides of a post and the picture on a slide.

All records are frozen, and a media id follows from its post alone: the same accounts make the same
site every time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image

from demo import ids
from demo.behaviour import Behaviour, ImageFault

SLIDE_PK_STEP = 430_080_013  # slides are uploaded a moment before the post that holds them


@dataclass(frozen=True)
class Picture:
    """One original: its size in pixels, how it is drawn, and the format its bytes are kept in."""

    width: int
    height: int
    draw: Callable[[], Image.Image]
    format: Literal["JPEG", "WEBP"] = "JPEG"


@dataclass(frozen=True)
class User:
    """The few words by which pages name a person; `pk` stays when the name changes."""

    pk: int
    username: str
    full_name: str = ""

    @property
    def graph_id(self) -> str:
        """The business-graph id, a different number from the pk."""
        return f"17841400{self.pk % 10**6:09d}"


@dataclass(frozen=True)
class Slide:
    """One picture of a post, or the cover of one video."""

    picture: Picture
    alt: str | None = None
    is_video: bool = False
    has_candidates: bool = True  # False: the page offers its 640 px rendition and nothing else
    fault: ImageFault | None = None
    asset: str | None = None  # two slides naming one asset show one file at one address


@dataclass(frozen=True)
class Post:
    """A post as its owner published it. More than one slide makes a carousel; `clips` is a reel."""

    owner: User
    taken_at: int
    slides: tuple[Slide, ...]
    caption: str | None = ""
    is_reel: bool = False
    is_pinned: bool = False
    coauthors: tuple[User, ...] = ()
    upload_lead_s: int = 20
    low: int = 0
    given_pk: int | None = None
    likes: int = 21
    is_gated: bool = False
    lists_slides: bool = True  # False: of a carousel no page says more than its first picture
    is_gone: bool = False  # still on the grid, but its own page says it is not there

    @property
    def pk(self) -> int:
        return self.given_pk or ids.pk_at(self.taken_at - self.upload_lead_s, self.low)

    @property
    def code(self) -> str:
        return ids.code_of(self.pk)

    @property
    def media_type(self) -> int:
        if self.is_reel:
            return 2
        return 8 if len(self.slides) > 1 else 1

    @property
    def product_type(self) -> str:
        return {1: "feed", 2: "clips", 8: "carousel_container"}[self.media_type]

    @property
    def frames(self) -> tuple["Frame", ...]:
        if len(self.slides) == 1:
            return (Frame(self.slides[0], self.pk, self.is_reel),)
        return tuple(
            Frame(slide, self.pk - (number + 1) * SLIDE_PK_STEP, slide.is_video)
            for number, slide in enumerate(self.slides)
        )


@dataclass(frozen=True)
class Frame:
    """A slide in its place: the media id it carries there and the path its file is served at."""

    slide: Slide
    pk: int
    is_video: bool

    @property
    def code(self) -> str:
        return ids.code_of(self.pk)

    @property
    def path(self) -> str:
        folder = "t51.71878-15" if self.is_video else "t51.82787-15"
        suffix = "webp" if self.slide.picture.format == "WEBP" else "jpg"
        name = self.slide.asset or f"{self.pk % 10**9}_{self.pk % 10**15 + 18 * 10**15}_{self.pk}"
        return f"/v/{folder}/{name}_n.{suffix}"


@dataclass(frozen=True)
class Account:
    """A profile, its posts newest first, and how the site behaves when somebody looks at it."""

    user: User
    posts: tuple[Post, ...] = ()
    biography: str = ""
    is_private: bool = False
    followers: int = 10_412
    following: int = 77
    behaviour: Behaviour = field(default_factory=Behaviour)

    @property
    def username(self) -> str:
        return self.user.username

    @property
    def timeline(self) -> tuple[Post, ...]:
        """The grid's order: pinned posts first, which nothing marks, then newest first."""
        newest_first = sorted(self.posts, key=lambda post: post.taken_at, reverse=True)
        return tuple(sorted(newest_first, key=lambda post: not post.is_pinned))
