"""gallery-dl's `<image file>.json` (its option --write-metadata), with the keywords of its Instagram extractor.

Each file describes one slide, and says only how many others there are.
"""

from db import values
from db.importing.slides import MOST_SLIDES, ImportedSlide, kind_of
from db.records import PostRecord, SlideRecord

_NO_POSTS = frozenset({"avatar", "stories", "highlights"})


def read(data: object) -> ImportedSlide | None:
    """The slide that this sidecar describes, None when it does not describe a post's."""
    if values.child(data, "category") not in (None, "instagram") or _is_no_post(data):
        return None
    pk, code = values.identity(values.child(data, "post_id")), values.code(values.child(data, "post_shortcode"))
    owner_pk = values.identity(values.child(data, "owner_id"))
    owner_name = values.username(values.child(data, "username"))
    count = values.whole(values.child(data, "count"), MOST_SLIDES) or 1
    number = values.whole(values.child(data, "num"), MOST_SLIDES) or (1 if count == 1 else None)
    if not (pk and code and owner_pk and owner_name and number):
        return None
    slides = tuple(
        _slide(data, index, pk) if index == number - 1 else SlideRecord(index, pk)
        for index in range(max(count, number))
    )
    post = PostRecord(
        pk=pk,
        code=code,
        owner_pk=owner_pk,
        kind=kind_of(slides),
        slides=slides,
        taken_at=values.moment(values.child(data, "post_date")) or values.moment(values.child(data, "date")),
        caption=values.text(values.child(data, "description")),
    )
    return ImportedSlide(post, owner_name, number - 1)


def _is_no_post(data: object) -> bool:
    """Stories and portraits come with ids like those of posts."""
    kind, url = values.child(data, "subcategory"), values.child(data, "post_url")
    return (isinstance(kind, str) and kind in _NO_POSTS) or (isinstance(url, str) and "/stories/" in url)


def _slide(data: object, index: int, post_pk: str) -> SlideRecord:
    is_video = bool(values.child(data, "video_url"))
    return SlideRecord(index, values.identity(values.child(data, "media_id")) or post_pk, is_video)
