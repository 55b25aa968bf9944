"""Kept samples -> posts of the catalog, without a browser and without a request.

A sample that is understood now goes once its posts are recorded, as posts whose images are still to be fetched; one
that is not, or not to its last entry, stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.library import Library
from db.records import Role
from db.samples import Sample
from db.values import mapping, sequence, text
from scraper.collect import record_post
from scraper.continuation import is_new
from scraper.errors import BadSetting, OwnerChanged
from scraper.grid import profile_page
from scraper.identity import check_owner, is_known, remember
from scraper.known_posts import belongs
from scraper.parser.documents import Json
from scraper.parser.post_page import read_post_page
from scraper.parser.timelines import read_timeline
from scraper.posts import Post, Profile, Subject, Unavailable
from scraper.samples import FORMAT
from scraper.site import Site, site_at


@dataclass(frozen=True)
class Reread:
    """What this version makes of one sample: its posts, how many of them are new, and one line for people."""

    subject: Subject
    kept_at: str
    understood: bool
    posts_seen: int = 0
    posts_new: int = 0
    message: str = ""


@dataclass(frozen=True)
class _Page:
    """A sample as it was kept."""

    subject: Subject
    site: Site
    role: Role | None
    owner: Profile | None
    documents: list[Json]


def reparse(library: Library) -> Iterator[Reread]:
    """Read every sample again, the oldest first. Holds the library's scrape lock; raises LibraryBusy, StorageFailed."""
    with library.lock("scrape"):
        for sample in library.samples.all():
            reread = _reread(library, sample)
            if reread.understood:
                library.samples.remove(sample)
            yield reread


def _reread(library: Library, sample: Sample) -> Reread:
    content = sample.content
    kept_at = text(content.get("kept_at")) or ""
    page = _page(content)
    if page is None:
        message = "not in the form in which this version keeps samples"
        return Reread(Subject("sample", sample.path.name), kept_at, False, message=message)
    found = _understood(page)
    if found is None:
        return Reread(page.subject, kept_at, False, message="still not understood by this version")
    owner, posts, strangers = found
    if strangers and not posts:
        return Reread(page.subject, kept_at, False, message="still not understood by this version")
    try:
        new = _record(library, page, owner, posts)
    except OwnerChanged as error:
        return Reread(page.subject, kept_at, not strangers, len(posts), message=str(error))
    message = f"{new} new {'post' if new == 1 else 'posts'} of {len(posts)}; the next visit fetches their images"
    if strangers:
        message = f"{message}; {strangers} more are still not understood by this version"
    return Reread(page.subject, kept_at, not strangers, len(posts), new, message)


def _page(content: Mapping[str, Any]) -> _Page | None:
    """What a sample says of itself, None when that cannot be relied on."""
    kind, name = text(content.get("kind")), text(content.get("name"))
    owner = mapping(content.get("owner"))
    pk, username = text(owner.get("pk")), text(owner.get("username"))
    try:
        site = site_at(text(content.get("base_url")) or "")
        role = None if content.get("role") is None else Role(content["role"])
    except (BadSetting, ValueError):
        return None
    if content.get("format") != FORMAT or kind not in ("profile", "timeline", "post") or not name:
        return None
    known = Profile(pk, username) if pk and username else None
    return _Page(Subject(kind, name), site, role, known, sequence(content.get("documents")))


def _understood(page: _Page) -> tuple[Profile, Sequence[Post], int] | None:
    """The profile whose page it was, the posts on it, and how many entries are none that this version knows.

    None where it knows neither.
    """
    if page.subject.kind == "profile":
        look = profile_page(page.documents, page.subject.name, page.site)
        return None if look is None else (look.profile, look.timeline.posts, look.timeline.not_understood)
    if page.subject.kind == "timeline":
        return None if page.owner is None else _timeline(page, page.owner)
    post = read_post_page(page.documents, page.subject.name, page.site)
    owner = page.owner
    if owner is None and isinstance(post, Post) and post.owner_pk and post.owner_name:
        owner = Profile(post.owner_pk, post.owner_name)
    if post is None or owner is None:
        return None
    return (owner, (), 0) if isinstance(post, Unavailable) else (owner, (post,), post.not_understood)


def _timeline(page: _Page, owner: Profile) -> tuple[Profile, Sequence[Post], int] | None:
    """What the kept answers hold of a timeline. One that is still new counts beside those that are understood."""
    parts = [(document, read_timeline([document], owner, page.site)) for document in page.documents]
    posts = {post.pk: post for _, part in parts if part is not None for post in part.posts}
    strangers = sum(part.not_understood for _, part in parts if part is not None)
    strangers += sum(part is None and is_new([document], owner) for document, part in parts)
    return None if all(part is None for _, part in parts) else (owner, tuple(posts.values()), strangers)


def _record(library: Library, page: _Page, owner: Profile, posts: Sequence[Post]) -> int:
    """Record the posts that are the profile's and that nobody had removed; returns how many are new."""
    if library.forgotten.has_profile(owner.pk):
        return 0
    # A sample says what was true when it was kept: a visit since then knows the profile better.
    if not is_known(library, owner):
        check_owner(library, owner)
        remember(library, owner, page.role)
    forgotten = library.forgotten.posts({post.pk: post.owner_pk for post in posts})
    own = [post for post in posts if belongs(post, owner) and post.pk not in forgotten]
    known = library.posts.states([post.pk for post in own])
    for post in reversed(own):      # as a visit does: a kill in between leaves the newest unknown
        if post.pk not in known or not known[post.pk].complete:
            record_post(library, owner, post)
    return sum(post.pk not in known for post in own)
