"""Pages and answers of the site, and kept samples of them."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.room import Room
from benchmarks.fuzzing.targets.target import Shape, Target
from db.samples import LARGEST_PACKED_BYTES
from demo.samples import sample_account
from demo.site import ReplicaSite
from scraper.continuation import is_new
from scraper.parser.documents import blocks, body, media_addresses, pictures_named
from scraper.parser.page_kind import page_kind, refusal
from scraper.parser.post_page import read_post_page
from scraper.parser.results import holds_addresses, holds_unknown_data, holds_unknown_lists
from scraper.parser.scrubbing import scrubbed
from scraper.parser.signs import signs_of
from scraper.parser.timelines import read_profile, read_timeline
from scraper.posts import Post, Profile
from scraper.reparse import reparse
from scraper.site import DEFAULT_BASE_URL, site_at

EXAMPLES = Path(__file__).parents[3] / "tests/scraper/documents"
NAME = "harbour.light"
CODES = ("DcvZZqTktaH", "C4DSKkTgNkD")
_SITE = site_at()
_OWNER = Profile("5550001234", NAME)


def _read_documents(room: Room, data: bytes) -> None:
    read_all([json.loads(data)])


def read_all(documents: list[Any]) -> None:
    """Everything that is ever asked of a page's documents; what is read must fit the catalog."""
    for document in documents:
        refusal(document)
        json.dumps(scrubbed(document))
    media_addresses(documents)
    owner = read_profile(documents, NAME) or _OWNER
    timeline = read_timeline(documents, owner, _SITE)
    posts = list(timeline.posts) if timeline is not None else []
    posts += [found for code in CODES if isinstance(found := read_post_page(documents, code, _SITE), Post)]
    for post in posts:
        _must_fit(post)
    is_new(documents, owner)
    signs_of(documents, owner).are_in("PolarisProfilePostsQuery", json.dumps(documents)[:2_000])
    holds_unknown_data(documents, owner)
    holds_unknown_lists(documents, owner)
    holds_addresses(documents)


def _must_fit(post: Post) -> None:
    assert post.pk.isdigit()
    assert post.code.isascii()
    assert len(post.slides) <= 100
    for text in (post.caption, *(slide.alt_text for slide in post.slides)):
        assert text is None or (text.encode() and "\0" not in text)
    for slide in post.slides:
        for form in (slide.image, *slide.lesser):
            assert form is None or _SITE.serves_images(form.url)


def _read_page(room: Room, data: bytes) -> None:
    html = data.decode("utf-8", "replace")
    for documents in (blocks(html), body(html)):
        page_kind(f"{DEFAULT_BASE_URL}/{NAME}/", html, documents)
        read_all(documents)
    pictures_named(html)


def _reparse(room: Room, data: bytes) -> None:
    library = room.library()
    library.samples.folder.mkdir(exist_ok=True)
    packed = gzip.compress(data, 1)
    if len(packed) <= LARGEST_PACKED_BYTES:
        place = library.samples.folder / f"profile-{NAME}.json.gz"
        place.write_bytes(packed)
        list(reparse(library))
        place.unlink(missing_ok=True)


def example_documents() -> list[Any]:
    """The shapes of all generations."""
    return [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]


def _examples() -> Iterable[bytes]:
    return [json.dumps(document).encode() for document in example_documents()]


def _pages() -> Iterable[bytes]:
    with ReplicaSite([sample_account(NAME, posts=3)]) as site:
        _, reply = site.answer("GET", f"/{NAME}/", {}, "")
    answers = [b"for (;;);" + each for each in _examples()]
    return [reply.body, *answers, *(b"<script>" + each + b"</script>" for each in _examples())]


def _samples() -> Iterable[bytes]:
    for kind, name in (("profile", NAME), ("timeline", NAME), *(("post", code) for code in CODES)):
        for document in example_documents():
            yield json.dumps({
                "format": 1, "kind": kind, "name": name, "base_url": DEFAULT_BASE_URL, "role": "content",
                "owner": {"pk": _OWNER.pk, "username": NAME}, "kept_at": "2026-10-01T00:00:00+00:00",
                "documents": [document]}).encode()


_WORDS = (b"<script", b"</script", b'"canonicalRouteName":"', b"for (;;);", b"POLARIS_", b'"code":', b'"path":')
DOCUMENTS = Target("documents", _read_documents, _examples, Shape.JSON)
PAGES = Target("pages", _read_page, _pages, words=_WORDS)
REPARSE = Target("reparse", _reparse, _samples, Shape.JSON)
