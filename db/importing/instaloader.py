"""instaloader's `<date>_UTC.json` or `.json.xz`: the post's GraphQL node, at times with the app's form inside it.

One file describes the whole post; the picture's own name says which slide it is.
"""

from db import values
from db.importing.slides import MOST_SLIDES, ImportedSlide, kind_of
from db.records import PostRecord, SlideRecord
from db.values import child


def read(data: object, number: int | None) -> ImportedSlide | None:
    """The slide `number` (from 1; None for a post's only picture), None when no post with it is described."""
    if child(data, "instaloader", "node_type") != "Post":
        return None
    node = child(data, "node")
    app = child(node, "iphone_struct")
    pk = values.identity(child(node, "id"))
    code = values.code(child(node, "shortcode")) or values.code(child(node, "code"))
    owner_pk = values.identity(child(node, "owner", "id")) or values.identity(child(app, "user", "pk"))
    owner_name = values.username(child(node, "owner", "username")) or values.username(child(app, "user", "username"))
    if not (pk and code and owner_pk and owner_name):
        return None
    slides = _slides(node, app, pk, number)
    index = (number or 1) - 1
    if index >= len(slides):
        return None
    post = PostRecord(
        pk=pk,
        code=code,
        owner_pk=owner_pk,
        kind=kind_of(slides),
        slides=slides,
        taken_at=values.moment(child(node, "taken_at_timestamp")) or values.moment(child(node, "date")),
        caption=_caption(node),
    )
    return ImportedSlide(post, owner_name, index)


def _slides(node: object, app: object, post_pk: str, number: int | None) -> tuple[SlideRecord, ...]:
    children = [child(edge, "node") for edge in values.sequence(child(node, "edge_sidecar_to_children", "edges"))]
    children = children or values.sequence(child(app, "carousel_media"))
    if not children and number is None:
        children = [node]
    return tuple(_slide(index, each, post_pk) for index, each in enumerate(children[:MOST_SLIDES]))


def _slide(index: int, node: object, post_pk: str) -> SlideRecord:
    return SlideRecord(
        index=index,
        pk=values.identity(child(node, "id")) or values.identity(child(node, "pk")) or post_pk,
        is_video=child(node, "is_video") is True or child(node, "media_type") == 2,
        alt_text=values.text(child(node, "accessibility_caption")),
    )


def _caption(node: object) -> str | None:
    first = child(node, "edge_media_to_caption", "edges", 0, "node", "text")
    return values.text(first) or values.text(child(node, "caption"))
