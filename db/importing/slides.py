"""One picture of a post, as a sidecar file describes it."""

from dataclasses import dataclass
from datetime import datetime

from db.records import PostRecord, Role, SlideRecord

MOST_SLIDES = 50    # the site's own limit is 20


@dataclass(frozen=True)
class ImportedSlide:
    """A picture's place: slide `index` of the post, which lists every slide, of the profile that owns it.

    An export of ours says more: on which profile it was seen, if that is another one, what that is for, and what is
    known of the file.
    """

    post: PostRecord
    owner_name: str
    index: int
    seen_on_pk: str | None = None
    profile_role: Role | None = None
    is_full_size: bool | None = None
    fetched_at: datetime | None = None

    @property
    def profile_pk(self) -> str:
        """The profile that `owner_name` is the name of."""
        return self.seen_on_pk or self.post.owner_pk

    @property
    def slide(self) -> SlideRecord:
        """The slide that the picture shows."""
        return self.post.slides[self.index]


def kind_of(slides: tuple[SlideRecord, ...]) -> str:
    """What a post with these slides is."""
    if len(slides) > 1:
        return "carousel"
    return "video" if slides[0].is_video else "image"
