"""A profile's page and its grid, read as far as the visit goes.

The posts come in the page's order. Only the site's own word ends the timeline: a quiet scroll, an empty part or a
wall does not. What is not understood is told apart from what is not there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scraper.errors import LoginWall, NetworkFailed, PageChanged, ProfileNotFound, Refused, Throttled
from scraper.gate import Gate
from scraper.page import Tab
from scraper.parser.documents import Json, media_addresses, objects
from scraper.parser.media import is_media
from scraper.parser.page_kind import PageKind, refusal
from scraper.parser.timelines import read_profile, read_timeline
from scraper.posts import Post, Profile, Subject, Timeline
from scraper.report import StopReason
from scraper.site import Site
from scraper.stopping import Judged, newest, reason_to_stop

_QUIET_SCROLLS = 5
_MOST_SCROLLS = 2_000
# A shell names no pictures of posts at all; a page whose shape has changed names a dozen, or that of its one post.
_FEW_PICTURES = 3
_PICTURES_OF_A_POST = 1

_Error = Refused | PageChanged | NetworkFailed
_End = tuple[StopReason, _Error | None]


@dataclass(frozen=True)
class Grid:
    """What was read of a grid, newest first, and why the reading stopped."""

    posts: tuple[Post, ...]
    read: tuple[Post, ...]              # all that was read, in the page's order
    stop_reason: StopReason
    error: _Error | None = None         # what ended the reading, to be raised when the posts are seen to
    is_walled: bool = False             # a wall was seen, and nothing had failed: visitors are shown no more than this
    has_gaps: bool = False              # posts between these may be unread: answers that came could not be read


@dataclass(frozen=True)
class FirstLook:
    """A profile's page before any scrolling."""

    profile: Profile
    timeline: Timeline


def open_profile(tab: Tab, site: Site, username: str) -> FirstLook:
    """Ask for a profile's page, once. Raises ProfileNotFound, LoginWall, Throttled, PageChanged, NetworkFailed."""
    subject = Subject("profile", username)
    page = tab.open(site.profile_url(username))
    refuse_walls(tab, page.kind, subject)
    if page.kind is PageKind.MISSING:
        raise ProfileNotFound(f"there is no profile {username!r}, or it is not shown to visitors")
    documents = page.documents
    found = first_look(documents, username, site)
    if found is None:
        # Some pages come empty and load their data by themselves.
        documents = documents + tab.wait_for_data()
        found = first_look(documents, username, site)
    if found is None:
        # A dialog may lie over data that has arrived.
        refuse_walls(tab, tab.wall(), subject)
        raise nothing_understood(tab, documents, subject)
    return found


def read_grid(
    tab: Tab,
    site: Site,
    first: FirstLook,
    gate: Gate,
    *,
    limit: int | None,
    known_in_a_row: int,
    judge: Callable[[Sequence[Post]], Judged],
    on_more: Callable[[int], None],
) -> Grid:
    """Scroll through the grid until its end, `limit` posts, known or too old ones in a row, or a wall.

    `judge` tells which posts end the reading when they come in a row: those that need nothing, on a profile whose
    older posts are known to need nothing either, and those from before the time that is asked for.
    """
    posts = {post.pk: post for post in first.timeline.posts}
    has_next = first.timeline.has_next
    quiet = scrolls = 0
    ending: _End | None
    while True:
        on_more(len(posts))
        read = tuple(posts.values())
        judged = judge(read)
        part = Timeline(())
        reason = reason_to_stop(read, has_next, judged, limit=limit, known_in_a_row=known_in_a_row)
        is_walled = reason is None and tab.wall() is not None
        if is_walled or (reason is None and (quiet >= _QUIET_SCROLLS or scrolls >= _MOST_SCROLLS)):
            reason = StopReason.LOGIN_WALL      # without a word, too, the page gives visitors no more
        if reason is not None:
            ending = _ending(tab, reason, is_walled=is_walled)
        else:
            documents = tab.scroll(gate.scroll_pause_s())
            scrolls += 1
            part = read_timeline(documents, first.profile, site) or part
            ending = None if part.posts else _told(tab, documents, first.profile)
        if ending is not None:
            has_gaps = tab.answers_lost > 0
            is_walled = is_walled and not (has_gaps or tab.failure)
            return Grid(newest(read, judged, limit), read, *ending, is_walled, has_gaps)
        has_next = part.has_next if part.has_next is not None else has_next
        posts |= {post.pk: post for post in part.posts if post.pk not in posts}
        quiet = 0 if len(posts) > len(read) else quiet + 1


def refuse_walls(tab: Tab, kind: PageKind | None, what: Subject) -> None:
    """Raise LoginWall or Throttled when a page is a wall."""
    if kind in (PageKind.LOGIN, PageKind.CHALLENGE):
        raise LoginWall(f"the site asks for a sign-in instead of showing {what}; try again later", tab.answer())
    if kind is PageKind.REFUSED:
        raise Throttled(f"the site refuses to show {what} for now; try again later", tab.answer())


def nothing_understood(tab: Tab, documents: Sequence[Json], what: Subject) -> PageChanged | Throttled:
    """The error for a page of the right kind of which nothing was understood: new data, or no data."""
    few = _PICTURES_OF_A_POST if what.kind == "post" else _FEW_PICTURES
    # Outside of data blocks a shell may name one picture, for those who link to it.
    if media_addresses(documents) >= few or tab.pictures_named >= _FEW_PICTURES:
        return page_changed(what, documents)
    return Throttled(f"the site sent {what} without its data; try again later", tab.refusal())


def page_changed(what: Subject, documents: Sequence[Json]) -> PageChanged:
    """The error for data that is there and not understood."""
    message = f"{what} holds data that this version does not understand; an update may help"
    return PageChanged(message, what, documents)


def first_look(documents: list[Json], username: str, site: Site) -> FirstLook | None:
    """What a profile's page tells, None when it is not understood."""
    profile = read_profile(documents, username)
    if profile is None:
        return None
    timeline = read_timeline(documents, profile, site)
    if timeline is None and not profile.is_private:
        return None
    return FirstLook(profile, timeline or Timeline(()))


def _ending(tab: Tab, reason: StopReason, *, is_walled: bool) -> _End:
    """How a reading ends that has this reason to. What could not be read may hold posts that nobody has seen."""
    if tab.answers_lost and reason in (StopReason.END_OF_TIMELINE, StopReason.CAUGHT_UP):
        message = "part of the timeline arrived in no readable form; the next visit reads it again"
        return StopReason.NETWORK, NetworkFailed(message)
    if tab.failure and reason is StopReason.LOGIN_WALL and not is_walled:
        return StopReason.NETWORK, NetworkFailed(f"the timeline did not go on: {tab.failure}")
    return reason, None


def _told(tab: Tab, documents: Sequence[Json], profile: Profile) -> _End | None:
    """How the reading ends by what an answer without posts tells; None when it goes on."""
    refusals = {kind for document in documents if (kind := refusal(document)) is not None}
    if refusals == {PageKind.LOGIN}:
        # Either a throttle or what visitors never get: nothing more is asked of the grid, and the posts that were seen
        # are opened. Where it was a throttle their pages say so, and the next visit scrolls on.
        return StopReason.LOGIN_WALL, None
    if refusals:
        message = "the site holds back further posts for now; try again later"
        return StopReason.THROTTLED, Throttled(message, tab.refusal())
    if _holds_something_else(documents):
        return StopReason.PAGE_CHANGED, page_changed(Subject("timeline", profile.username), documents)
    return None


def _holds_something_else(documents: Sequence[Json]) -> bool:
    """Whether an answer names pictures and no post in a known shape, be it somebody else's."""
    return media_addresses(documents) >= _FEW_PICTURES and not any(
        is_media(found) for document in documents for found in objects(document)
    )
