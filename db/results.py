"""Results: one per content, style and recipe hash; done with a picture, or failed with a reason."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Row, Select, case, delete, exists, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from db.engine import Sessions
from db.errors import UnknownImage, UnknownResult
from db.file_rows import file_row
from db.parameters import each
from db.records import Result, ResultKey, ResultRecord, ResultStatus, StoredFile
from db.reread import Read, read
from db.schema import FileRow, ImageRow, ResultRow, ResultTagRow
from db.store import FileStore

# What a record and a row hold under the same name and in the same form.
PLAIN = (
    "recipe", "size", "steps", "seed", "content_loss", "style_loss", "total_loss", "seconds", "reason", "details",
)
PAGE = 1_000
_BRIEF = tuple(name for name in PLAIN if name != "details")
Content, Style, Picture = aliased(FileRow), aliased(FileRow), aliased(FileRow)
ContentImage, StyleImage = aliased(ImageRow), aliased(ImageRow)


class Results:
    """Queries on the results of a library."""

    def __init__(self, sessions: Sessions, store: FileStore) -> None:
        self._sessions = sessions
        self._store = store

    def save(self, record: ResultRecord, stored: StoredFile | None) -> int:
        """Record a result with its durable picture (None for a failed one); returns its id.

        A failure never replaces a picture that exists; it counts as one more attempt. Raises UnknownImage.
        """
        if (record.status is ResultStatus.DONE) != (stored is not None):
            raise ValueError("a done result has a picture, a failed one has none")
        with self._sessions.write() as session:
            row = _row(session, record.key)
            if record.status is ResultStatus.DONE or row.status != ResultStatus.DONE:
                _fill(row, record)
                former, row.file_id = row.file_id, None if stored is None else file_row(session, self._store, stored).id
                session.flush()
                if former not in (None, row.file_id):
                    _let_go(session, former)
            row.attempts += 1
            session.flush()
            return row.id

    def attempts(self, recipe_hash: str) -> Iterator[tuple[ResultKey, int | None]]:
        """The pairs tried under this recipe hash: how often each failed, None for those with a picture.

        One whose picture is gone or short has failed no more often than never: it is to be made again.
        """
        query = (
            select(
                Content.sha256, Style.sha256, ResultRow.status, ResultRow.attempts, Picture.path, Picture.size_bytes)
            .join(Content, Content.id == ResultRow.content_id)
            .join(Style, Style.id == ResultRow.style_id)
            .outerjoin(Picture, Picture.id == ResultRow.file_id)
            .where(ResultRow.recipe_hash == recipe_hash)
        )
        with self._sessions.read() as session:
            rows = session.execute(query.execution_options(yield_per=PAGE))
            for content, style, status, attempts, path, size in rows:
                is_there = status == ResultStatus.DONE and path is not None and self._store.holds(path, size)
                failures = 0 if status == ResultStatus.DONE else attempts
                yield ResultKey(content, style, recipe_hash), None if is_there else failures

    def starred_pairs(self) -> list[tuple[str, str]]:
        """The hashes of the content and style of every starred result, whatever its recipe."""
        query = (
            select(Content.sha256, Style.sha256).distinct()
            .join_from(ResultRow, Content, Content.id == ResultRow.content_id)
            .join(Style, Style.id == ResultRow.style_id)
            .where(ResultRow.starred_at.is_not(None))
        )
        with self._sessions.read() as session:
            return [(content, style) for content, style in session.execute(query)]

    def get(self, result_id: int) -> Result:
        """The result with this id. Raises UnknownResult."""
        with self._sessions.read() as session:
            row = session.execute(_joined().where(ResultRow.id == result_id)).first()
            if row is None:
                raise UnknownResult(f"no result {result_id} in the catalog; `results` lists them")
            return self._result(row)

    def with_ids(self, ids: Sequence[int]) -> list[Result]:
        """The results of these numbers that there are, in their order."""
        return list(self.each_of(ids))

    def each_of(self, ids: Sequence[int], *, details: Collection[str] | None = None) -> Iterator[Result]:
        """The same, a page of them in memory at a time; with these of their details alone, where they are named."""
        names = PLAIN if details or details is None else _BRIEF
        query = _joined(names, details)
        for start in range(0, len(ids), PAGE):
            page = ids[start : start + PAGE]
            with self._sessions.read() as session:
                rows = session.execute(query.where(ResultRow.id.in_(each(page))))
                found = {result.id: result for result in (self._result(row, names) for row in rows)}
            yield from (found[number] for number in page if number in found)

    def find(
        self, status: ResultStatus | None = None, recipe_hashes: Iterable[str] | None = None
    ) -> list[Result]:
        """Results by id."""
        return list(self.each(status, recipe_hashes))

    def each(
        self, status: ResultStatus | None = None, recipe_hashes: Iterable[str] | None = None, *,
        details: Collection[str] | None = None,
    ) -> Iterator[Result]:
        """The same, a page of them in memory at a time; with these of their details alone, where they are named.

        No transaction is open between two pages, so whoever writes meanwhile is not waited for.
        """
        names = PLAIN if details or details is None else _BRIEF
        query = _joined(names, details).order_by(ResultRow.id).limit(PAGE)
        if status is not None:
            query = query.where(ResultRow.status == status.value)
        if recipe_hashes is not None:
            query = query.where(ResultRow.recipe_hash.in_(list(recipe_hashes)))
        last = 0
        while True:
            with self._sessions.read() as session:
                page = [self._result(row, names) for row in session.execute(query.where(ResultRow.id > last))]
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1].id

    def brief(self) -> list[Result]:
        """All results by id, without their details: those of thousands take seconds to read."""
        return list(self.each(details=()))

    def reread(self, before: Read) -> tuple[Read, list[Result], set[int]]:
        """The results that are new or other than they were `before`, as in `brief`, and the ids of those that are gone.
        """
        with self._sessions.read() as session:
            now = read(session, _joined(_BRIEF).order_by(ResultRow.id))
            changed, gone = now.since(before)
            query = _joined(_BRIEF) if not before.rows else _joined(_BRIEF).where(ResultRow.id.in_(each(changed)))
            rows = session.execute(query.order_by(ResultRow.id)) if changed else ()
            return now, [self._result(row, _BRIEF) for row in rows], gone

    def counts(self) -> dict[ResultStatus, int]:
        """How many results there are of each status."""
        with self._sessions.read() as session:
            query = select(ResultRow.status, func.count()).group_by(ResultRow.status)
            found = dict(session.execute(query).all())
        return {status: found.get(status, 0) for status in ResultStatus}

    def _result(self, row: Row[*tuple[Any, ...]], names: Sequence[str] = PLAIN) -> Result:
        result_id, content_id, style_id, path, width, height, created_at, starred_at, tags, *rest = row
        content, style, recipe_hash, status, *values = rest
        key = ResultKey(content, style, recipe_hash)
        record = ResultRecord(key=key, status=ResultStatus(status), **dict(zip(names, values, strict=True)))
        picture = None if path is None else self._store.absolute(path)
        tagged = tuple(sorted((tags or "").split()))
        return Result(
            result_id, content_id, style_id, picture, created_at, record, tagged, starred_at is not None, width, height)


def _joined(names: Sequence[str] = PLAIN, details: Collection[str] | None = None) -> Select[*tuple[Any, ...]]:
    """The columns of results with the hashes and the picture that they point at; of the details all, or these alone."""
    columns = {name: getattr(ResultRow, name) for name in names}
    if details:     # a trace of hundreds of losses is not read where nobody asks for it
        parts = (part for name in details for part in (name, func.json_extract(ResultRow.details, f"$.{name}")))
        # Python writes NaN, which SQLite may not read: such details are read whole.
        columns["details"] = type_coerce(
            case((func.json_valid(ResultRow.details) == 1, func.json_object(*parts)), else_=ResultRow.details), JSON)
    tags = select(func.group_concat(ResultTagRow.tag, " ")).where(ResultTagRow.result_id == ResultRow.id)
    return (
        select(
            ResultRow.id, ContentImage.id, StyleImage.id,
            Picture.path, Picture.width, Picture.height, ResultRow.created_at,
            ResultRow.starred_at, tags.scalar_subquery(),
            Content.sha256, Style.sha256, ResultRow.recipe_hash, ResultRow.status,
            *columns.values(),
        )
        .join(Content, Content.id == ResultRow.content_id)
        .join(Style, Style.id == ResultRow.style_id)
        .join(ContentImage, ContentImage.file_id == ResultRow.content_id)
        .join(StyleImage, StyleImage.file_id == ResultRow.style_id)
        .outerjoin(Picture, Picture.id == ResultRow.file_id)
    )


def _row(session: Session, key: ResultKey) -> ResultRow:
    """The row of this key; a new one is in the session but has no values yet."""
    content_id, style_id = _file_id(session, key.content_sha256), _file_id(session, key.style_sha256)
    row = session.scalar(
        select(ResultRow).where(
            ResultRow.content_id == content_id,
            ResultRow.style_id == style_id,
            ResultRow.recipe_hash == key.recipe_hash,
        )
    )
    if row is None:
        row = ResultRow(content_id=content_id, style_id=style_id, recipe_hash=key.recipe_hash, attempts=0)
        session.add(row)
    return row


def _let_go(session: Session, file_id: int) -> None:
    """Delete the row of a picture that was lost and made anew with other bytes, unless something else has it."""
    needed = (
        exists().where(ResultRow.file_id == FileRow.id), exists().where(ResultRow.content_id == FileRow.id),
        exists().where(ResultRow.style_id == FileRow.id), exists().where(ImageRow.file_id == FileRow.id))
    session.execute(delete(FileRow).where(FileRow.id == file_id, ~or_(*needed)))


def _fill(row: ResultRow, record: ResultRecord) -> None:
    for name in PLAIN:
        setattr(row, name, getattr(record, name))
    row.status, row.created_at = record.status.value, datetime.now(UTC)


def _file_id(session: Session, sha256: str) -> int:
    file_id = session.scalar(select(FileRow.id).where(FileRow.sha256 == sha256))
    if file_id is None:
        raise UnknownImage(f"no image with the hash {sha256[:12]} in the catalog")
    return file_id
