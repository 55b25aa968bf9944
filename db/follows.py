"""The profiles that the user wants visited regularly, and when each was."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from db.engine import Sessions
from db.records import Role
from db.schema import FollowRow, ProfileRow


@dataclass(frozen=True)
class Follow:
    """A followed profile under its newest known name; a `role` or `limit` of None is left to the visit."""

    username: str
    role: Role | None
    limit: int | None
    followed_at: datetime
    last_visit_at: datetime | None
    last_outcome: str | None


class Follows:
    """Queries on followed profiles. A name means the profile that has it now, or had it when it was followed."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def add(self, username: str, role: Role | None, limit: int | None) -> bool:
        """Follow a profile from now on; whether it is new. One that is followed takes the new role and limit."""
        with self._sessions.write() as session:
            row = _row(session, username)
            is_new = row is None
            if row is None:
                profile_pk = session.scalar(
                    select(ProfileRow.pk)
                    .where(ProfileRow.username == username)
                    .order_by(ProfileRow.last_visit_at.desc())
                    .limit(1)
                )
                row = FollowRow(username=username, profile_pk=profile_pk, followed_at=datetime.now(UTC))
                session.add(row)
            row.role, row.limit = None if role is None else role.value, limit
            return is_new

    def remove(self, username: str) -> bool:
        """Follow it no more; whether it was followed. What was collected stays."""
        with self._sessions.write() as session:
            row = _row(session, username)
            if row is not None:
                session.delete(row)
            return row is not None

    def all(self) -> list[Follow]:
        """Every followed profile: never visited ones first, then by the oldest visit."""
        query = (
            select(FollowRow, func.coalesce(ProfileRow.username, FollowRow.username))
            .outerjoin(ProfileRow, ProfileRow.pk == FollowRow.profile_pk)
            .order_by(FollowRow.last_visit_at.asc().nulls_first(), FollowRow.username)
        )
        with self._sessions.read() as session:
            return [
                Follow(
                    name, None if row.role is None else Role(row.role), row.limit,
                    row.followed_at, row.last_visit_at, row.last_outcome,
                )
                for row, name in session.execute(query)
            ]

    def visited(self, username: str, profile_pk: str | None, outcome: str) -> None:
        """Record a visit, and by it which profile is meant, whatever it will be called later."""
        with self._sessions.write() as session:
            row = _row(session, username)
            if row is not None:     # it may have been unfollowed during the visit
                row.profile_pk = row.profile_pk or profile_pk
                row.last_visit_at, row.last_outcome = datetime.now(UTC), outcome
                if row.profile_pk is not None:      # who follows a new name means the profile of the former one
                    of_it = FollowRow.profile_pk == row.profile_pk, FollowRow.username != row.username
                    session.execute(delete(FollowRow).where(*of_it))


def _row(session: Session, username: str) -> FollowRow | None:
    return session.scalars(
        select(FollowRow)
        .outerjoin(ProfileRow, ProfileRow.pk == FollowRow.profile_pk)
        .where(or_(FollowRow.username == username, ProfileRow.username == username))
        .order_by(ProfileRow.username == username)
    ).first()
