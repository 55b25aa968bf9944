"""How a profile's timeline goes on below its first page: what the answers that pass while scrolling tell of it.

A page asks for other things, too. Only an answer that holds the timeline, or that was asked for in its name, says
anything about it; what else is refused is noted, and nothing more.
"""

from collections.abc import Sequence

from db.politeness import Answer
from scraper.errors import NetworkFailed, PageChanged, PartlyChanged, Refused, Throttled
from scraper.parser.documents import Json, media_addresses, objects
from scraper.parser.media import is_media
from scraper.parser.page_kind import PageKind
from scraper.parser.results import holds_unknown_data, holds_unknown_lists
from scraper.parser.signs import Signs, signs_of
from scraper.parser.timelines import read_timeline
from scraper.passing import Passed
from scraper.posts import Post, Profile, Subject, Timeline
from scraper.report import StopReason
from scraper.site import Site

# A shell names no pictures of posts at all; a page whose shape has changed names a dozen, or that of its one post.
FEW_PICTURES = 3
_MOST_ASIDES = 20
_MOST_KEPT = 100        # documents of a page, or of the answers to its scrolling

Error = Refused | PageChanged | NetworkFailed
End = tuple[StopReason, Error | None]


class Continuation:
    """What was read of a timeline so far, and what the answers say of its end."""

    def __init__(self, profile: Profile, first: Timeline, documents: Sequence[Json], site: Site) -> None:
        self.has_next: bool | None = None
        self.not_understood = 0
        self.is_lost = False                    # an answer came and could not be read
        self.failure: str | None = None         # one did not come, in words
        self.asked_besides = 0                  # answers to what was asked for besides the timeline
        self.asides: list[Answer] = []          # ... and the refusals among them
        self.ending: End | None = None
        self._profile = profile
        self._site = site
        self._posts: dict[str, Post] = {}
        self._signs = Signs()
        self._is_in_place = first.is_in_place
        self._changed: dict[Subject, list[Json]] = {}
        self._take_part(Subject("profile", profile.username), first, documents)

    @property
    def posts(self) -> tuple[Post, ...]:
        """All posts that were read, in the page's order."""
        return tuple(self._posts.values())

    @property
    def has_gaps(self) -> bool:
        """Whether posts between those that were read may be there and unread."""
        return self.is_lost or self.not_understood > 0 or not self._is_in_place

    @property
    def changed(self) -> tuple[PageChanged, ...]:
        """What was not wholly understood: the page, and the answers to its scrolling, each with its documents."""
        return tuple(_partly(subject, documents) for subject, documents in self._changed.items())

    def take(self, passed: Sequence[Passed]) -> None:
        """Read what has passed since the last take, in its order. A refusal counts if the timeline went on no more."""
        refused: list[Passed] = []
        for came in passed:
            part = read_timeline(came.documents, self._profile, self._site)
            if part is not None and self._is_its_own(came, part):
                self._take_part(Subject("timeline", self._profile.username), part, came.documents)
                refused.clear()
            elif came.refusal is None:
                self._take_other(came)
            elif came.concerns(self._signs):
                refused.append(came)
            elif came.answer not in self.asides and len(self.asides) < _MOST_ASIDES:
                self.asides.append(came.answer)
            self.asked_besides += not came.concerns(self._signs)
        if refused and self.ending is None and self.has_next is not False:
            self.ending = _refused(refused)

    def conclude(self, reason: StopReason, failure: str | None, *, is_walled: bool) -> End:
        """How a reading ends that has this reason to. What could not be read may hold posts that nobody has seen."""
        if self.is_lost and reason in (StopReason.END_OF_TIMELINE, StopReason.CAUGHT_UP):
            message = "part of the timeline arrived in no readable form; the next visit reads it again"
            return StopReason.NETWORK, NetworkFailed(message)
        if failure and reason is StopReason.LOGIN_WALL and not is_walled:
            return StopReason.NETWORK, NetworkFailed(f"the timeline did not go on: {failure}")
        if self.not_understood:
            return StopReason.PARTLY_READ, self.changed[0]
        return reason, None

    def _is_its_own(self, came: Passed, part: Timeline) -> bool:
        """Whether posts that are not in a known place are the timeline's all the same, and not put beside it."""
        return part.is_in_place or not self._is_in_place or came.continues(self._signs)

    def _take_part(self, subject: Subject, part: Timeline, documents: Sequence[Json]) -> None:
        self.has_next = part.has_next if part.has_next is not None else self.has_next
        self._is_in_place = self._is_in_place and part.is_in_place
        self._posts |= {post.pk: post for post in part.posts if post.pk not in self._posts}
        self._signs |= signs_of(documents, self._profile)
        if part.not_understood:
            self.not_understood += part.not_understood
            self._keep(subject, documents)
            if not part.posts:
                self.ending = self._not_understood(subject)

    def _take_other(self, came: Passed) -> None:
        """What tells nothing of the timeline: it may have come in a shape that nobody knows, broken, or not at all."""
        if came.concerns(self._signs):
            self.is_lost = self.is_lost or came.is_lost
            self.failure = self.failure or came.failure
        if came.is_aside and not came.continues(self._signs):
            return
        pictures = _names_pictures_alone(came.documents)
        if pictures or (came.continues(self._signs) and is_new(came.documents, self._profile)):
            subject = Subject("timeline", self._profile.username)
            self._keep(subject, came.documents)
            self.ending = self._not_understood(subject)

    def _keep(self, subject: Subject, documents: Sequence[Json]) -> None:
        kept = self._changed.setdefault(subject, [])
        kept.extend(documents[: max(1, _MOST_KEPT - len(kept))])

    def _not_understood(self, subject: Subject) -> End:
        return StopReason.PAGE_CHANGED, page_changed(subject, self._changed[subject])


def is_new(documents: Sequence[Json], profile: Profile) -> bool:
    """Whether an answer that was asked for to go on with the timeline, and holds none, holds something else."""
    unknown = holds_unknown_data(documents, profile) or holds_unknown_lists(documents, profile)
    return unknown or _names_pictures_alone(documents)


def page_changed(what: Subject, documents: Sequence[Json]) -> PageChanged:
    """The error for data that is there and not understood."""
    message = f"{what} holds data that this version does not understand; an update may help"
    return PageChanged(message, what, documents)


def _partly(what: Subject, documents: Sequence[Json]) -> PartlyChanged:
    message = f"{what} holds data of which this version understands only a part; an update may help"
    return PartlyChanged(message, what, documents)


def _refused(refused: Sequence[Passed]) -> End:
    """How the reading ends when more of the timeline was asked for and refused."""
    kinds = {came.refusal for came in refused}
    if kinds == {PageKind.LOGIN}:
        # Either a throttle or what visitors never get: nothing more is asked of the grid, and the posts that were seen
        # are opened. Where it was a throttle their pages say so, and the next visit scrolls on.
        return StopReason.LOGIN_WALL, None
    message = "the site holds back further posts for now; try again later"
    answer = next(came.answer for came in refused if came.refusal is not PageKind.LOGIN)
    return StopReason.THROTTLED, Throttled(message, answer)


def _names_pictures_alone(documents: Sequence[Json]) -> bool:
    """Whether an answer names pictures and no post in a known shape, be it somebody else's."""
    return media_addresses(documents) >= FEW_PICTURES and not any(
        is_media(found) for document in documents for found in objects(document)
    )
