"""What a user types -> which profile or post is meant.

A target is decided from its text alone: whatever is refused here is refused before any request is made.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scraper.errors import BadTarget
from scraper.shortcodes import real_code

_HOSTS = frozenset({"instagram.com", "www.instagram.com", "m.instagram.com", "instagr.am", "www.instagr.am"})
_NAME = re.compile(r"[a-z0-9_](?:\.?[a-z0-9_]){0,29}", re.ASCII)
_POST_WORDS = frozenset({"p", "reel", "reels", "tv"})
_PROFILE_TABS = frozenset({"reels", "tagged", "embed"})
_APP_WORD = "_u"                # before a name, in links that open the app
# What may stand behind a post's code: its picture, and the forms in which other sites show it.
_POST_FORMS = (["media"], ["embed"], ["embed", "captioned"])

_COMMENT = re.compile(r"(?:^|\s)#.*")     # with space before it: a link may have a # of its own

# First words of an address that the site keeps for itself.
_RESERVED = frozenset({
    "about", "accounts", "ads", "api", "ar", "archive", "badges", "blog", "challenge", "contact",
    "create", "developer", "developers", "direct", "directory", "download", "emails", "explore",
    "favicon.ico", "fxcal", "graphql", "hashtag", "help", "jobs", "legal", "lite", "locations", "login",
    "logout", "nametag", "p", "press", "privacy", "push", "reel", "reels", "robots.txt", "saved",
    "session", "settings", "share", "signup", "static", "stories", "support", "tags", "terms", "topics", "tv",
    "web", "your_activity",
})


@dataclass(frozen=True)
class ProfileTarget:
    """A profile by its name, lower case."""

    username: str


@dataclass(frozen=True)
class PostTarget:
    """A post or reel by its shortcode."""

    code: str


Target = ProfileTarget | PostTarget


def parse_target(text: str) -> Target:
    """`name`, `@name`, a profile link, a post link or `p/CODE` -> target. Raises BadTarget, with one line for people.

    A code by itself is not told from a name, so it is written as in its link.
    """
    typed = text.strip()
    if not typed.isprintable() or not typed or len(typed) > 2000:
        raise BadTarget("empty, too long or unprintable: expected a profile name or a link")
    first, slash, _ = typed.partition("/")
    if slash and first.lower() in _POST_WORDS:
        typed = f"https://www.instagram.com/{typed}"
    looks_like_link = "://" in typed or first.lower().removesuffix(":443") in _HOSTS
    if looks_like_link and not (typed.startswith("@") or typed.lower() in _HOSTS):
        return _from_link(typed)
    return ProfileTarget(_username(typed.removeprefix("@").rstrip("/"), typed))


def read_targets(path: Path) -> list[Target]:
    """The targets in a file: one a line; empty lines and what follows a `#` are left out. Raises BadTarget."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTarget(f"cannot read {path}: {getattr(error, 'strerror', None) or 'not a text'}") from error
    targets = []
    for number, line in enumerate(lines, 1):
        typed = _COMMENT.sub("", line).strip()
        try:
            targets += [parse_target(typed)] if typed else []
        except BadTarget as error:
            raise BadTarget(f"{path}, line {number}: {error}") from error
    return targets


def _from_link(typed: str) -> Target:
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadTarget(f"not a link that can be read: {typed!r}") from None
    if parts.scheme not in ("https", "http") or host not in _HOSTS or port not in (None, 80, 443):
        raise BadTarget(f"not a link to an Instagram page: {typed!r}")
    if parts.username is not None or parts.password is not None:
        raise BadTarget("a link with a user name or password in it is not visited")
    words = [unquote(word) for word in parts.path.split("/") if word]
    if words[:1] == [_APP_WORD] and len(words) > 1:
        words = words[1:]
    match _without_form(words):
        case [kind, _, *_] if kind.lower() == "share":
            raise BadTarget(f"a share link: {typed!r}; open it in a browser and copy the address that it leads to")
        case [kind, code] if kind.lower() in _POST_WORDS:
            return PostTarget(_code(code, typed))
        case [name, kind, code] if kind.lower() in _POST_WORDS:
            _username(name, typed)
            return PostTarget(_code(code, typed))
        case [name]:
            return ProfileTarget(_username(name, typed))
        case [name, tab] if tab.lower() in _PROFILE_TABS:
            return ProfileTarget(_username(name, typed))
    raise BadTarget(f"not a profile or a post: {typed!r} (stories, explore and comments are not visited)")


def _without_form(words: list[str]) -> list[str]:
    """The words of a post's link without the form in which it shows the post; others as they are."""
    for place, word in enumerate(words[:2]):
        behind = [later.lower() for later in words[place + 2 :]]
        if word.lower() in _POST_WORDS and behind in _POST_FORMS:
            return words[: place + 2]
    return words


def _username(name: str, typed: str) -> str:
    lowered = name.lower()
    if lowered in _RESERVED:
        raise BadTarget(f"{lowered!r} is a page of the site, not a profile")
    if not _NAME.fullmatch(lowered) or len(lowered) > 30:
        raise BadTarget(
            f"not a profile name: {typed!r} (letters, digits, '.' and '_', at most 30; or a link to a profile)"
        )
    return lowered


def _code(code: str, typed: str) -> str:
    found = real_code(code)
    if found is None:
        raise BadTarget(f"no post's code in {typed!r}")
    return found
