"""Which posts and slides of a profile are wanted, and how much of what is known is taken for granted.

A grid may leave out dates. A post's id then tells when it was uploaded, which is at or before its date: enough
to leave out what is surely too new or too old; the post's own page decides the rest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from db.records import Slides, Wanted
from scraper.shortcodes import uploaded_at

KNOWN_IN_A_ROW = 6
# Posts are published at once, or on a day up to 75 days ahead of the upload.
_LONGEST_AHEAD = timedelta(days=90)
# ... mostly within a day of it. Several posts in a row that look older than this prove that the rest is, too.
_MOSTLY_AHEAD = timedelta(days=2)


@dataclass(frozen=True)
class Selection:
    """What a visit is after. Both dates are inclusive; `known` is how many known posts in a row end a reading."""

    since: datetime | None = None
    until: datetime | None = None
    slides: Slides = Slides.ALL
    covers: bool = False
    full: bool = False
    known: int = KNOWN_IN_A_ROW
    despite_robots_tag: bool = False

    @property
    def wanted(self) -> Wanted:
        """The slides that are wanted."""
        return Wanted(self.slides, self.covers, self.despite_robots_tag)

    def includes(self, taken_at: datetime | None) -> bool:
        """Whether a post of this date is wanted; one without a date is."""
        return taken_at is None or not (self._is_before(taken_at) or self._is_after(taken_at))

    def may_include(self, pk: str, taken_at: datetime | None) -> bool:
        """Whether a post may be wanted, as far as its date or, without one, its id tells."""
        uploaded = uploaded_at(int(pk), datetime.now(UTC))
        if taken_at is not None or uploaded is None:
            return self.includes(taken_at)
        return not (self._is_after(uploaded) or self._is_before(uploaded + _LONGEST_AHEAD))

    def is_older(self, pk: str, taken_at: datetime | None) -> bool:
        """Whether a post is older than what is wanted, or looks like it."""
        uploaded = uploaded_at(int(pk), datetime.now(UTC))
        if taken_at is not None or uploaded is None:
            return taken_at is not None and self._is_before(taken_at)
        return self._is_before(uploaded + _MOSTLY_AHEAD)

    def is_newer(self, pk: str, taken_at: datetime | None) -> bool:
        """Whether a post is surely newer than what is wanted."""
        moment = taken_at or uploaded_at(int(pk), datetime.now(UTC))
        return moment is not None and self._is_after(moment)

    def _is_before(self, moment: datetime) -> bool:
        return self.since is not None and moment < self.since

    def _is_after(self, moment: datetime) -> bool:
        return self.until is not None and moment > self.until


EVERYTHING = Selection()
