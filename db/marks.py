"""What people say of images and results: tags, stars, a role of its own, and what is left out of "all".

Invariant: only people change these. A run, a visit and an import keep them; what takes the place of an image, as a
larger file does, has the marks of the former one, too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from db.engine import Sessions
from db.parameters import each
from db.records import Role
from db.schema import AdditionRow, ImageRow, ImageTagRow, ResultRow, ResultTagRow, SlideRow
from db.tags import parse_tag


@dataclass(frozen=True)
class TagCount:
    """A tag with how many images and results have it."""

    tag: str
    images: int
    results: int


class Marks:
    """Sets marks; `Images` and `Results` tell them with what they find. Numbers that are none are passed over."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def star_images(self, ids: Collection[int], *, starred: bool = True) -> int:
        """Star them, or take their stars; returns how many changed."""
        return self._date(ImageRow, "starred_at", ids, is_set=starred)

    def star_results(self, ids: Collection[int], *, starred: bool = True) -> int:
        """The same for results."""
        return self._date(ResultRow, "starred_at", ids, is_set=starred)

    def exclude(self, ids: Collection[int], *, excluded: bool = True) -> int:
        """Leave images out of what is meant by "all", or let them in again; returns how many changed."""
        return self._date(ImageRow, "excluded_at", ids, is_set=excluded)

    def set_role(self, ids: Collection[int], role: Role | None) -> int:
        """Give images a role of their own, whatever their sources say; None takes it. Returns how many changed."""
        value = None if role is None else role.value
        with self._sessions.write() as session:
            changing = ImageRow.id.in_(each(ids)), ImageRow.role.is_distinct_from(value)
            return _count(session.execute(update(ImageRow).where(*changing).values(role=value)))

    def tag_images(self, ids: Collection[int], tags: Iterable[str]) -> int:
        """File images under tags; returns how many images changed. Raises BadQuery."""
        return self._tag(ImageRow, ImageTagRow, "image_id", ids, tags)

    def tag_results(self, ids: Collection[int], tags: Iterable[str]) -> int:
        """The same for results."""
        return self._tag(ResultRow, ResultTagRow, "result_id", ids, tags)

    def untag_images(self, ids: Collection[int], tags: Iterable[str]) -> int:
        """Take tags off images; returns how many images changed. Raises BadQuery."""
        return self._untag(ImageTagRow, "image_id", ids, tags)

    def untag_results(self, ids: Collection[int], tags: Iterable[str]) -> int:
        """The same for results."""
        return self._untag(ResultTagRow, "result_id", ids, tags)

    def tags(self) -> list[TagCount]:
        """Every tag that is in use, by name."""
        has_source = or_(exists().where(SlideRow.file_id == ImageRow.file_id),
                         exists().where(AdditionRow.file_id == ImageRow.file_id))
        of_images = (
            select(ImageTagRow.tag, func.count()).join(ImageRow, ImageRow.id == ImageTagRow.image_id)
            .where(has_source).group_by(ImageTagRow.tag)
        )
        with self._sessions.read() as session:
            images = dict(session.execute(of_images).all())
            of_results = select(ResultTagRow.tag, func.count()).group_by(ResultTagRow.tag)
            results = dict(session.execute(of_results).all())
        return [TagCount(tag, images.get(tag, 0), results.get(tag, 0)) for tag in sorted({*images, *results})]

    def on_results(self) -> bool:
        """Whether any result has a star or a tag."""
        with self._sessions.read() as session:
            starred = exists().where(ResultRow.starred_at.is_not(None))
            return bool(session.scalar(select(or_(starred, exists(select(ResultTagRow.tag))))))

    def _date(self, table: type[ImageRow] | type[ResultRow], column: str, ids: Collection[int], *, is_set: bool) -> int:
        marked = getattr(table, column)
        is_other = marked.is_(None) if is_set else marked.is_not(None)
        value = datetime.now(UTC) if is_set else None
        with self._sessions.write() as session:
            return _count(session.execute(
                update(table).where(table.id.in_(each(ids)), is_other).values({column: value})))

    def _tag(
        self, table: type[ImageRow] | type[ResultRow], tags_table: type[ImageTagRow] | type[ResultTagRow], key: str,
        ids: Collection[int], tags: Iterable[str],
    ) -> int:
        wanted = list(map(parse_tag, tags))
        changed: set[int] = set()
        with self._sessions.write() as session:
            known = session.scalars(select(table.id).where(table.id.in_(each(ids)))).all()
            for tag in wanted:
                has_it = select(getattr(tags_table, key)).where(tags_table.tag == tag)
                new = set(known) - set(session.scalars(has_it))
                session.add_all(tags_table(**{key: each_id, "tag": tag}) for each_id in sorted(new))
                session.flush()
                changed |= new
        return len(changed)

    def _untag(
        self, tags_table: type[ImageTagRow] | type[ResultTagRow], key: str, ids: Collection[int], tags: Iterable[str]
    ) -> int:
        wanted = list(map(parse_tag, tags))
        column = getattr(tags_table, key)
        going = column.in_(each(ids)), tags_table.tag.in_(each(wanted))
        with self._sessions.write() as session:
            changed = set(session.scalars(select(column).where(*going)))
            session.execute(delete(tags_table).where(*going))
        return len(changed)


def carry_over(session: Session, former_file_id: int, file_id: int) -> None:
    """Give an image the marks of the one whose place it takes."""
    former = session.scalar(select(ImageRow).where(ImageRow.file_id == former_file_id))
    image = session.scalar(select(ImageRow).where(ImageRow.file_id == file_id))
    if former is None or image is None:
        return
    image.role = image.role or former.role
    image.starred_at = image.starred_at or former.starred_at
    image.excluded_at = image.excluded_at or former.excluded_at
    tags = select(literal(image.id), ImageTagRow.tag).where(ImageTagRow.image_id == former.id)
    session.execute(insert(ImageTagRow).from_select(["image_id", "tag"], tags).on_conflict_do_nothing())


def _count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
