"""When the reading of a grid is over: pure rules over the posts read so far, in the page's order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from scraper.posts import Post
from scraper.report import StopReason
from scraper.selection import KNOWN_IN_A_ROW

_MOST_PINNED = 3


@dataclass(frozen=True)
class ClassifiedPosts:
    """What is known of the posts of a grid, by their pks."""

    known: Collection[str] = frozenset()        # need nothing any more
    older: Collection[str] = frozenset()        # than what is wanted
    newer: Collection[str] = frozenset()        # than what is wanted


def reason_to_stop(
    posts: Sequence[Post],
    has_next: bool | None,
    classified: ClassifiedPosts,
    *,
    limit: int | None,
    known_in_a_row: int = KNOWN_IN_A_ROW,
) -> StopReason | None:
    """Why to stop here, or None to read on. Pinned posts, which may be old and known, prove nothing."""
    pinned = _pinned(posts)
    wanted = sum(post.pk not in classified.newer for post in posts[pinned:])
    if limit is not None and wanted >= limit and (has_next is not False or len(posts) > limit):
        return StopReason.LIMIT
    if _in_a_row(posts, classified.older, _MOST_PINNED + 1):
        return StopReason.DATE
    if _in_a_row(posts[pinned:], classified.known, known_in_a_row) or (
        posts and all(post.pk in classified.known for post in posts)
    ):
        return StopReason.CAUGHT_UP
    return StopReason.END_OF_TIMELINE if has_next is False else None


def newest(posts: Sequence[Post], classified: ClassifiedPosts, limit: int | None) -> tuple[Post, ...]:
    """The posts by age, newest first; with a limit, so many of those that are not too new."""
    newest_first = sorted(posts, key=lambda post: int(post.pk), reverse=True)
    if limit is None:
        return tuple(newest_first)
    return tuple([post for post in newest_first if post.pk not in classified.newer][:limit])


def _in_a_row(posts: Sequence[Post], of_a_kind: Collection[str], count: int) -> bool:
    streak = 0
    for post in posts:
        streak = streak + 1 if post.pk in of_a_kind else 0
        if streak >= count:
            return True
    return False


def _pinned(posts: Sequence[Post]) -> int:
    """How many posts at the top are pinned: nothing marks them, but they are older than what follows."""
    ages = [int(post.pk) for post in posts]
    count = 0
    while count < min(_MOST_PINNED, len(ages) - 1) and ages[count] < max(ages[count + 1 :]):
        count += 1
    return count
