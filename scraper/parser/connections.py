"""Where a document holds a profile's timeline -> its entries: understood, empty, or of a shape that is not known.

An entry is a post of a known shape, or null, or it is counted as not understood, whatever it holds: an advertisement
is told from a post in a new shape by nobody. Another profile's list is none of ours, however its entries look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from db.values import mapping, sequence, text, user_pk
from scraper.parser.documents import Json, arrays, objects
from scraper.parser.media import Node, is_media, owner_in
from scraper.posts import Profile

# Parts of a profile that are not its timeline: their end proves nothing about the timeline's.
OTHER_TABS = ("clips", "felix", "highlight", "saved", "tagged", "video", "collection")
# A list under such a key is one user's, where that user is not named beside it.
_OF_ONE_USER = ("user_timeline", "profile_timeline")
# What keys of connections end with. Under another one an object without a list of edges is no connection.
_ENDS = ("connection", "media", "timeline")
# All that stands beside an empty list of the v1 answer; the lists of its other endpoints say more of themselves.
_BARE_FEED_KEYS = frozenset({"items", "num_results", "more_available", "next_max_id", "auto_load_more_enabled",
                             "status", "user"})
_LISTS = ("edges", "items")
_MOST_LOOKED_AT = 5_000     # objects of entries that are not understood, for the users that they name


@dataclass(frozen=True)
class Connection:
    """A part of a timeline: the nodes that were understood, in order, and how many entries were not.

    `has_next` and `cursor` are what it says of the next part, None when it does not.
    """

    nodes: tuple[Node, ...]
    not_understood: int
    has_next: bool | None
    cursor: str | None


def connections(document: Json, profile: Profile) -> Iterator[Connection]:
    """The parts of the profile's timeline that stand in a known place of the document, in its order."""
    for parent in objects(document, stop=is_media):
        if _is_feed(parent) and _is_own_feed(parent, document, profile):
            yield _read(parent)
        for key, value in parent.items():
            found = _connection(key.lower(), value)
            if found is not None and _is_own(found, key.lower(), parent, profile):
                yield _read(found)


def loose_nodes(document: Json, profile: Profile) -> Iterator[Node]:
    """The profile's posts, wherever they stand."""
    for found in objects(document, stop=is_media):
        if is_media(found) and belongs(owner_in(found), profile):
            yield found


def strangers_among(document: Json, profile: Profile) -> int:
    """How many entries that are not understood stand in lists that hold posts of the profile, wherever those are."""
    count = 0
    for entries in arrays(document, stop=is_media):
        nodes = [_node_anywhere(entry) for entry in entries]
        if any(node and belongs(owner_in(node), profile) for node in nodes):
            pairs = zip(entries, nodes, strict=True)
            count += sum(isinstance(entry, dict) and not _is_null(entry) and not node for entry, node in pairs)
    return count


def belongs(user: Mapping[str, Any], profile: Profile) -> bool:
    """Whether a user object is the profile's."""
    return user_pk(user) == profile.pk or is_named(user, profile.username)


def is_named(user: Mapping[str, Any], username: str) -> bool:
    """Whether a user object has this name."""
    name = user.get("username")
    return isinstance(name, str) and name.lower() == username


def _connection(key: str, value: Json) -> Mapping[str, Any] | None:
    """What stands under a key as a connection; None where that says nothing, or is something else."""
    if "timeline" not in key or any(word in key for word in OTHER_TABS):
        return None
    connection = mapping(value)
    # Null where the list belongs says nothing, not even that the timeline ends.
    if any(isinstance(connection.get(name), list) for name in _LISTS):
        return connection
    if any(name in connection for name in _LISTS) or not key.endswith(_ENDS):
        return None
    lists = [value] if isinstance(value, list) else connection.values()
    renamed = [entry for found in lists if _holds_objects(found) for entry in found]
    return {**connection, "edges": renamed} if renamed else None


def _read(connection: Mapping[str, Any]) -> Connection:
    nodes: list[Node] = []
    not_understood = 0
    for entry in _entries(connection):
        node = _node(entry)
        if is_media(node):
            nodes.append(node)
        else:
            not_understood += not _is_null(entry)
    info = mapping(connection.get("page_info"))
    cursor = text(info.get("end_cursor")) or text(connection.get("next_max_id"))
    return Connection(tuple(nodes), not_understood, _has_next(connection), cursor)


def _is_own(connection: Mapping[str, Any], key: str, parent: Mapping[str, Any], profile: Profile) -> bool:
    if belongs(parent, profile) or _has_own_post(connection, profile):
        return True
    if _names_another(parent, profile) or not any(word in key for word in _OF_ONE_USER):
        return False
    return _says_nothing_there(connection) or _may_be_own(connection, profile, is_unnamed_own=True)


def _is_feed(parent: Mapping[str, Any]) -> bool:
    """The v1 answer: {"items": [media...], "more_available": bool}. Not the reels tab, which wraps its media."""
    return isinstance(parent.get("items"), list) and "more_available" in parent


def _is_own_feed(feed: Mapping[str, Any], document: Json, profile: Profile) -> bool:
    """A list at the root names its owner in its posts alone, so an empty one names nobody."""
    if _has_own_post(feed, profile):
        return True
    if _names_another(feed, profile):
        return False
    is_bare = feed is document and _BARE_FEED_KEYS.issuperset(feed)
    return (is_bare and _says_nothing_there(feed)) or _may_be_own(feed, profile, is_unnamed_own=is_bare)


def _may_be_own(connection: Mapping[str, Any], profile: Profile, *, is_unnamed_own: bool) -> bool:
    """Whether a list of which no entry is understood is the profile's, by the users that its entries name."""
    entries = _entries(connection)
    if all(_is_null(entry) for entry in entries) or any(is_media(_node(entry)) for entry in entries):
        return False
    users = [user for found in islice(objects(entries), _MOST_LOOKED_AT) if (user := owner_in(found))]
    return any(belongs(user, profile) for user in users) or (is_unnamed_own and not users)


def _names_another(parent: Mapping[str, Any], profile: Profile) -> bool:
    users = (parent, mapping(parent.get("user")))
    return any((user_pk(user) or "username" in user) and not belongs(user, profile) for user in users)


def _says_nothing_there(connection: Mapping[str, Any]) -> bool:
    """Whether the site says in so many words that the list is empty and that nothing follows."""
    lists = [connection[name] for name in _LISTS if name in connection]
    return lists == [[]] and _has_next(connection) is False


def _has_own_post(connection: Mapping[str, Any], profile: Profile) -> bool:
    nodes = (_node(entry) for entry in _entries(connection))
    return any(is_media(node) and _is_by(node, profile) for node in nodes)


def _is_by(node: Node, profile: Profile) -> bool:
    """Whether the profile is the owner of a post, or one of its authors."""
    authors = (owner_in(node), *map(mapping, sequence(node.get("coauthor_producers"))))
    return any(belongs(author, profile) for author in authors)


def _has_next(connection: Mapping[str, Any]) -> bool | None:
    for known in (mapping(connection.get("page_info")).get("has_next_page"), connection.get("more_available")):
        if isinstance(known, bool):
            return known
    return None


def _entries(connection: Mapping[str, Any]) -> list[Json]:
    return [entry for name in _LISTS for entry in sequence(connection.get(name))]


def _node(entry: Json) -> Node:
    """The media that an entry of a list is, as an item of the v1 generation, or has, as an edge of the others."""
    found = mapping(entry)
    return found if is_media(found) else mapping(found.get("node"))


def _node_anywhere(entry: Json) -> Node | None:
    """The media that an entry is or has under whatever key."""
    candidates = (mapping(value) for value in (entry, *mapping(entry).values()))
    return next((found for found in candidates if is_media(found)), None)


def _is_null(entry: Json) -> bool:
    """Whether an entry is null, or says that its node is and holds nothing else than what stands beside a node."""
    if not isinstance(entry, dict):
        return entry is None
    others = (value for name, value in entry.items() if name != "node")
    return "node" in entry and entry["node"] is None and not any(isinstance(value, dict | list) for value in others)


def _holds_objects(value: Json) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)
