"""Links of Instagram's pages: the permanent one of a post, and what a link that somebody pasted leads to.

Invariant: a link that is told is one that we wrote ourselves, never an address as it was found.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from db import values

HOSTS = frozenset({"instagram.com", "www.instagram.com", "m.instagram.com", "instagr.am", "www.instagr.am"})
IMAGE_HOSTS = ("instagram.com", "cdninstagram.com", "fbcdn.net")      # where pictures come from, and their subdomains
POST_WORDS = frozenset({"p", "reel", "reels", "tv"})


@dataclass(frozen=True)
class PostLink:
    """A post by its code, and one of its slides, counted from 0, where the link names it."""

    code: str
    slide: int | None = None


@dataclass(frozen=True)
class ProfileLink:
    """A profile by its name."""

    username: str


def permalink(code: str) -> str:
    """The page of a post."""
    return f"https://www.instagram.com/p/{code}/"


def came_from_instagram(source_url: str | None) -> bool:
    """Whether a picture of a post is Instagram's: not one of a replica. Without an address it was imported as such."""
    if source_url is None:
        return True
    try:
        address = urlsplit(source_url)
        host = (address.hostname or "").lower()
    except ValueError:
        return False
    return address.scheme == "https" and any(host == known or host.endswith(f".{known}") for known in IMAGE_HOSTS)


def read_link(text: str) -> PostLink | ProfileLink | None:
    """What a link leads to: a post, a profile, or neither. `p/CODE` is read as the end of a link."""
    first = text.partition("/")[0].lower()
    if first in POST_WORDS and "/" in text:
        text = f"https://www.instagram.com/{text}"
    elif "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or host not in HOSTS:
        return None
    words = [word for word in parts.path.split("/") if word]
    for place, word in enumerate(words[:2]):
        code = values.code(words[place + 1]) if len(words) > place + 1 else None
        if word.lower() in POST_WORDS and code:
            index = values.whole(parse_qs(parts.query).get("img_index", [""])[0], 10_000)
            return PostLink(code, index - 1 if index else None)
    name = values.username(words[0]) if len(words) == 1 else None
    return ProfileLink(name) if name else None
