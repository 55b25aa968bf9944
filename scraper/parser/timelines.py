"""A profile's page, and the responses to its scrolling -> Profile and Timeline.

Only what belongs to the user asked for counts. Posts of other owners inside that user's own timeline are
handed on, since co-authored posts look like that; their pages decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scraper.parser.documents import Json, objects
from scraper.parser.media import is_media, owner_in, read_post
from scraper.parser.values import mapping, sequence, text, user_pk
from scraper.posts import Post, Profile, Timeline
from scraper.site import Site

# Objects that only a profile's own page has; the user object of a media node has none of them.
_PROFILE_KEYS = frozenset({"biography", "follower_count", "edge_followed_by", "full_name", "is_private"})
# Parts of a profile that are not its timeline: their end proves nothing about the timeline's.
_OTHER_TABS = ("clips", "felix", "highlight", "saved", "tagged", "video", "collection")
# All that stands beside an empty list of the v1 answer; the lists of its other endpoints say more of themselves.
_BARE_FEED_KEYS = frozenset({"items", "num_results", "more_available", "next_max_id", "auto_load_more_enabled",
                             "status", "user"})


def read_profile(documents: list[Json], username: str) -> Profile | None:
    """The profile of that name as the documents tell; None when they do not.

    The newest generation spreads it over several objects, so each field is the first that says something.
    """
    users = [
        found
        for document in documents
        for found in objects(document)
        if _named(found, username) and not is_media(found)
    ]
    users.sort(key=lambda user: -len(_PROFILE_KEYS.intersection(user)))
    pk = next((pk for user in users if (pk := user_pk(user)) is not None), None)
    if pk is None:
        return None
    full_name = next((name for user in users if (name := text(user.get("full_name")))), "")
    return Profile(pk, username, full_name, any(user.get("is_private") is True for user in users))


def read_timeline(documents: list[Json], profile: Profile, site: Site) -> Timeline | None:
    """The part of the profile's grid that the documents hold; None when they hold none of it.

    Without a timeline in a known place, posts of this owner count wherever they stand.
    """
    parts = [part for document in documents for part in _connections(document, profile)]
    if parts:
        nodes = [node for connection in parts for node in _nodes(connection)]
        has_next = [known for connection in parts if (known := _has_next(connection)) is not None]
        return Timeline(_posts(nodes, site), has_next[-1] if has_next else None)
    loose = [
        found
        for document in documents
        for found in objects(document, stop=is_media)
        if is_media(found) and _belongs(owner_in(found), profile)
    ]
    return Timeline(_posts(loose, site)) if loose else None


def _connections(document: Json, profile: Profile) -> Iterator[Mapping[str, Any]]:
    for parent in objects(document, stop=is_media):
        # At the root a list names its owner in its posts alone, so an empty one names nobody.
        may_be_empty = not _names_another(parent, profile)
        is_bare_feed = parent is document and _BARE_FEED_KEYS.issuperset(parent)
        is_empty_feed = is_bare_feed and may_be_empty and _says_nothing_there(parent)
        if _is_feed(parent) and (_has_own_post(parent, profile) or is_empty_feed):
            yield parent
        for key, value in parent.items():
            lowered = key.lower()
            if "timeline" not in lowered or any(word in lowered for word in _OTHER_TABS):
                continue
            connection = mapping(value)
            # Null where the list belongs says nothing, not even that the timeline ends.
            if not (isinstance(connection.get("edges"), list) or isinstance(connection.get("items"), list)):
                continue
            is_empty = may_be_empty and "user_timeline" in lowered and _says_nothing_there(connection)
            if _belongs(parent, profile) or _has_own_post(connection, profile) or is_empty:
                yield connection


def _is_feed(parent: Mapping[str, Any]) -> bool:
    """The v1 answer: {"items": [media...], "more_available": bool}. Not the reels tab, which wraps its media."""
    return isinstance(parent.get("items"), list) and "more_available" in parent


def _says_nothing_there(connection: Mapping[str, Any]) -> bool:
    """Whether the site says in so many words that the list is empty and that nothing follows."""
    lists = [connection[name] for name in ("edges", "items") if name in connection]
    return lists == [[]] and _has_next(connection) is False


def _names_another(parent: Mapping[str, Any], profile: Profile) -> bool:
    users = (parent, mapping(parent.get("user")))
    return any((user_pk(user) or "username" in user) and not _belongs(user, profile) for user in users)


def _nodes(connection: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    edges = [mapping(edge).get("node") for edge in sequence(connection.get("edges"))]
    found = [mapping(node) for node in edges + sequence(connection.get("items"))]
    return [node for node in found if is_media(node)]


def _has_own_post(connection: Mapping[str, Any], profile: Profile) -> bool:
    return any(_belongs(owner_in(node), profile) for node in _nodes(connection))


def _has_next(connection: Mapping[str, Any]) -> bool | None:
    for known in (mapping(connection.get("page_info")).get("has_next_page"), connection.get("more_available")):
        if isinstance(known, bool):
            return known
    return None


def _belongs(user: Mapping[str, Any], profile: Profile) -> bool:
    return user_pk(user) == profile.pk or _named(user, profile.username)


def _named(user: Mapping[str, Any], username: str) -> bool:
    name = user.get("username")
    return isinstance(name, str) and name.lower() == username


def _posts(nodes: Sequence[Mapping[str, Any]], site: Site) -> tuple[Post, ...]:
    found: dict[str, Post] = {}
    for node in nodes:
        post = read_post(node, site)
        if post is not None:
            found.setdefault(post.pk, post)
    return tuple(found.values())
