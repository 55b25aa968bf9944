"""The frozen records that cross the border of db: rows never leave it, these do.

All times are aware datetimes in UTC; all paths are absolute.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from db.links import came_from_instagram, permalink
from db.values import code, finite


class Role(StrEnum):
    """What an image is for. An image reached through two sources has the union of their roles."""

    CONTENT = "content"
    STYLE = "style"
    BOTH = "both"


class SlideStatus(StrEnum):
    """Where one slide of a post stands."""

    PENDING = "pending"     # known, not fetched yet
    SAVED = "saved"         # its file is in the store
    FAILED = "failed"       # tried; `reason` says why; tried again at a later run
    VIDEO = "video"         # not an image: counted; its cover is fetched only where covers are wanted
    WITHHELD = "withheld"   # its server asks machines to leave it alone
    REMOVED = "removed"     # the user had it removed; not fetched again


class Slides(StrEnum):
    """Which slides of a post are wanted."""

    ALL = "all"
    FIRST = "first"


class ResultStatus(StrEnum):
    """Where one result stands."""

    DONE = "done"
    FAILED = "failed"


class Forgettable(StrEnum):
    """What can be forgotten."""

    PROFILE = "profile"
    POST = "post"


@dataclass(frozen=True)
class ProfileRecord:
    """A profile as last seen. `pk` is the identity; the name may change."""

    pk: str
    username: str
    role: Role
    full_name: str = ""
    is_private: bool = False


@dataclass(frozen=True)
class SlideRecord:
    """One picture of a post: `index` counts from 0; sizes in pixels as the page declared them."""

    index: int
    pk: str
    is_video: bool = False
    alt_text: str | None = None
    original_width: int | None = None
    original_height: int | None = None


@dataclass(frozen=True)
class PostRecord:
    """A post with every slide the page told of. `taken_at` is None until its own page was read."""

    pk: str
    code: str
    owner_pk: str
    kind: str                           # image, video, carousel
    slides: tuple[SlideRecord, ...]
    taken_at: datetime | None = None
    caption: str | None = None


@dataclass(frozen=True)
class PostState:
    """What is known of a post: complete means that every slide is saved, a video or given up, or the post is gone."""

    pk: str
    code: str
    complete: bool
    slides_expected: int
    slides_saved: int
    taken_at: datetime | None = None
    is_gone: bool = False


@dataclass(frozen=True)
class Wanted:
    """What a run is after: which slides, the covers of videos too, also what is withheld."""

    slides: Slides = Slides.ALL
    covers: bool = False
    withheld: bool = False


@dataclass(frozen=True)
class SavedSlide:
    """What is saved of a slide: its size in pixels and the address it came from."""

    width: int
    height: int
    source_url: str | None
    is_full_size: bool | None


@dataclass(frozen=True)
class Looks:
    """What was measured of an image's pixels (`db/imaging/looks.py` says how)."""

    hash: int                           # 64 bits: alike images differ in few of them
    sharpness: float                    # 0 for a flat or blurred picture
    brightness: float                   # 0 is black, 1 is white
    is_grey: bool                       # no colours to speak of


@dataclass(frozen=True)
class ImageInfo:
    """What a safe decode found: format by magic bytes, size after EXIF orientation, in pixels."""

    format: str                         # JPEG, PNG, WEBP, ...
    media_type: str
    extension: str                      # with the dot
    width: int
    height: int
    looks: Looks | None = field(default=None, compare=False)    # None where they cannot be told


@dataclass(frozen=True)
class StoredFile:
    """A content-addressed file that is durable on disk."""

    sha256: str
    path: Path
    size_bytes: int
    info: ImageInfo


@dataclass(frozen=True)
class Image:
    """An image of the catalog with where it came from (the oldest source, when there are several)."""

    id: int
    sha256: str
    path: Path
    role: Role
    width: int
    height: int
    profile: str | None = None
    post_code: str | None = None
    slide: int | None = None
    taken_at: datetime | None = None
    source_url: str | None = None
    is_full_size: bool | None = None
    alt_text: str | None = None
    name: str | None = None             # the file's own name, for images added from disk
    caption: str | None = None
    tags: tuple[str, ...] = ()          # in the order of the alphabet
    is_starred: bool = False
    is_excluded: bool = False           # kept, and no part of what is meant by "all"
    looks: Looks | None = None          # None where it was not looked at yet

    @property
    def permalink(self) -> str | None:
        """The page of its post, if it came from Instagram: fetched there over https, or by a tool that says so."""
        known = code(self.post_code)
        return permalink(known) if known and came_from_instagram(self.source_url) else None

    @property
    def source(self) -> str:
        """Where it came from, in a few characters: profile, post and slide, or the file's own name."""
        if self.post_code is None:
            return self.name or ""
        return f"{self.profile} {self.post_code}" + (f"/{self.slide + 1}" if self.slide else "")


@dataclass(frozen=True)
class ResultKey:
    """A result's identity: the two images and everything that shapes the picture.

    `recipe_hash` covers the recipe with its overrides, size, steps, seed and the weights.
    """

    content_sha256: str
    style_sha256: str
    recipe_hash: str


@dataclass(frozen=True)
class ResultRecord:
    """A finished or failed result. Losses are those of the saved picture, read back."""

    key: ResultKey
    recipe: str
    size: int
    steps: int
    seed: int
    status: ResultStatus
    content_loss: float | None = None
    style_loss: float | None = None
    total_loss: float | None = None
    seconds: float | None = None
    reason: str | None = None
    details: dict[str, Any] = field(default_factory=dict)   # the full recipe, weights, versions, trace

    @property
    def share_of_start(self) -> float | None:
        """The loss as a share of the first picture's; None where that is not known, or none: content from content."""
        total, start = finite(self.total_loss), finite(self.details.get("start_loss"))
        return finite(total / start) if total is not None and start is not None and start > 0 else None


@dataclass(frozen=True)
class Result:
    """A result of the catalog with its picture, if it has one; `width` and `height` are that picture's, in pixels."""

    id: int
    content_id: int
    style_id: int
    path: Path | None
    created_at: datetime
    record: ResultRecord
    tags: tuple[str, ...] = ()
    is_starred: bool = False
    width: int | None = None
    height: int | None = None
