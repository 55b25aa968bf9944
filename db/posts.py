"""Profiles, posts and slides: what was seen on public pages and how much of it is saved."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from db.engine import Sessions
from db.files import file_row
from db.records import PostRecord, PostState, ProfileRecord, Role, SlideRecord, SlideStatus, StoredFile
from db.schema import PostRow, ProfilePostRow, ProfileRow, SlideRow
from db.store import FileStore

# A slide that failed this often is left alone: it is a fact about the page, not bad luck.
GIVE_UP_AFTER = 5
CHUNK = 500     # SQLite bounds the number of parameters of a statement


class Posts:
    """Queries on profiles, posts and slides."""

    def __init__(self, sessions: Sessions, store: FileStore) -> None:
        self._sessions = sessions
        self._store = store

    # Profiles

    def save_profile(self, profile: ProfileRecord) -> None:
        """Record a visit to a profile: its name, role and privacy as of now."""
        now = datetime.now(UTC)
        with self._sessions.write() as session:
            row = session.get(ProfileRow, profile.pk)
            if row is None:
                row = ProfileRow(pk=profile.pk, first_seen_at=now)
                session.add(row)
            row.username, row.full_name = profile.username, profile.full_name
            row.role, row.is_private = profile.role.value, profile.is_private
            row.last_visit_at = now

    def profile_named(self, username: str) -> ProfileRecord | None:
        """The profile last seen under this name, or None."""
        with self._sessions.read() as session:
            query = select(ProfileRow).where(ProfileRow.username == username).order_by(
                ProfileRow.last_visit_at.desc()
            )
            row = session.scalars(query).first()
            return None if row is None else _profile(row)

    def profiles(self) -> list[ProfileRecord]:
        """Every profile, by name."""
        with self._sessions.read() as session:
            return [_profile(row) for row in session.scalars(select(ProfileRow).order_by(ProfileRow.username))]

    # Posts

    def states(self, pks: Sequence[str]) -> dict[str, PostState]:
        """What is known of these posts; an unknown one is absent."""
        with self._sessions.read() as session:
            found: dict[str, PostState] = {}
            for start in range(0, len(pks), CHUNK):
                part = pks[start : start + CHUNK]
                slides = _slides_of(session, part)
                for row in session.scalars(select(PostRow).where(PostRow.pk.in_(part))):
                    found[row.pk] = _state(row, slides.get(row.pk, []))
            return found

    def unfinished(self, profile_pk: str) -> list[PostState]:
        """The profile's posts with slides that are still worth trying, newest first."""
        given_up = and_(SlideRow.status == SlideStatus.FAILED.value, SlideRow.attempts >= GIVE_UP_AFTER)
        done = SlideRow.status.in_([SlideStatus.SAVED.value, SlideStatus.VIDEO.value])
        query = (
            select(ProfilePostRow.post_pk)
            .join(SlideRow, SlideRow.post_pk == ProfilePostRow.post_pk)
            .where(ProfilePostRow.profile_pk == profile_pk, ~(done | given_up))
            .distinct()
        )
        with self._sessions.read() as session:
            pks = list(session.scalars(query))
        return sorted(self.states(pks).values(), key=lambda state: int(state.pk), reverse=True)

    def save(self, post: PostRecord, profile_pk: str) -> PostState:
        """Record or update a post of a profile with its slides.

        What is saved of it stays saved, and what is known stays known where this sight of it tells nothing.
        """
        with self._sessions.write() as session:
            row = session.get(PostRow, post.pk)
            if row is None:
                row = PostRow(pk=post.pk, first_seen_at=datetime.now(UTC))
                session.add(row)
            row.code, row.owner_pk, row.kind = post.code, post.owner_pk, post.kind
            row.caption = row.caption if post.caption is None else post.caption
            row.taken_at = post.taken_at or row.taken_at
            session.flush()
            if session.get(ProfilePostRow, (profile_pk, post.pk)) is None:
                session.add(ProfilePostRow(profile_pk=profile_pk, post_pk=post.pk))
            for slide in post.slides:
                _save_slide(session, post.pk, slide)
            session.flush()
            return _state(row, _slides_of(session, [post.pk]).get(post.pk, []))

    # Slides

    def open_slides(self, post_pk: str) -> list[int]:
        """Indexes of the post's slides that are still worth trying, in order."""
        with self._sessions.read() as session:
            return [slide.index for slide in _slides_of(session, [post_pk]).get(post_pk, []) if not _settled(slide)]

    def slide_saved(
        self, post_pk: str, index: int, stored: StoredFile, source_url: str, is_full_size: bool | None
    ) -> None:
        """Record that a slide's file is durable: the file's row and the slide's in one transaction."""
        with self._sessions.write() as session:
            slide = session.get_one(SlideRow, (post_pk, index))
            slide.file_id = file_row(session, self._store, stored).id
            slide.status, slide.reason = SlideStatus.SAVED.value, None
            slide.source_url, slide.is_full_size = source_url, is_full_size
            slide.fetched_at = datetime.now(UTC)
            slide.attempts += 1

    def slide_failed(self, post_pk: str, index: int, reason: str) -> None:
        """Record why a slide could not be saved; it is tried again at later runs, up to a limit.

        A failure never takes back a slide that is saved.
        """
        with self._sessions.write() as session:
            slide = session.get_one(SlideRow, (post_pk, index))
            if slide.status == SlideStatus.SAVED:
                return
            slide.status, slide.reason = SlideStatus.FAILED.value, reason
            slide.attempts += 1

    def counts(self) -> dict[str, int]:
        """How many profiles, posts, and slides in each status there are."""
        with self._sessions.read() as session:
            counts = {
                "profiles": session.scalar(select(func.count()).select_from(ProfileRow)) or 0,
                "posts": session.scalar(select(func.count()).select_from(PostRow)) or 0,
            }
            by_status = dict(session.execute(select(SlideRow.status, func.count()).group_by(SlideRow.status)).all())
            return counts | {f"slides_{status}": by_status.get(status, 0) for status in SlideStatus}


def _save_slide(session: Session, post_pk: str, slide: SlideRecord) -> None:
    row = session.get(SlideRow, (post_pk, slide.index))
    if row is None:
        row = SlideRow(post_pk=post_pk, index=slide.index, status=SlideStatus.PENDING.value, attempts=0)
        session.add(row)
    # A grid may show a video's cover as if it were an image; the post's own page knows better.
    if slide.is_video and row.status != SlideStatus.SAVED:
        row.status, row.reason = SlideStatus.VIDEO.value, None
    elif not slide.is_video and row.status == SlideStatus.VIDEO:
        row.status = SlideStatus.PENDING.value
    row.pk = slide.pk
    row.alt_text = row.alt_text if slide.alt_text is None else slide.alt_text
    row.original_width = slide.original_width or row.original_width
    row.original_height = slide.original_height or row.original_height


def _slides_of(session: Session, post_pks: Iterable[str]) -> dict[str, list[SlideRow]]:
    query = select(SlideRow).where(SlideRow.post_pk.in_(list(post_pks))).order_by(SlideRow.post_pk, SlideRow.index)
    slides: dict[str, list[SlideRow]] = {}
    for slide in session.scalars(query):
        slides.setdefault(slide.post_pk, []).append(slide)
    return slides


def _settled(slide: SlideRow) -> bool:
    done = slide.status in (SlideStatus.SAVED, SlideStatus.VIDEO)
    return done or (slide.status == SlideStatus.FAILED and slide.attempts >= GIVE_UP_AFTER)


def _state(row: PostRow, slides: list[SlideRow]) -> PostState:
    return PostState(
        pk=row.pk,
        code=row.code,
        complete=bool(slides) and all(_settled(slide) for slide in slides),
        slides_expected=len(slides),
        slides_saved=sum(slide.status == SlideStatus.SAVED for slide in slides),
    )


def _profile(row: ProfileRow) -> ProfileRecord:
    return ProfileRecord(row.pk, row.username, Role(row.role), row.full_name, row.is_private)
