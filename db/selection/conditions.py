"""Terms and filters -> conditions of SQL. A term that names nothing, or not clearly what, is BadSelection.

Invariant: no row is loaded to be looked at; what is selected, the catalog finds by its keys.
"""

import os
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from db.errors import BadSelection
from db.parameters import each
from db.records import Role
from db.schema import (
    AdditionRow,
    FileRow,
    ImageRow,
    ImageTagRow,
    PostRow,
    ProfilePostRow,
    ProfileRow,
    ResultRow,
    ResultTagRow,
    SlideRow,
)
from db.selection.filters import Aspect, Filters, ImageStatus
from db.selection.near import unknown
from db.selection.terms import Kind, Term
from db.selection.text import text_condition

_NAMED = 3      # of those that a name may mean


def has_source() -> ColumnElement[bool]:
    """Whether an image still stands in a post or was added: one that a larger file took the place of does not."""
    of_post = exists().where(SlideRow.file_id == ImageRow.file_id, ProfilePostRow.post_pk == SlideRow.post_pk)
    return or_(of_post, exists().where(AdditionRow.file_id == ImageRow.file_id))


def image_term(session: Session, term: Term, *, with_former: bool = False) -> ColumnElement[bool]:
    """The images that a term names, with `with_former` those that a larger file took the place of, too."""
    condition = _images(session, term)
    there = true() if with_former else has_source()
    if not session.scalar(select(exists(select(ImageRow.id).where(condition, there)))):
        raise BadSelection(unknown(session, term))
    return condition


def result_term(session: Session, term: Term) -> ColumnElement[bool]:
    """The results that a term names, or those of the images that it names."""
    if term.kind not in (Kind.RESULTS, Kind.STARRED, Kind.TAG):
        return _made_of(image_term(session, term, with_former=True))
    condition = own_result_term(session, term)
    if term.kind is Kind.TAG:
        condition = or_(condition, _made_of(_images(session, term)))
        if not session.scalar(select(exists(select(ResultRow.id).where(condition)))):
            raise BadSelection(unknown(session, term))
    return condition


def own_result_term(session: Session, term: Term) -> ColumnElement[bool]:
    """The results that a number, a star or a tag of their own names."""
    if term.kind is Kind.TAG:
        return exists().where(ResultTagRow.result_id == ResultRow.id, ResultTagRow.tag == term.name)
    condition: ColumnElement[bool] = ResultRow.starred_at.is_not(None)
    if term.kind is Kind.RESULTS:
        condition = ResultRow.id.between(term.first, term.last)
    if not session.scalar(select(exists(select(ResultRow.id).where(condition)))):
        raise BadSelection(unknown(session, term))
    return condition


def image_filters(session: Session, filters: Filters) -> ColumnElement[bool]:
    """The images of which all filters hold."""
    found: list[ColumnElement[bool]] = [true()]
    if filters.role is not None:
        found.append(_serves(filters.role))
    if filters.starred:
        found.append(ImageRow.starred_at.is_not(None))
    found += [exists().where(ImageTagRow.image_id == ImageRow.id, ImageTagRow.tag == tag) for tag in filters.tags]
    if filters.status is not None:
        is_excluded = filters.status == ImageStatus.EXCLUDED
        found.append(ImageRow.excluded_at.is_not(None) if is_excluded else ImageRow.excluded_at.is_(None))
    found += _in_time(date_of_image(), filters)
    found += _of_content(session, filters)
    if filters.min_side is not None or filters.aspect is not None:
        sizes = _sized(select(FileRow.id), filters.min_side, filters.aspect)
        found.append(ImageRow.file_id.in_(sizes))
    return and_(*found)


def result_filters(session: Session, filters: Filters) -> ColumnElement[bool]:
    """The results of which all filters hold."""
    found: list[ColumnElement[bool]] = [true()]
    if filters.starred:
        found.append(ResultRow.starred_at.is_not(None))
    found += [exists().where(ResultTagRow.result_id == ResultRow.id, ResultTagRow.tag == tag) for tag in filters.tags]
    if filters.status is not None:
        found.append(ResultRow.status == filters.status.value)
    found += _in_time(ResultRow.created_at, filters)
    of_content = [*_of_content(session, filters), *([] if filters.role is None else [_serves(filters.role)])]
    if of_content:
        found.append(ResultRow.content_id.in_(select(ImageRow.file_id).where(*of_content)))
    if filters.min_side is not None or filters.aspect is not None:
        found.append(ResultRow.file_id.in_(_sized(select(FileRow.id), filters.min_side, filters.aspect)))
    return and_(*found)


def date_of_image() -> ColumnElement[datetime]:
    """When an image was taken; where that is not known, when it came in."""
    slides = SlideRow.file_id == ImageRow.file_id
    additions = AdditionRow.file_id == ImageRow.file_id
    return func.coalesce(
        select(func.min(PostRow.taken_at)).join(SlideRow, SlideRow.post_pk == PostRow.pk).where(slides)
        .scalar_subquery(),
        select(func.min(AdditionRow.taken_at)).where(additions).scalar_subquery(),
        select(func.min(SlideRow.fetched_at)).where(slides).scalar_subquery(),
        select(func.min(AdditionRow.added_at)).where(additions).scalar_subquery(),
    )


def _images(session: Session, term: Term) -> ColumnElement[bool]:
    match term.kind:
        case Kind.IMAGES:
            return ImageRow.id.between(term.first, term.last)
        case Kind.RESULTS:
            raise BadSelection(f"{term.text} is a result, and images are meant here; their numbers have no r")
        case Kind.PROFILE:
            return _on_profiles([term.name])
        case Kind.TAG:
            return ImageRow.id.in_(select(ImageTagRow.image_id).where(ImageTagRow.tag == term.name))
        case Kind.STARRED:
            return ImageRow.starred_at.is_not(None)
        case Kind.POST:
            return ImageRow.file_id.in_(_slides(term))
        case Kind.NAME:
            return _by_name(session, term)


def _by_name(session: Session, term: Term) -> ColumnElement[bool]:
    """A post's code, the place that something was added from, a folder of such places, or a file's name."""
    place = os.path.abspath(os.path.expanduser(term.text))      # noqa: PTH100, PTH111 - links are the user's own
    newest = select(AdditionRow.file_id).where(AdditionRow.origin == place).order_by(AdditionRow.added_at.desc())
    within = AdditionRow.origin.between(f"{place.rstrip('/')}/", f"{place.rstrip('/')}/\U0010ffff")
    for files in (newest.limit(1), _slides(term), select(AdditionRow.file_id).where(within)):
        if session.scalar(select(exists(files))):
            return ImageRow.file_id.in_(files)
    # As it is kept: half a surrogate pair becomes a question mark.
    end = "/" + term.text.rstrip("/").encode("utf-8", "replace").decode()
    named = func.substr(AdditionRow.origin, -len(end)) == end
    rows = session.execute(
        select(ImageRow.id, func.min(AdditionRow.origin)).join(AdditionRow, AdditionRow.file_id == ImageRow.file_id)
        .where(named).group_by(ImageRow.id).order_by(ImageRow.id)).all()
    if len(rows) > 1:
        of_them = ", ".join(f"{image_id} ({origin})" for image_id, origin in rows[:_NAMED])
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        raise BadSelection(f"{term.text!r} may be {of_them}{more}: say its number or its place")
    return ImageRow.id == rows[0][0] if rows else false()


def _slides(term: Term) -> Select[int | None]:
    """The files of a post, or of one of its slides."""
    slides = select(SlideRow.file_id).join(PostRow, PostRow.pk == SlideRow.post_pk).where(
        PostRow.code == term.name, SlideRow.file_id.is_not(None))
    return slides if term.slide is None else slides.where(SlideRow.index == term.slide)


def _on_profiles(names: list[str]) -> ColumnElement[bool]:
    return ImageRow.file_id.in_(
        select(SlideRow.file_id)
        .join(ProfilePostRow, ProfilePostRow.post_pk == SlideRow.post_pk)
        .join(ProfileRow, ProfileRow.pk == ProfilePostRow.profile_pk)
        .where(ProfileRow.username.in_(each(names)), SlideRow.file_id.is_not(None)))


def _serves(role: Role) -> ColumnElement[bool]:
    """Images for this role, those for both included: by their own role, else by the union of their sources'."""
    def source(*roles: Role) -> ColumnElement[bool]:
        words = [each_role.value for each_role in roles]
        return or_(
            exists().where(
                SlideRow.file_id == ImageRow.file_id, ProfilePostRow.post_pk == SlideRow.post_pk,
                ProfileRow.pk == ProfilePostRow.profile_pk, ProfileRow.role.in_(words)),
            exists().where(AdditionRow.file_id == ImageRow.file_id, AdditionRow.role.in_(words)))

    if role is Role.BOTH:
        of_sources = or_(source(Role.BOTH), and_(source(Role.CONTENT), source(Role.STYLE)))
        return func.iif(ImageRow.role.is_(None), of_sources, ImageRow.role == role.value)
    return func.iif(ImageRow.role.is_(None), source(role, Role.BOTH), ImageRow.role.in_((role.value, Role.BOTH.value)))


def _of_content(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    """What is asked of an image, or of a result's content."""
    found = []
    if filters.profiles:
        for name in filters.profiles:
            image_term(session, Term(f"@{name}", Kind.PROFILE, name), with_former=True)
        found.append(_on_profiles(list(filters.profiles)))
    if filters.text is not None:
        found.append(text_condition(filters.text))
    if filters.full_size:
        full = exists().where(SlideRow.file_id == ImageRow.file_id, SlideRow.is_full_size.is_(True))
        found.append(or_(full, exists().where(AdditionRow.file_id == ImageRow.file_id)))
    return found


def _in_time(moment: Any, filters: Filters) -> list[ColumnElement[bool]]:
    since = [] if filters.since is None else [moment >= filters.since]
    return since + ([] if filters.until is None else [moment <= filters.until])


def _sized(files: Select[int], min_side: int | None, aspect: Aspect | None) -> Select[int]:
    if min_side is not None:
        files = files.where(FileRow.width >= min_side, FileRow.height >= min_side)
    if aspect is not None:
        shape = FileRow.width * 1.0 / FileRow.height
        files = files.where(shape >= aspect.least, shape <= aspect.most)
    return files


def _made_of(images: ColumnElement[bool]) -> ColumnElement[bool]:
    """The results of which one of these images is the content or the style."""
    files = select(ImageRow.file_id).where(images)
    return or_(ResultRow.content_id.in_(files), ResultRow.style_id.in_(files))

