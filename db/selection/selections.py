"""Selections: words and filters -> the images or results of a library that they name.

Images come in the order in which they were named, and by number within each word; without words, all that the filters
leave. A number, a name and a place mean what they say; whatever means several (a profile, a tag, a range, "all")
leaves out excluded images where it is asked to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from db.engine import Sessions
from db.errors import BadSelection
from db.images import Images
from db.parameters import each
from db.records import Image, Result
from db.results import Results
from db.schema import AdditionRow, FileRow, ImageRow, ImageTagRow, LooksRow, ResultRow, ResultTagRow
from db.selection.conditions import (
    date_of_image,
    has_source,
    image_filters,
    image_term,
    own_result_term,
    result_filters,
    result_term,
)
from db.selection.filters import NO_FILTERS, Filters
from db.selection.near import unknown
from db.selection.terms import Kind, Term, parse_terms, split

IMAGE_ORDERS = ("id", "taken", "size", "side", "sharpness", "brightness")
RESULT_ORDERS = ("id", "content", "style", "recipe", "size", "made", "loss", "share", "seconds")


@dataclass(frozen=True)
class Order:
    """By what something is sorted; what has no value there comes last."""

    key: str
    descending: bool = False


def parse_order(text: str, keys: Sequence[str]) -> Order:
    """Such as `taken`, or `-taken` for the largest first. Raises BadSelection."""
    key = text.removeprefix("-")
    if key not in keys:
        raise BadSelection(f"{text[:80]!r} is nothing to sort by: {', '.join(keys)}, with - before it the other way")
    return Order(key, text.startswith("-"))


class Selections:
    """Queries by words and filters."""

    def __init__(self, sessions: Sessions, images: Images, results: Results) -> None:
        self._sessions = sessions
        self._images = images
        self._results = results

    def images(
        self, words: Iterable[str] = (), filters: Filters = NO_FILTERS, *, with_excluded: bool = True,
        order: Order | None = None, limit: int | None = None, offset: int = 0,
    ) -> list[Image]:
        """The images that are named, and of which the filters hold. Raises BadSelection."""
        return self._images.with_ids(self.image_ids(
            words, filters, with_excluded=with_excluded, order=order, limit=limit, offset=offset))

    def image_ids(
        self, words: Iterable[str] = (), filters: Filters = NO_FILTERS, *, with_excluded: bool = True,
        order: Order | None = None, limit: int | None = None, offset: int = 0,
    ) -> list[int]:
        """The same by number alone."""
        with self._sessions.read() as session:
            terms = self._terms(session, words)
        return self._image_ids(
            terms, filters, with_excluded=with_excluded, order=order, limit=limit, offset=offset)

    def _image_ids(
        self, terms: Sequence[Term], filters: Filters, *, with_excluded: bool = True, order: Order | None = None,
        limit: int | None = None, offset: int = 0,
    ) -> list[int]:
        with self._sessions.read() as session:
            base = and_(has_source(), image_filters(session, filters), *(
                ~image_term(session, term) for term in terms if term.is_left_out))
            included = base if with_excluded else and_(base, ImageRow.excluded_at.is_(None))
            named = [term for term in terms if not term.is_left_out]
            if named:
                found = _in_turn(session, named, base, included)
                if order is None:
                    return found[offset : None if limit is None else offset + limit]
                included = ImageRow.id.in_(each(found))
            query = select(ImageRow.id).where(included).order_by(*_sorted(_IMAGE_KEYS, order, ImageRow.id))
            return list(session.scalars(query.limit(limit).offset(offset)))

    def count_images(self, words: Iterable[str] = (), filters: Filters = NO_FILTERS) -> int:
        """How many there are."""
        return len(self.image_ids(words, filters))

    def results(
        self, words: Iterable[str] = (), filters: Filters = NO_FILTERS, *, contents: Iterable[str] = (),
        styles: Iterable[str] = (), order: Order | None = None, limit: int | None = None, offset: int = 0,
    ) -> list[Result]:
        """The results that are named, or made of an image that is named, and of which the filters hold; with
        `contents` and `styles` those of which the one and the other are named. Raises BadSelection.
        """
        return self._results.with_ids(self.result_ids(
            words, filters, contents=contents, styles=styles, order=order, limit=limit, offset=offset))

    def result_ids(
        self, words: Iterable[str] = (), filters: Filters = NO_FILTERS, *, contents: Iterable[str] = (),
        styles: Iterable[str] = (), order: Order | None = None, limit: int | None = None, offset: int = 0,
    ) -> list[int]:
        """The same by number alone; without an order, by number."""
        with self._sessions.read() as session:
            terms = self._terms(session, words)
            wanted = [result_filters(session, filters)]
            named = [result_term(session, term) for term in terms if not term.is_left_out]
            wanted += [or_(*named)] if named else []
            wanted += [~result_term(session, term) for term in terms if term.is_left_out]
            for column, of_images in ((ResultRow.content_id, contents), (ResultRow.style_id, styles)):
                condition = self._any_image(session, of_images)
                wanted += [] if condition is None else [column.in_(select(ImageRow.file_id).where(condition))]
            query = select(ResultRow.id).where(*wanted).order_by(*_sorted(_result_keys(), order, ResultRow.id))
            return list(session.scalars(query.limit(limit).offset(offset)))

    def sort_out(self, words: Iterable[str], filters: Filters = NO_FILTERS) -> tuple[list[int], list[int]]:
        """Images and results that are named together, by number: a tag and a star may be of either.

        Filters are of images. Raises BadSelection, also where nothing says what is meant: leaving something out is no
        way to name the rest.
        """
        with self._sessions.read() as session:
            terms = self._terms(session, words)
            both = [term for term in terms if term.kind in _OF_EITHER]
            of_images = {term for term in both if _has(session, _IMAGE_MARKS, term)}
            of_results = {term for term in both if _has(session, _RESULT_MARKS, term)}
            for term in both:
                if not (term in of_images or term in of_results or term.is_left_out):
                    raise BadSelection(unknown(session, term))
        images = [term for term in terms if term in of_images or term.kind not in (*_OF_EITHER, Kind.RESULTS)]
        results = [term for term in terms if term in of_results or term.kind is Kind.RESULTS]
        named = [term for term in (*images, *results) if not term.is_left_out]
        if not named and filters == NO_FILTERS:
            raise BadSelection("say which are meant, such as 3, 1-5, @profile or r7")
        if filters != NO_FILTERS and any(term in results for term in named):
            raise BadSelection("filters narrow images; name results without them")
        takes_images = any(not term.is_left_out for term in images) or filters != NO_FILTERS
        return (
            self._image_ids(images, filters) if takes_images else [],
            self._own_results(results) if any(not term.is_left_out for term in results) else [],
        )

    def names(self, word: str) -> bool:
        """Whether a word names an image that there is."""
        try:
            return bool(self.image_ids([word]))
        except BadSelection:
            return False

    def _own_results(self, terms: Sequence[Term]) -> list[int]:
        """The results that are named by number, or have the tag or the star themselves."""
        with self._sessions.read() as session:
            named = [own_result_term(session, term) for term in terms if not term.is_left_out]
            left_out = [~own_result_term(session, term) for term in terms if term.is_left_out]
            return list(session.scalars(select(ResultRow.id).where(or_(*named), *left_out).order_by(ResultRow.id)))

    def _any_image(self, session: Session, words: Iterable[str]) -> ColumnElement[bool] | None:
        terms = self._terms(session, words)
        if not terms:
            return None
        named = [image_term(session, term, with_former=True) for term in terms if not term.is_left_out]
        left_out = [~image_term(session, term, with_former=True) for term in terms if term.is_left_out]
        return and_(or_(*named) if named else true(), *left_out)

    def _terms(self, session: Session, words: Iterable[str]) -> list[Term]:
        """The terms of all words; one with spaces or commas in it is one if something is called so."""
        given = list(words)
        found: list[Term] = []
        for word in given:
            apart = split(word)
            if apart != [word] and _is_a_name(session, word.removeprefix("-")):
                is_left_out = word.startswith("-")
                name = word.removeprefix("-")
                found.append(Term(name, Kind.NAME, name, is_left_out=is_left_out))
            else:
                found += parse_terms(apart)
        if given and not found:
            raise BadSelection("a selection that is empty names nothing")
        return found


def _in_turn(
    session: Session, terms: Sequence[Term], base: ColumnElement[bool], included: ColumnElement[bool]
) -> list[int]:
    """What each term names, in their order, once: a single number by looking it up with all the others."""
    numbers = [term.first for term in terms if term.is_one_number]
    there = set(session.scalars(select(ImageRow.id).where(has_source(), ImageRow.id.in_(each(numbers)))))
    left = set(session.scalars(select(ImageRow.id).where(base, ImageRow.id.in_(each(numbers)))))
    found: dict[int, None] = {}
    for term in terms:
        if term.is_one_number and term.first in there:
            found |= dict.fromkeys({term.first} & left)
            continue
        condition = image_term(session, term)
        meant = base if term.kind is Kind.NAME and _is_one(session, condition) else included
        found |= dict.fromkeys(session.scalars(select(ImageRow.id).where(meant, condition).order_by(ImageRow.id)))
    return list(found)


def _is_one(session: Session, condition: ColumnElement[bool]) -> bool:
    return session.scalar(select(func.count()).select_from(ImageRow).where(condition)) == 1


def _is_a_name(session: Session, word: str) -> bool:
    end = "/" + word.encode("utf-8", "replace").decode()
    named = or_(AdditionRow.origin == word, func.substr(AdditionRow.origin, -len(end)) == end)
    return session.scalar(select(AdditionRow.file_id).where(named).limit(1)) is not None


def _sorted(keys: dict[str, Any], order: Order | None, by_number: Any) -> tuple[Any, ...]:
    """What is sorted by, ties by number."""
    if order is None or order.key == "id":
        return (by_number.desc() if order is not None and order.descending else by_number,)
    key = keys[order.key]
    return key.is_(None), key.desc() if order.descending else key, by_number


def _has(session: Session, marks: tuple[Any, Any], term: Term) -> bool:
    """Whether any image, or any result, has this tag or a star."""
    starred, tags = marks
    there = starred.is_not(None) if term.kind is Kind.STARRED else tags == term.name
    return session.scalar(select(exists().where(there))) is True


_OF_EITHER = (Kind.TAG, Kind.STARRED)
_IMAGE_MARKS = (ImageRow.starred_at, ImageTagRow.tag)
_RESULT_MARKS = (ResultRow.starred_at, ResultTagRow.tag)


def _of_file(column: Any) -> Any:
    return select(column).where(FileRow.id == ImageRow.file_id).scalar_subquery()


def _of_looks(column: Any) -> Any:
    return select(column).where(LooksRow.image_id == ImageRow.id).scalar_subquery()


_IMAGE_KEYS: dict[str, Any] = {
    "taken": date_of_image(),
    "size": _of_file(FileRow.width * FileRow.height),
    "side": _of_file(func.min(FileRow.width, FileRow.height)),
    "sharpness": _of_looks(LooksRow.sharpness),
    "brightness": _of_looks(LooksRow.brightness),
}


def _result_keys() -> dict[str, Any]:
    def number(column: Any) -> Any:
        return select(ImageRow.id).where(ImageRow.file_id == column).scalar_subquery()

    start = func.json_extract(ResultRow.details, "$.start_loss")
    return {
        "content": number(ResultRow.content_id), "style": number(ResultRow.style_id),
        "recipe": ResultRow.recipe, "size": ResultRow.size, "made": ResultRow.created_at,
        "loss": ResultRow.total_loss, "seconds": ResultRow.seconds,
        "share": ResultRow.total_loss / func.nullif(start, 0.0),
    }
