"""The stretches in which a timeline is handed out, and the cursors between them.

Only the last stretch has no cursor to go on with.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from demo.accounts import Account, Post

PREFIX = "AQHT"


@dataclass(frozen=True)
class Page:
    """A stretch of a timeline. `end_cursor` is None exactly when nothing follows."""

    posts: Sequence[Post]
    cursors: Sequence[str]
    end_cursor: str | None


def first_page(account: Account) -> Page:
    return stretch(account, 0)


def page_after(account: Account, cursor: str) -> Page | None:
    """The stretch after a cursor, or None for a cursor this site never gave for this account."""
    try:
        text = base64.urlsafe_b64decode(cursor.removeprefix(PREFIX)).decode()
        username, start, empty = text.rsplit(":", 2)
        position, empty_before = int(start), int(empty)
    except (ValueError, binascii.Error):
        return None
    if username != account.username or not 0 <= position <= len(account.posts):
        return None
    behaviour = account.behaviour
    if empty_before < behaviour.empty_pages:
        return Page((), (), cursor_for(account, position, empty_before + 1))
    page = stretch(account, position, empty_before)
    if behaviour.repeats_cursor:
        return Page(page.posts, page.cursors, cursor)
    return page


def stretch(account: Account, start: int, empty_before: int = 0) -> Page:
    end = start + account.behaviour.page_size
    posts = account.timeline[start:end]
    cursors = [cursor_for(account, start + number + 1, empty_before) for number in range(len(posts))]
    has_more = end < len(account.posts)
    return Page(posts, cursors, cursor_for(account, end, empty_before) if has_more else None)


def cursor_for(account: Account, position: int, empty_before: int = 0) -> str:
    text = f"{account.username}:{position}:{empty_before}"
    return PREFIX + base64.urlsafe_b64encode(text.encode()).decode()
