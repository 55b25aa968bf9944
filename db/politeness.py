"""What all runs together asked of a site, and when it wants to be left alone.

Times are the caller's, in UTC. A clock that was set back cannot lock anything for ever: what lies in the future
then counts from now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, update

from db.engine import Sessions
from db.schema import CoolDownRow, PageLoadRow

LENGTHS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
# A refusal this soon after a cool-down is its repetition, and the next one is longer.
_REPEATS_WITHIN = timedelta(hours=24)
_PAGES_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Answer:
    """What came instead of what was asked for: `address` is where it came from in the end, without its query."""

    status: int | None = None
    address: str | None = None
    route: str | None = None            # the name that the page gives itself

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.status, self.address, self.route) if part is not None)


NO_ANSWER = Answer()


@dataclass(frozen=True)
class CoolDown:
    """A site is left alone until `until`, for the reason in `evidence`."""

    since: datetime
    until: datetime
    level: int                          # 0 for the first, growing while refusals repeat
    evidence: str
    answer: Answer = NO_ANSWER


class Politeness:
    """Page loads and cool-downs, by site: the real one and each replica have their own."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def page_loaded(self, site: str, now: datetime) -> None:
        """Record that a page is asked for; loads that no budget counts any more are dropped."""
        with self._sessions.write() as session:
            session.add(PageLoadRow(site=site, at=now))
            session.execute(delete(PageLoadRow).where(PageLoadRow.at < now - _PAGES_KEPT))

    def pages_since(self, site: str, moment: datetime) -> list[datetime]:
        """When pages were asked for after `moment`, oldest first."""
        query = select(PageLoadRow.at).where(PageLoadRow.site == site, PageLoadRow.at > moment)
        with self._sessions.read() as session:
            return list(session.scalars(query.order_by(PageLoadRow.at)))

    def refused(self, site: str, evidence: str, now: datetime, answer: Answer = NO_ANSWER) -> CoolDown:
        """Start a cool-down, longer than the last one if the site refuses again."""
        with self._sessions.write() as session:
            last = session.scalar(_newest(site))
            repeats = last is not None and now - last.until < _REPEATS_WITHIN
            level = min(last.level + 1, len(LENGTHS) - 1) if last and repeats else 0
            cool_down = CoolDown(now, now + LENGTHS[level], level, evidence, answer)
            row = CoolDownRow(site=site, since=now, until=cool_down.until, level=level, evidence=evidence)
            row.status, row.address, row.route = answer.status, answer.address, answer.route
            session.add(row)
            return cool_down

    def cool_down(self, site: str, now: datetime) -> CoolDown | None:
        """The cool-down that the site is in, or None."""
        with self._sessions.read() as session:
            row = session.scalar(_newest(site))
            if row is None or row.until <= now:
                return None
            answer = Answer(row.status, row.address, row.route)
            return CoolDown(row.since, row.until, row.level, row.evidence, answer)

    def clamp_to_now(self, site: str, now: datetime) -> None:
        """Let what lies in the future, because the clock was set back, count from now."""
        with self._sessions.write() as session:
            ahead = PageLoadRow.site == site, PageLoadRow.at > now
            session.execute(update(PageLoadRow).where(*ahead).values(at=now))
            for row in session.scalars(select(CoolDownRow).where(CoolDownRow.site == site, CoolDownRow.since > now)):
                row.since, row.until = now, now + (row.until - row.since)


def _newest(site: str) -> Select[CoolDownRow]:
    return select(CoolDownRow).where(CoolDownRow.site == site).order_by(CoolDownRow.id.desc()).limit(1)
