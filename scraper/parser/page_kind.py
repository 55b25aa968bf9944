"""Which kind of page it is: what the site meant to show, whatever status and language it says it in.

Decided by the address it ended at, the route that the page names, and refusals in JSON; never by English words.
A page of the right kind may still be an empty shell: that shows when its documents are read.
"""

import re
from enum import StrEnum
from urllib.parse import urlsplit

from db.values import text
from scraper.parser.documents import Json, objects, scripts

_ROUTE = re.compile(r'"canonicalRouteName"\s{0,20}:\s{0,20}"([^"]{1,200})"')
_LOGIN_PATHS = ("/accounts/login", "/accounts/signup", "/accounts/emailsignup")
_CHALLENGE_PATHS = ("/challenge", "/accounts/suspended", "/accounts/disabled", "/checkpoint")
_RATE_LIMIT_CODE = 1675004
_REFUSALS = frozenset({"challenge_required", "checkpoint_required", "feedback_required", "login_required"})


class PageKind(StrEnum):
    """What a page is."""

    PROFILE = "profile"
    POST = "post"
    MISSING = "missing"
    LOGIN = "login"
    CHALLENGE = "challenge"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def page_kind(url: str, html: str, documents: list[Json]) -> PageKind:
    """The kind of the page that was answered with `html` at `url` (the address after redirects)."""
    path = urlsplit(url).path.lower()
    if path.startswith(_LOGIN_PATHS) or path in ("", "/"):
        return PageKind.LOGIN
    if path.startswith(_CHALLENGE_PATHS):
        return PageKind.CHALLENGE
    name = route(html)
    for word, kind in (
        ("Login", PageKind.LOGIN),
        ("Challenge", PageKind.CHALLENGE),
        ("Error", PageKind.MISSING),
        ("PostRoute", PageKind.POST),
        ("ProfileRoute", PageKind.PROFILE),
    ):
        if name is not None and word in name:
            return kind
    return PageKind.REFUSED if any(refusal(document) for document in documents) else PageKind.UNKNOWN


def route(html: str) -> str | None:
    """The last part of the route's name that the page gives itself."""
    for _, content in scripts(html):
        found = _ROUTE.search(content)
        if found:
            return found[1].rpartition(".")[2]
    return None


def refusal(document: Json) -> PageKind | None:
    """LOGIN or REFUSED when a JSON answer refuses its caller; None when it does not."""
    if not isinstance(document, dict):
        return None
    message = text(document.get("message"))
    if document.get("require_login") is True or message == "login_required":
        return PageKind.LOGIN
    if document.get("status") == "fail" or message in _REFUSALS:
        return PageKind.REFUSED
    errors = document.get("errors")
    limited = isinstance(errors, list) and any(
        found.get("code") == _RATE_LIMIT_CODE for found in objects(errors[:20])
    )
    return PageKind.REFUSED if limited else None
