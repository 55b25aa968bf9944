"""A post's page -> Post, or Gated when the site shows it to some people only.

The page carries other posts too (more of the owner's, suggestions): only the code asked for counts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scraper.parser.documents import Json, objects
from scraper.parser.media import code_in, is_media, read_post
from scraper.parser.values import mapping, text
from scraper.posts import Fit, Gated, Post
from scraper.site import Site

_GATES = ("if_not_gated", "if_gated")


def read_post_page(documents: list[Json], code: str, site: Site) -> Post | Gated | None:
    """What the documents tell of the post `code`: the fullest of its objects. None when there is none."""
    posts: list[Post] = []
    gated: Gated | None = None
    for found in (found for document in documents for found in objects(document) if code_in(found) == code):
        if is_media(found):
            post = read_post(found, site)
            posts.extend([post] if post is not None else [])
        for behind_gate in _behind_gates(found):
            if behind_gate:
                # The part behind the gate may leave out the code that stands in front of it.
                post = read_post({**found, **behind_gate}, site)
                posts.extend([post] if post is not None else [])
            else:
                gated = Gated(text(mapping(found.get("gating_ruling")).get("title")) or "gated")
    return max(posts, key=_fullness) if posts else gated


def _behind_gates(wrapper: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, value in wrapper.items():
        if key.startswith(_GATES):
            yield mapping(value)


def _fullness(post: Post) -> tuple[bool, int, int]:
    originals = sum(slide.image is not None and slide.image.fit is Fit.ORIGINAL for slide in post.slides)
    return post.taken_at is not None, len(post.slides), originals
