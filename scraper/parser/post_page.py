"""A post's page -> Post, or Unavailable when it says that there is none for visitors.

The page carries other posts too (more of the owner's, suggestions): only the code asked for counts. A post of which no
picture is in a known shape is not understood; one of which some slides are not has them counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from db.values import mapping, sequence, text
from scraper.parser.documents import Json, objects
from scraper.parser.media import code_in, is_media, read_post
from scraper.parser.results import holds_addresses
from scraper.posts import Fit, Post, Unavailable
from scraper.site import Site

_GATES = ("if_not_gated", "if_gated")
# Keys under which a node has its pictures, or says that it has none.
_SHOWN = frozenset({
    "carousel_media", "display_resources", "display_src", "display_uri", "display_url", "edge_sidecar_to_children",
    "image_versions2", "thumbnail_src", "video_versions",
})
_ROOTS = (
    "xig_polaris_media", "xdt_shortcode_media", "shortcode_media", "xdt_api__v1__media__shortcode__web_info"
)


def read_post_page(documents: list[Json], code: str, site: Site) -> Post | Unavailable | None:
    """What the documents tell of the post `code`: the fullest of its objects. None when they tell nothing."""
    posts: list[Post | None] = []
    unavailable: Unavailable | None = None
    for found in (found for document in documents for found in objects(document)):
        if code_in(found) == code:
            if is_media(found):
                posts.append(_post(found, site))
            for behind_gate in _behind_gates(found):
                # The part behind the gate may leave out the code that stands in front of it.
                posts.append(_post({**found, **behind_gate}, site) if behind_gate else None)
                if not behind_gate:
                    unavailable = Unavailable(_limiter(found))
        elif any(root in found and _is_nothing(found[root]) for root in _ROOTS):
            unavailable = unavailable or Unavailable("the post is not there any more", is_gone=True)
    understood = [post for post in posts if post is not None]
    if not understood and unavailable is not None and unavailable.is_gone and holds_addresses(documents):
        return None     # null in the place that is known, and something in another one
    return max(understood, key=_fullness) if understood else unavailable


def _post(node: Mapping[str, Any], site: Site) -> Post | None:
    """The post that a node tells of; None where nothing that it shows is in a known shape."""
    edges = sequence(mapping(node.get("edge_sidecar_to_children")).get("edges"))
    nodes = sequence(node.get("carousel_media")) or [mapping(edge).get("node", edge) for edge in edges]
    children = [child for child in nodes if child is not None]
    strangers = sum(not _shows_something(child) for child in children)
    if strangers == len(children) if children else not _shows_something(node):
        return None
    post = read_post(node, site)
    return None if post is None else replace(post, not_understood=strangers)


def _shows_something(node: Json) -> bool:
    return not _SHOWN.isdisjoint(mapping(node))


def _is_nothing(root: Json) -> bool:
    return root is None or mapping(root).get("items") == []


def _limiter(wrapper: Mapping[str, Any]) -> str:
    title = text(mapping(wrapper.get("gating_ruling")).get("title"))
    return f"not shown to visitors: {title[:100]}" if title else "not shown to visitors"


def _behind_gates(wrapper: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, value in wrapper.items():
        if key.startswith(_GATES):
            yield mapping(value)


def _fullness(post: Post) -> tuple[bool, bool, int, int]:
    originals = sum(slide.image is not None and slide.image.fit is Fit.ORIGINAL for slide in post.slides)
    return post.taken_at is not None, bool(post.slides) and post.slides_listed, len(post.slides), originals
