"""Removing single images and results: what a person takes back, with nothing else going or coming back by itself.

Rows go first, in one transaction that also notes which files are to go; files after, as with `forget`: a kill in
between is healed by whoever removes or forgets next. A file goes only when no row needs it any more. A slide that is
removed is not fetched again; a picture that is added again is there again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from db.engine import Sessions
from db.forgotten import Forgotten, is_an_image, is_of_a_result
from db.frames import name_of
from db.parameters import each
from db.records import ResultKey, SlideStatus
from db.results import Content, Style
from db.schema import AdditionRow, FileRow, FormerFileRow, ImageRow, ResultRow, RunRow, SlideRow

COMMAND = "remove"
_REASON = "removed by the user"


@dataclass(frozen=True)
class Removed:
    """What removing takes away, and what it leaves: results of the images that stay, and stars among what goes."""

    images: int
    results: int
    files: int
    kept_results: int
    starred: int


@dataclass(frozen=True)
class _Going:
    removed: Removed
    paths: list[str]
    frames: list[str]


class Removals:
    """What would go, and the removing itself."""

    def __init__(self, sessions: Sessions, forgotten: Forgotten) -> None:
        self._sessions = sessions
        self._forgotten = forgotten

    def preview(self, images: Collection[int], results: Collection[int], *, with_results: bool) -> Removed:
        """What removing these would take away; nothing is changed."""
        with self._sessions.write() as session:
            going = _remove(session, images, results, with_results)
            session.rollback()
        return going.removed

    def remove(self, images: Collection[int], results: Collection[int], *, with_results: bool) -> Removed:
        """Remove images and results by number; with `with_results` also what was made of these images.

        Without it such results stay, and so does the file of their original. The caller holds the locks of those who
        write. Numbers that are none are passed over.
        """
        self._forgotten.clear_up()
        with self._sessions.write() as session:
            going = _remove(session, images, results, with_results)
            counts = {"paths": going.paths, "images": [], "frames": going.frames}
            target = f"{going.removed.images} images, {going.removed.results} results"
            session.add(RunRow(command=COMMAND, target=target, started_at=datetime.now(UTC), counts=counts))
        self._forgotten.clear_up()
        return going.removed


def _remove(session: Session, images: Collection[int], results: Collection[int], with_results: bool) -> _Going:
    named = session.execute(
        select(ImageRow.file_id, ImageRow.starred_at).where(ImageRow.id.in_(each(images)))).all()
    pictures = _without_sources(session, [row.file_id for row in named])
    unneeded = list(session.scalars(select(FileRow.id).where(FileRow.id.in_(each(pictures)), ~is_an_image())))
    of_them = or_(ResultRow.content_id.in_(each(unneeded)), ResultRow.style_id.in_(each(unneeded)))
    also = ResultRow.id.in_(each(results))
    made = session.execute(
        select(ResultRow.id, ResultRow.content_id, ResultRow.style_id, ResultRow.file_id, ResultRow.starred_at,
               ResultRow.recipe_hash, Content.sha256.label("content"), Style.sha256.label("style"))
        .join(Content, Content.id == ResultRow.content_id).join(Style, Style.id == ResultRow.style_id)
        .where(or_(of_them, also) if with_results else also)
    ).all()
    session.execute(delete(ResultRow).where(ResultRow.id.in_(each([row.id for row in made]))))
    kept = len(session.scalars(select(ResultRow.id).where(of_them)).all())
    # Originals whose last result goes now may have been kept for its sake alone.
    files = {*unneeded, *(number for row in made for number in (row.content_id, row.style_id, row.file_id) if number)}
    going = session.execute(
        select(FileRow.id, FileRow.path).where(FileRow.id.in_(each(files)), ~is_an_image(), ~is_of_a_result())).all()
    numbers = each([row.id for row in going])
    session.execute(delete(ImageRow).where(ImageRow.file_id.in_(numbers)))
    session.execute(delete(FileRow).where(FileRow.id.in_(numbers)))
    starred = sum(row.starred_at is not None for row in (*named, *made))
    frames = [name_of(ResultKey(row.content, row.style, row.recipe_hash)) for row in made]
    return _Going(Removed(len(named), len(made), len(going), kept, starred), [row.path for row in going], frames)


def _without_sources(session: Session, files: Collection[int]) -> list[int]:
    """Let nothing call these files an image any more; returns them, with the former files of their slides."""
    slides = session.execute(
        select(SlideRow.post_pk, SlideRow.index).where(SlideRow.file_id.in_(each(files)))).all()
    former: list[int] = []
    for post_pk, index in slides:
        of_slide = and_(FormerFileRow.post_pk == post_pk, FormerFileRow.index == index)
        former += session.scalars(select(FormerFileRow.file_id).where(of_slide))
        session.execute(delete(FormerFileRow).where(of_slide))
        session.execute(update(SlideRow).where(SlideRow.post_pk == post_pk, SlideRow.index == index).values(
            status=SlideStatus.REMOVED.value, reason=_REASON, file_id=None, source_url=None, is_full_size=None,
            fetched_at=None, is_preview=False))
    session.execute(delete(AdditionRow).where(AdditionRow.file_id.in_(each(files))))
    return [*files, *former]


