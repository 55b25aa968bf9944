"""Following profiles, and no more: what `follow` and `unfollow` do. Nothing is visited by it."""

from starlette.exceptions import HTTPException
from starlette.routing import Route

from db.links import ProfileLink, read_link
from db.records import Role
from db.values import username
from gallery.server import query
from gallery.server.actions.asked import Asked, action
from gallery.server.site import Site

_PAGE = "/collect"


def name_of(text: str) -> str:
    """The profile that a name, @name or link means. Raises HTTPException."""
    link = read_link(text) if "/" in text or "." in text else None
    name = link.username if isinstance(link, ProfileLink) else username(text.removeprefix("@"))
    if name is None:
        raise HTTPException(400, f"{text[:60]!r} is no profile: a name, @name or a link to one.")
    return name


def follow(site: Site, asked: Asked) -> str:
    """Follows a profile from now on; one that is followed takes the new role and limit."""
    name, limit, role = name_of(asked.word("profile") or ""), asked.word("limit"), asked.word("role")
    if limit is not None and query.whole({"limit": limit}, "limit") is None:
        raise HTTPException(400, f"{limit[:40]!r} is no number of posts.")
    if role is not None and role not in tuple(Role):
        raise HTTPException(400, f"A role is one of {', '.join(Role)}.")
    site.library.follows.add(name, None if role is None else Role(role), None if limit is None else int(limit))
    return _PAGE


def unfollow(site: Site, asked: Asked) -> str:
    """Follows it no more; what was collected stays."""
    site.library.follows.remove(name_of(asked.word("profile") or ""))
    return _PAGE


routes = [
    Route("/collect/follow", action(follow), methods=["POST"]),
    Route("/collect/unfollow", action(unfollow), methods=["POST"]),
]
