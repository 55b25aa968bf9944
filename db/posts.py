"""Profiles, posts and slides: what was seen on public pages and how much of it is saved."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from db.engine import Sessions
from db.file_rows import image_row
from db.marks import carry_over
from db.records import (
    PostRecord,
    PostState,
    ProfileRecord,
    Role,
    SavedSlide,
    SlideRecord,
    Slides,
    SlideStatus,
    StoredFile,
    Wanted,
)
from db.schema import FileRow, ForeignPostRow, FormerFileRow, PostRow, ProfilePostRow, ProfileRow, SlideRow
from db.store import FileStore

# A slide that failed this often is left alone: it is a fact about the page, not bad luck.
GIVE_UP_AFTER = 5
# So often a slide is looked for in full size that was saved from a preview.
PREVIEW_TRIES = 3
# So many visits in a row must find a post gone: one may be the site's mistake.
GONE_AFTER = 2
ALL = Wanted()
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

    def profile(self, pk: str) -> ProfileRecord | None:
        """The profile with this id, or None."""
        with self._sessions.read() as session:
            row = session.get(ProfileRow, pk)
            return None if row is None else _profile(row)

    def profiles(self) -> list[ProfileRecord]:
        """Every profile, by name."""
        with self._sessions.read() as session:
            return [_profile(row) for row in session.scalars(select(ProfileRow).order_by(ProfileRow.username))]

    # Posts

    def states(self, pks: Sequence[str], wanted: Wanted = ALL) -> dict[str, PostState]:
        """What is known of these posts; an unknown one is absent."""
        with self._sessions.read() as session:
            found: dict[str, PostState] = {}
            for start in range(0, len(pks), CHUNK):
                found |= _states(session, pks[start : start + CHUNK], wanted)
            return found

    def unfinished(self, profile_pk: str, wanted: Wanted = ALL) -> list[PostState]:
        """The profile's posts with slides that are still worth trying, newest first."""
        query = (
            select(ProfilePostRow.post_pk)
            .join(PostRow, PostRow.pk == ProfilePostRow.post_pk)
            .join(SlideRow, SlideRow.post_pk == ProfilePostRow.post_pk)
            .where(ProfilePostRow.profile_pk == profile_pk, PostRow.gone_at.is_(None), _open(wanted))
            .distinct()
        )
        with self._sessions.read() as session:
            pks = list(session.scalars(query))
        return sorted(self.states(pks, wanted).values(), key=lambda state: int(state.pk), reverse=True)

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
            row.times_missing, row.gone_at = 0, None
            session.flush()
            if session.get(ProfilePostRow, (profile_pk, post.pk)) is None:
                session.add(ProfilePostRow(profile_pk=profile_pk, post_pk=post.pk))
            for slide in post.slides:
                _save_slide(session, post.pk, slide)
            session.flush()
            return _states(session, [post.pk], ALL)[post.pk]

    def on_profile(self, profile_pk: str, pks: Sequence[str]) -> frozenset[str]:
        """Which of these posts are recorded as the profile's, its own or with others."""
        of_profile = select(ProfilePostRow.post_pk).where(ProfilePostRow.profile_pk == profile_pk)
        chunks = [pks[start : start + CHUNK] for start in range(0, len(pks), CHUNK)]
        with self._sessions.read() as session:
            return frozenset(
                pk for chunk in chunks for pk in session.scalars(of_profile.where(ProfilePostRow.post_pk.in_(chunk)))
            )

    def link(self, profile_pk: str, pks: Sequence[str]) -> None:
        """Record posts that the catalog holds as the profile's, too."""
        with self._sessions.write() as session:
            for pk in pks:
                if session.get(ProfilePostRow, (profile_pk, pk)) is None:
                    session.add(ProfilePostRow(profile_pk=profile_pk, post_pk=pk))

    def missing(self, pks: Sequence[str]) -> None:
        """Record that a visit found these posts gone; what is saved of them stays."""
        with self._sessions.write() as session:
            for start in range(0, len(pks), CHUNK):
                for row in session.scalars(select(PostRow).where(PostRow.pk.in_(pks[start : start + CHUNK]))):
                    row.times_missing += 1
                    if row.times_missing >= GONE_AFTER and row.gone_at is None:
                        row.gone_at = datetime.now(UTC)

    def absent(self, profile_pk: str, seen: Sequence[str], since: datetime | None) -> list[str]:
        """The profile's own posts from after `since` (None: all) that a reading of its grid did not meet."""
        query = (
            select(PostRow.pk)
            .join(ProfilePostRow, ProfilePostRow.post_pk == PostRow.pk)
            .where(ProfilePostRow.profile_pk == profile_pk, PostRow.owner_pk == profile_pk, PostRow.gone_at.is_(None))
        )
        if since is not None:
            query = query.where(PostRow.taken_at > since)
        with self._sessions.read() as session:
            return sorted(set(session.scalars(query)) - set(seen))

    def seen_again(self, pks: Sequence[str]) -> None:
        """Record that these posts are there after all. One that is still to be had is judged by its own page."""
        still_open = exists().where(SlideRow.post_pk == PostRow.pk, _open(ALL))
        with self._sessions.write() as session:
            for start in range(0, len(pks), CHUNK):
                back = PostRow.pk.in_(pks[start : start + CHUNK]), PostRow.times_missing > 0
                session.execute(
                    update(PostRow).where(*back, ~still_open).values(times_missing=0, gone_at=None)
                )

    # Posts of others

    def foreign(self, profile_pk: str, post_pk: str, code: str, reason: str) -> None:
        """Record that a post in the profile's grid is not the profile's."""
        with self._sessions.write() as session:
            if session.get(ForeignPostRow, (profile_pk, post_pk)) is None:
                now = datetime.now(UTC)
                session.add(
                    ForeignPostRow(profile_pk=profile_pk, post_pk=post_pk, code=code, reason=reason, seen_at=now)
                )

    def foreign_on(self, profile_pk: str) -> frozenset[str]:
        """The posts that the profile's grid has shown and that are not the profile's."""
        with self._sessions.read() as session:
            query = select(ForeignPostRow.post_pk).where(ForeignPostRow.profile_pk == profile_pk)
            return frozenset(session.scalars(query))

    # Slides

    def open_slides(self, post_pk: str, wanted: Wanted = ALL) -> list[int]:
        """Indexes of the post's slides that are still worth trying, in order."""
        with self._sessions.read() as session:
            query = select(SlideRow.index).where(SlideRow.post_pk == post_pk, _open(wanted))
            return list(session.scalars(query.order_by(SlideRow.index)))

    def lacking(self, post_pk: str, wanted: Wanted = ALL) -> dict[int, str]:
        """The post's slides that should be saved and are not, given up or not, each with its last reason."""
        lacks = SlideRow.status.in_((SlideStatus.PENDING.value, SlideStatus.FAILED.value))
        query = select(SlideRow.index, SlideRow.reason).where(SlideRow.post_pk == post_pk, lacks)
        if wanted.slides is Slides.FIRST:
            query = query.where(SlideRow.index == 0)
        with self._sessions.read() as session:
            return {index: reason or "" for index, reason in session.execute(query.order_by(SlideRow.index))}

    def saved_slides(self, post_pk: str) -> dict[int, SavedSlide]:
        """What is saved of the post, by the slides' indexes."""
        query = (
            select(SlideRow.index, FileRow.width, FileRow.height, SlideRow.source_url, SlideRow.is_full_size)
            .join(FileRow, FileRow.id == SlideRow.file_id)
            .where(SlideRow.post_pk == post_pk)
        )
        with self._sessions.read() as session:
            return {
                index: SavedSlide(width, height, source_url, is_full_size)
                for index, width, height, source_url, is_full_size in session.execute(query)
            }

    def slide_saved(
        self,
        post_pk: str,
        index: int,
        stored: StoredFile,
        source_url: str,
        is_full_size: bool | None,
        *,
        is_preview: bool = False,
    ) -> None:
        """Record that a slide's file is durable: the file's row and the slide's in one transaction.

        A file that it had before is kept and remembered; what people said of its image holds for the new one.
        """
        with self._sessions.write() as session:
            slide = session.get_one(SlideRow, (post_pk, index))
            file_id = image_row(session, self._store, stored).file_id
            former = (post_pk, index, slide.file_id)
            if slide.file_id not in (None, file_id) and session.get(FormerFileRow, former) is None:
                now = datetime.now(UTC)
                session.add(
                    FormerFileRow(post_pk=post_pk, index=index, file_id=slide.file_id, replaced_at=now)
                )
                carry_over(session, slide.file_id, file_id)
            slide.file_id, slide.is_preview = file_id, is_preview
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
            slide.attempts += 1
            if slide.status not in (SlideStatus.SAVED, SlideStatus.REMOVED):
                slide.status, slide.reason = SlideStatus.FAILED.value, reason

    def slide_tried(self, post_pk: str, index: int, *, is_final: bool = False) -> None:
        """Record that nothing larger was to be had for a slide that is saved, or, as final, that there is nothing."""
        with self._sessions.write() as session:
            slide = session.get_one(SlideRow, (post_pk, index))
            slide.attempts += 1
            slide.is_preview = slide.is_preview and not is_final

    def slide_withheld(self, post_pk: str, index: int, reason: str) -> None:
        """Record that the slide's server asks machines to leave it alone: it is not tried again."""
        with self._sessions.write() as session:
            slide = session.get_one(SlideRow, (post_pk, index))
            slide.attempts += 1
            slide.status, slide.reason = SlideStatus.WITHHELD.value, reason

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
    row.is_video = slide.is_video
    # A grid may show a video's cover as if it were an image; the post's own page knows better.
    if slide.is_video and row.status not in (SlideStatus.SAVED, SlideStatus.REMOVED):
        row.status, row.reason = SlideStatus.VIDEO.value, None
    elif not slide.is_video and row.status == SlideStatus.VIDEO:
        row.status = SlideStatus.PENDING.value
    row.pk = slide.pk
    row.alt_text = row.alt_text if slide.alt_text is None else slide.alt_text
    row.original_width = slide.original_width or row.original_width
    row.original_height = slide.original_height or row.original_height


def _open(wanted: Wanted) -> ColumnElement[bool]:
    """Whether a slide is still worth trying."""
    untired = SlideRow.attempts < GIVE_UP_AFTER
    reasons = [
        SlideRow.status == SlideStatus.PENDING.value,
        and_(SlideRow.status == SlideStatus.FAILED.value, untired),
        and_(SlideRow.status == SlideStatus.SAVED.value, SlideRow.is_preview, SlideRow.attempts < PREVIEW_TRIES),
    ]
    if wanted.covers:
        reasons.append(and_(SlideRow.status == SlideStatus.VIDEO.value, untired))
    if wanted.withheld:
        reasons.append(SlideRow.status == SlideStatus.WITHHELD.value)
    return and_(SlideRow.index == 0, or_(*reasons)) if wanted.slides is Slides.FIRST else or_(*reasons)


def _states(session: Session, pks: Sequence[str], wanted: Wanted) -> dict[str, PostState]:
    saved = func.sum(case((SlideRow.status == SlideStatus.SAVED.value, 1), else_=0))
    still_open = func.sum(case((_open(wanted), 1), else_=0))
    query = (
        select(
            PostRow.pk, PostRow.code, PostRow.taken_at, PostRow.gone_at, func.count(SlideRow.index), saved, still_open
        )
        .outerjoin(SlideRow, SlideRow.post_pk == PostRow.pk)
        .where(PostRow.pk.in_(pks))
        .group_by(PostRow.pk)
    )
    found: dict[str, PostState] = {}
    for pk, code, taken_at, gone_at, slides, saved_ones, open_ones in session.execute(query):
        is_gone = gone_at is not None
        found[pk] = PostState(
            pk, code, bool(slides and not open_ones) or is_gone, slides, saved_ones, taken_at, is_gone
        )
    return found


def _profile(row: ProfileRow) -> ProfileRecord:
    return ProfileRecord(row.pk, row.username, Role(row.role), row.full_name, row.is_private)
