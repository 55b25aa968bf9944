"""A profile's page and its grid, read as far as the visit goes.

The posts come in the page's order. Only the site's own word ends the timeline: a quiet scroll, an empty part or a
wall does not. What is not understood is told apart from what is not there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from db.politeness import Answer
from scraper.continuation import FEW_PICTURES, Continuation, End, Error, page_changed
from scraper.errors import LoginWall, NetworkFailed, PageChanged, ProfileNotFound, Throttled
from scraper.page import Tab
from scraper.parser.documents import Json, media_addresses
from scraper.parser.page_kind import PageKind
from scraper.parser.results import holds_unknown_data, holds_unknown_lists
from scraper.parser.signs import Signs, signs_of_name
from scraper.parser.timelines import read_profile, read_timeline
from scraper.passing import Passed
from scraper.posts import Post, Profile, Subject, Timeline
from scraper.rate_limiter import RateLimiter
from scraper.report import StopReason
from scraper.site import Site
from scraper.stopping import ClassifiedPosts, newest, reason_to_stop

_QUIET_SCROLLS = 5
_MOST_SCROLLS = 2_000
# A page that was busy with something else may take so long to go on.
_LONG_LOOK_S = 3.0
_PICTURES_OF_A_POST = 1


@dataclass(frozen=True)
class Grid:
    """What was read of a grid, newest first, and why the reading stopped."""

    posts: tuple[Post, ...]
    read: tuple[Post, ...]              # all that was read, in the page's order
    stop_reason: StopReason
    error: Error | None = None          # what ended the reading, to be raised when the posts are seen to
    is_walled: bool = False             # a wall was seen, and nothing had failed: visitors are shown no more than this
    has_gaps: bool = False              # posts between these may be unread: not all that came could be read
    not_understood: int = 0             # entries of the grid in a shape that is not known
    changed: tuple[PageChanged, ...] = ()   # the page or answers that held them
    asides: tuple[Answer, ...] = ()     # refusals of what the page asked for besides


@dataclass(frozen=True)
class ProfilePage:
    """A profile's page before any scrolling."""

    profile: Profile
    timeline: Timeline
    documents: Sequence[Json] = field(default=(), repr=False)


def open_profile(tab: Tab, site: Site, username: str) -> ProfilePage:
    """Ask for a profile's page, once. Raises ProfileNotFound, LoginWall, Throttled, PageChanged, NetworkFailed."""
    subject = Subject("profile", username)
    page = tab.open(site.profile_url(username))
    refuse_walls(tab, page.kind, subject)
    if page.kind is PageKind.MISSING:
        raise ProfileNotFound(f"there is no profile {username!r}, or it is not shown to visitors")
    found = profile_page(page.documents, username, site)
    passed: list[Passed] = []
    if found is None:
        # Some pages come empty and load their data by themselves.
        passed = tab.wait_for_data()
        found = profile_page([*page.documents, *documents_of(passed)], username, site)
    if found is None:
        # A dialog may lie over data that has arrived.
        refuse_walls(tab, tab.wall(), subject)
        raise nothing_understood(tab, page.documents, passed, subject, signs_of_name(username))
    return found


def read_grid(
    tab: Tab,
    site: Site,
    first: ProfilePage,
    limiter: RateLimiter,
    *,
    limit: int | None,
    known_in_a_row: int,
    classify: Callable[[Sequence[Post]], ClassifiedPosts],
    on_more: Callable[[int], None],
) -> Grid:
    """Scroll through the grid until its end, `limit` posts, known or too old ones in a row, or a wall.

    `judge` tells which posts end the reading when they come in a row: those that need nothing, on a profile whose
    older posts are known to need nothing either, and those from before the time that is asked for.
    """
    told = Continuation(first.profile, first.timeline, first.documents, site)
    quiet = scrolls = busy_since = 0
    while True:
        read = told.posts
        on_more(len(read))
        classified = classify(read)
        reason = reason_to_stop(read, told.has_next, classified, limit=limit, known_in_a_row=known_in_a_row)
        is_walled = told.ending is None and reason is None and tab.wall() is not None
        if is_walled or (reason is None and (quiet >= _QUIET_SCROLLS or scrolls >= _MOST_SCROLLS)):
            reason = StopReason.LOGIN_WALL      # without a word, too, the page gives visitors no more
        ending = _ending(tab, told, reason, is_walled=is_walled)
        if ending is not None:
            is_walled = is_walled and not (told.has_gaps or told.failure or tab.failure)
            posts = newest(read, classified, limit)
            return Grid(posts, read, *ending, is_walled, told.has_gaps, told.not_understood, told.changed,
                        tuple(told.asides))
        is_long = quiet == _QUIET_SCROLLS - 1 and told.asked_besides > busy_since
        told.take(tab.scroll(max(limiter.scroll_pause_s(), _LONG_LOOK_S if is_long else 0.0)))
        scrolls += 1
        quiet += 1
        if len(told.posts) > len(read):
            quiet, busy_since = 0, told.asked_besides


def refuse_walls(tab: Tab, kind: PageKind | None, what: Subject) -> None:
    """Raise LoginWall or Throttled when a page is a wall."""
    if kind in (PageKind.LOGIN, PageKind.CHALLENGE):
        raise LoginWall(f"the site asks for a sign-in instead of showing {what}; try again later", tab.answer())
    if kind is PageKind.REFUSED:
        raise Throttled(f"the site refuses to show {what} for now; try again later", tab.answer())


def nothing_understood(
    tab: Tab, documents: Sequence[Json], passed: Sequence[Passed], what: Subject, signs: Signs
) -> PageChanged | Throttled | NetworkFailed:
    """The error for a page of the right kind of which nothing was understood: new data, no data, or it is gone.

    `documents` are the page's own, and `signs` those of what was asked for among the requests that `passed`.
    """
    if tab.led_away is not None:
        return NetworkFailed(f"{what} did not stay: {tab.led_away}")
    asked_for = [came for came in passed if came.concerns(signs)]
    told = [*documents, *documents_of(asked_for)]
    few = _PICTURES_OF_A_POST if what.kind == "post" else FEW_PICTURES
    # Outside of data blocks a shell may name one picture, for those who link to it.
    shown = [*documents, *documents_of([came for came in passed if not came.is_aside])]
    has_pictures = media_addresses(shown) >= few or tab.pictures_named >= FEW_PICTURES
    if has_pictures or _holds_unknown(told, what):
        return page_changed(what, told)
    refusals = [came.answer for came in asked_for if came.refusal is not None]
    return Throttled(f"the site sent {what} without its data; try again later", (refusals or [tab.answer()])[0])


def documents_of(passed: Sequence[Passed]) -> list[Json]:
    """All documents of what passed, in their order."""
    return [document for came in passed for document in came.documents]


def profile_page(documents: Sequence[Json], username: str, site: Site) -> ProfilePage | None:
    """What a profile's page tells, None when it is not understood."""
    profile = read_profile(documents, username)
    if profile is None:
        return None
    timeline = read_timeline(documents, profile, site)
    if not profile.is_private and (timeline is None or _is_elsewhere(timeline, documents, profile)):
        return None
    return ProfilePage(profile, timeline or Timeline(()), documents)


def _is_elsewhere(timeline: Timeline, documents: Sequence[Json], profile: Profile) -> bool:
    """Whether a list in a new place stands beside the one in the known place, which is empty."""
    is_empty = not timeline.posts and not timeline.not_understood
    return is_empty and holds_unknown_lists(documents, profile)


def _ending(tab: Tab, told: Continuation, reason: StopReason | None, *, is_walled: bool) -> End | None:
    """How the reading ends, None when it goes on."""
    if told.ending is not None:
        reason, error = told.ending
        return told.ending if error is not None else told.conclude(reason, None, is_walled=False)
    if reason is None and tab.led_away is not None:
        return StopReason.NETWORK, NetworkFailed(f"the timeline did not go on: {tab.led_away}")
    if reason is None:
        return None
    return told.conclude(reason, told.failure or tab.failure, is_walled=is_walled)


def _holds_unknown(documents: Sequence[Json], what: Subject) -> bool:
    """Whether a page of which nothing was understood has answers with data all the same."""
    profile = read_profile(documents, what.name) if what.kind == "profile" else None
    return holds_unknown_data(documents, profile) or (
        profile is not None and holds_unknown_lists(documents, profile)
    )
