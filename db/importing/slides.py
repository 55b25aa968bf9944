"""One picture of a post, as a sidecar file describes it."""

from dataclasses import dataclass

from db.records import PostRecord, SlideRecord

MOST_SLIDES = 50    # the site's own limit is 20


@dataclass(frozen=True)
class ImportedSlide:
    """A picture's place: slide `index` of the post, which lists every slide, of the profile that owns it."""

    post: PostRecord
    owner_name: str
    index: int

    @property
    def slide(self) -> SlideRecord:
        """The slide that the picture shows."""
        return self.post.slides[self.index]


def kind_of(slides: tuple[SlideRecord, ...]) -> str:
    """What a post with these slides is."""
    if len(slides) > 1:
        return "carousel"
    return "video" if slides[0].is_video else "image"
