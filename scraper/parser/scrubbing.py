"""Documents that are to be kept -> the same documents without what is nobody's business.

What goes: everything under a key that names the viewer, a session, comments, likes, tagged people or followers; the
queries of addresses, which carry signatures; addresses of anything but pictures of posts; opaque values, which may be
tokens under any name; and texts, except captions and names. What stays has the shape that it had.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from scraper.parser.documents import Json

# Parts of a key, in lower case, under which nothing is kept.
_PRIVATE = (
    "address", "authori", "birth", "claim", "comment", "contact", "cookie", "country", "csrf", "cursor",
    "device", "dtsg", "email", "facepile", "fbid", "fingerprint", "follow", "friend", "gender", "hmac",
    "jazoest", "like", "linked_fb", "location", "lsd", "machine", "mention", "mutual", "nonce", "password",
    "phone", "profile_image", "profile_pic", "secret", "session", "signature", "tagged", "token", "usertag",
    "viewer", "visitor",
)
_CAPTION = "caption"
_NAMES = frozenset({"username", "full_name"})
# Long, with digits, and either in both cases or hexadecimal: no word that a programmer would choose as a name.
_OPAQUE = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/=_:.-]{29,}|[0-9a-fA-F-]{29,}", re.ASCII)
_ID = re.compile(r"(?:POLARIS_)?[0-9]{1,24}(?:_[0-9]{1,24})?", re.ASCII)
_LONGEST_WORD = 100
_DEEPEST = 200
_MOST_NODES = 400_000


def scrubbed(document: Json) -> Json:
    """The document in bounded time and depth; what goes leaves null, an empty text or an empty address."""
    return _Scrubber().value(document, "", depth=0, in_caption=False)


class _Scrubber:
    """One walk over one document."""

    def __init__(self) -> None:
        self._left = _MOST_NODES

    def value(self, value: Json, key: str, *, depth: int, in_caption: bool) -> Json:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            return self._object(value, depth, in_caption)
        if isinstance(value, list):
            return [self.value(item, key, depth=depth + 1, in_caption=in_caption) for item in value]
        if isinstance(value, str):
            return _text(value, key, in_caption)
        return value

    def _object(self, value: Mapping[str, Any], depth: int, in_caption: bool) -> Json:
        kept: dict[str, Json] = {}
        for name, item in value.items():
            lowered = name.lower()
            captioned = in_caption or _CAPTION in lowered
            if any(word in lowered for word in _PRIVATE) or _OPAQUE.fullmatch(name):
                kept[name[:_LONGEST_WORD]] = None
            else:
                kept[name] = self.value(item, lowered, depth=depth + 1, in_caption=captioned)
        return kept


def _text(value: str, key: str, in_caption: bool) -> str:
    if value.startswith(("https://", "http://")):
        return _address(value)
    is_caption = _CAPTION in key or (in_caption and key == "text")
    if is_caption or key in _NAMES or _ID.fullmatch(value):
        return value
    is_word = len(value) <= _LONGEST_WORD and not any(character.isspace() for character in value)
    return value if is_word and not _OPAQUE.fullmatch(value) else ""


def _address(url: str) -> str:
    """A post's picture without its signature, so that it still says what it is and opens nothing."""
    try:
        parts = urlsplit(url)
        transform = parse_qs(parts.query).get("stp", [])
        query = "?" + urlencode({"stp": transform[0]}) if transform else ""
    except ValueError:      # of half a surrogate pair, too
        return ""
    segments = parts.path.split("/")
    if not any(part.startswith("t51.") and not part.endswith("-19") for part in segments):
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{query}"
