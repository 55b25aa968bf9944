"""A media node of any generation -> Post.

    xig_*           code, pk, display_uri, image_versions2, carousel_media          (since 2026)
    xdt, v1         the same keys with sizes; ids as "<pk>_<owner>" or int          (2021 to 2026)
    legacy          shortcode, id, display_url, edge_sidecar_to_children            (until 2024)
    before that     code, id, display_src, date, the caption as a text              (2016, 2017)

A node is recognised by the keys that it has, never by where it stands; a key may be missing or null.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from db.values import identity, integer, mapping, moment, sequence, side_px, text, user_pk
from scraper.parser.full_size import forms_of
from scraper.posts import Post, Slide
from scraper.shortcodes import pk_of, real_code
from scraper.site import Site

_MEDIA_KEYS = frozenset({
    "carousel_media", "display_src", "display_uri", "display_url", "image_versions2", "is_video", "media_type",
    "video_versions",
})
_LIST_KEYS = frozenset({"carousel_media", "edge_sidecar_to_children"})
_DATE_KEYS = ("taken_at", "taken_at_timestamp", "date")
_KINDS = {1: "image", 2: "video", 8: "carousel"}
_MOST_SLIDES = 100

Node = Mapping[str, Any]


def code_in(node: Node) -> str | None:
    """The shortcode of a node, under either of its names."""
    code = node.get("code") or node.get("shortcode")
    return real_code(code) if isinstance(code, str) else None


def is_media(node: Node) -> bool:
    """Whether a JSON object is a post (or a slide of one)."""
    return not _MEDIA_KEYS.isdisjoint(node) and code_in(node) is not None


def moment_in(node: Node) -> datetime | None:
    """When a media node says that it was published, under the key of its generation."""
    return next((found for key in _DATE_KEYS if (found := moment(node.get(key))) is not None), None)


def owner_in(node: Node) -> Node:
    """The user object of a media node."""
    return mapping(node.get("user")) or mapping(node.get("owner"))


def read_post(node: Node, site: Site) -> Post | None:
    """The post that a media node tells of; None when it has no usable code."""
    code = code_in(node)
    if code is None:
        return None
    pk = identity(node.get("pk")) or identity(node.get("id")) or str(pk_of(code))
    kind = _kind(node)
    children = _children(node)
    owner = owner_in(node)
    name = text(owner.get("username"))
    return Post(
        pk=pk,
        code=code,
        kind=kind,
        slides=_slides(node, children, kind, pk, site),
        slides_expected=_slides_expected(node, kind),
        slides_listed=kind != "carousel" or bool(children),
        owner_pk=user_pk(owner),
        owner_name=name.lower() if name else None,
        coauthor_pks=frozenset(
            found
            for entry in sequence(node.get("coauthor_producers"))
            if (found := user_pk(mapping(entry))) is not None
        ),
        taken_at=moment_in(node),
        caption=_caption(node),
    )


def _kind(node: Node) -> str:
    declared = _KINDS.get(integer(node.get("media_type")) or 0)
    if declared is not None:
        return declared
    type_name = text(node.get("__typename")) or ""
    if "Sidecar" in type_name or "Carousel" in type_name or _children(node):
        return "carousel"
    return "video" if "Video" in type_name or _shows_video(node) else "image"


def _shows_video(node: Node) -> bool:
    return node.get("is_video") is True or bool(sequence(node.get("video_versions")))


def _children(node: Node) -> list[Any]:
    edges = sequence(mapping(node.get("edge_sidecar_to_children")).get("edges"))
    children = sequence(node.get("carousel_media")) or [mapping(edge).get("node") for edge in edges]
    return children[:_MOST_SLIDES]


def _slides(node: Node, children: list[Any], kind: str, pk: str, site: Site) -> tuple[Slide, ...]:
    if kind != "carousel":
        return (_slide(node, 0, pk, kind == "video", site),)
    if not children:
        return _cover(node, pk, site)
    # A null among the children keeps its place, so that the others keep their numbers.
    listed = [mapping(child) for child in children]
    return tuple(
        _slide(child, index, _slide_pk(child), _kind(child) == "video", site) for index, child in enumerate(listed)
    )


def _cover(node: Node, pk: str, site: Site) -> tuple[Slide, ...]:
    """The picture that stands for a carousel without a list of slides; a grid's has one, too, and no date."""
    if moment_in(node) is None and not _LIST_KEYS.intersection(node) and not node.get("image_versions2"):
        return ()
    cover = _slide(node, 0, pk, _shows_video(node), site)
    return () if cover.image is None else (cover,)


def _slide(node: Node, index: int, pk: str, is_video: bool, site: Site) -> Slide:
    dimensions = mapping(node.get("dimensions"))
    width, height = side_px(node.get("original_width")), side_px(node.get("original_height"))
    forms = forms_of(node, site)
    return Slide(
        index=index,
        pk=pk,
        is_video=is_video,
        image=forms[0] if forms else None,
        lesser=forms[1:],
        alt_text=text(node.get("accessibility_caption")),
        original_width=width or side_px(dimensions.get("width")),
        original_height=height or side_px(dimensions.get("height")),
        declares_offer=width is None or height is None,
    )


def _slide_pk(node: Node) -> str:
    code = code_in(node)
    return identity(node.get("pk")) or identity(node.get("id")) or (str(pk_of(code)) if code else "")


def _slides_expected(node: Node, kind: str) -> int | None:
    if kind != "carousel":
        return 1
    count = integer(node.get("carousel_media_count"))
    return count if count is not None and 0 < count <= _MOST_SLIDES else None


def _caption(node: Node) -> str | None:
    caption = node.get("caption")
    if isinstance(caption, str):
        return text(caption)
    if isinstance(caption, dict):
        return text(caption.get("text"))
    for edge in sequence(mapping(node.get("edge_media_to_caption")).get("edges")):
        found = text(mapping(mapping(edge).get("node")).get("text"))
        if found is not None:
            return found
    return None
