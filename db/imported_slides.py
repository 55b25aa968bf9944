"""Pictures of posts that another tool fetched: recorded as slides, the same as if they had been scraped.

What the catalog knows of a post is never made less or overwritten by what a sidecar claims.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Sessions
from db.file_rows import image_row
from db.importing.slides import ImportedSlide
from db.records import Role, SlideRecord, SlideStatus, StoredFile
from db.schema import FileRow, ImageRow, PostRow, ProfilePostRow, ProfileRow, SlideRow
from db.store import FileStore

_LONG_AGO = datetime(2010, 10, 6, tzinfo=UTC)   # before the site's first post


class ImportedSlides:
    """Queries on slides that were not scraped."""

    def __init__(self, sessions: Sessions, store: FileStore) -> None:
        self._sessions = sessions
        self._store = store

    def saved(self, slide: ImportedSlide) -> tuple[int, str] | None:
        """The image (id and hash) that the catalog has of this slide already."""
        query = (
            select(ImageRow.id, FileRow.sha256)
            .join(FileRow, FileRow.id == ImageRow.file_id)
            .join(SlideRow, SlideRow.file_id == FileRow.id)
        )
        with self._sessions.read() as session:
            row = session.execute(
                query.where(SlideRow.post_pk == slide.post.pk, SlideRow.index == slide.index)
            ).first()
            return None if row is None else (row.id, row.sha256)

    def save(self, slide: ImportedSlide, stored: StoredFile, role: Role | None) -> tuple[int, bool]:
        """Record a slide with its durable file; returns the image's id and whether its bytes are new to the catalog.

        A role is given to the profile, as `scrape` does; without one a known profile keeps its own.
        """
        with self._sessions.write() as session:
            _describe(session, slide, role)
            known = session.scalar(select(FileRow.id).where(FileRow.sha256 == stored.sha256))
            row = session.get_one(SlideRow, (slide.post.pk, slide.index))
            image = image_row(session, self._store, stored)
            row.file_id = image.file_id
            row.status, row.reason = SlideStatus.SAVED.value, None
            row.fetched_at = slide.fetched_at or datetime.now(UTC)
            row.is_full_size = slide.is_full_size
            return image.id, known is None

    def describe(self, slide: ImportedSlide, role: Role | None) -> None:
        """Record what is known of a slide that has no picture: a video, which needs no visit any more."""
        with self._sessions.write() as session:
            _describe(session, slide, role)


def _describe(session: Session, slide: ImportedSlide, role: Role | None) -> None:
    """The rows of the profile, the post and each slide; those that exist keep what they say."""
    _profile(session, slide, role)
    post = slide.post
    row = session.get(PostRow, post.pk)
    if row is None:
        row = PostRow(
            pk=post.pk, code=post.code, owner_pk=post.owner_pk, kind=post.kind, first_seen_at=datetime.now(UTC)
        )
        session.add(row)
    row.caption = row.caption or post.caption
    row.taken_at = row.taken_at or post.taken_at
    session.flush()
    if session.get(ProfilePostRow, (slide.profile_pk, post.pk)) is None:
        session.add(ProfilePostRow(profile_pk=slide.profile_pk, post_pk=post.pk))
    for told in post.slides:
        _slide(session, post.pk, told)
    session.flush()


def _profile(session: Session, slide: ImportedSlide, role: Role | None) -> None:
    row = session.get(ProfileRow, slide.profile_pk)
    if row is None:
        row = ProfileRow(
            pk=slide.profile_pk,
            username=slide.owner_name,
            full_name="",
            role=(role or slide.profile_role or Role.CONTENT).value,
            is_private=False,
            first_seen_at=datetime.now(UTC),
            # Never visited; the name was this one when the post was made, which a visit since then outweighs.
            last_visit_at=slide.post.taken_at or _LONG_AGO,
        )
        session.add(row)
    elif role is not None:
        row.role = role.value
    session.flush()


def _slide(session: Session, post_pk: str, slide: SlideRecord) -> None:
    row = session.get(SlideRow, (post_pk, slide.index))
    if row is None:
        row = SlideRow(
            post_pk=post_pk, index=slide.index, pk=slide.pk, status=SlideStatus.PENDING.value, attempts=0
        )
        session.add(row)
    if slide.is_video and row.status == SlideStatus.PENDING:
        row.status, row.is_video = SlideStatus.VIDEO.value, True
    if slide.pk != post_pk:     # a post's own id stands in where a slide's is not known
        row.pk = slide.pk
    row.alt_text = row.alt_text or slide.alt_text
