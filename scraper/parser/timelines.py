"""A profile's page, and the responses to its scrolling -> Profile and Timeline.

Only what belongs to the user asked for counts. Posts of other owners inside that user's own timeline are
handed on, since co-authored posts look like that; their pages decide.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from db.values import text, user_pk
from scraper.parser.connections import connections, is_named, loose_nodes, strangers_among
from scraper.parser.documents import Json, objects
from scraper.parser.media import is_media, read_post
from scraper.posts import Post, Profile, Timeline
from scraper.site import Site

# Objects that only a profile's own page has; the user object of a media node has none of them.
_PROFILE_KEYS = frozenset({"biography", "follower_count", "edge_followed_by", "full_name", "is_private"})


def read_profile(documents: Sequence[Json], username: str) -> Profile | None:
    """The profile of that name as the documents tell; None when they do not.

    The newest generation spreads it over several objects, so each field is the first that says something.
    """
    users = [
        found
        for document in documents
        for found in objects(document)
        if is_named(found, username) and not is_media(found)
    ]
    users.sort(key=lambda user: -len(_PROFILE_KEYS.intersection(user)))
    pk = next((pk for user in users if (pk := user_pk(user)) is not None), None)
    if pk is None:
        return None
    full_name = next((name for user in users if (name := text(user.get("full_name")))), "")
    return Profile(pk, username, full_name, any(user.get("is_private") is True for user in users))


def read_timeline(documents: Sequence[Json], profile: Profile, site: Site) -> Timeline | None:
    """The part of the profile's grid that the documents hold; None when they hold none of it.

    Without a timeline in a known place, posts of this owner count wherever they stand.
    """
    parts = [part for document in documents for part in connections(document, profile)]
    if parts:
        nodes = [node for connection in parts for node in connection.nodes]
        has_next = [connection.has_next for connection in parts if connection.has_next is not None]
        strangers = sum(connection.not_understood for connection in parts)
        return Timeline(_posts(nodes, site), has_next[-1] if has_next else None, strangers)
    loose = [node for document in documents for node in loose_nodes(document, profile)]
    if not loose:
        return None
    strangers = sum(strangers_among(document, profile) for document in documents)
    return Timeline(_posts(loose, site), None, strangers, is_in_place=False)


def _posts(nodes: Sequence[Mapping[str, Any]], site: Site) -> tuple[Post, ...]:
    found: dict[str, Post] = {}
    for node in nodes:
        post = read_post(node, site)
        if post is not None:
            found.setdefault(post.pk, post)
    return tuple(found.values())
