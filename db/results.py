"""Results: one per content, style and recipe hash; done with a picture, or failed with a reason."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, aliased

from db.engine import Sessions
from db.errors import UnknownImage
from db.files import file_row
from db.records import Result, ResultKey, ResultRecord, ResultStatus, StoredFile
from db.schema import FileRow, ResultRow
from db.store import FileStore

Content, Style, Picture = aliased(FileRow), aliased(FileRow), aliased(FileRow)


class Results:
    """Queries on the results of a library."""

    def __init__(self, sessions: Sessions, store: FileStore) -> None:
        self._sessions = sessions
        self._store = store

    def save(self, record: ResultRecord, stored: StoredFile | None) -> int:
        """Record a result with its durable picture (None for a failed one); returns its id.

        A failure never replaces a picture that exists; it counts as one more attempt.
        """
        with self._sessions.write() as session:
            row = _row(session, record.key)
            if record.status is ResultStatus.DONE or row.status != ResultStatus.DONE:
                _fill(row, record)
                row.file_id = None if stored is None else file_row(session, self._store, stored).id
            row.attempts += 1
            session.flush()
            return row.id

    def done(self, recipe_hash: str) -> set[ResultKey]:
        """Keys of the pairs that have a picture under this recipe hash."""
        return {result.record.key for result in self.find(ResultStatus.DONE, [recipe_hash])}

    def find(
        self, status: ResultStatus | None = None, recipe_hashes: Iterable[str] | None = None
    ) -> list[Result]:
        """Results by id."""
        query = _joined().order_by(ResultRow.id)
        if status is not None:
            query = query.where(ResultRow.status == status.value)
        if recipe_hashes is not None:
            query = query.where(ResultRow.recipe_hash.in_(list(recipe_hashes)))
        with self._sessions.read() as session:
            return [self._result(row) for row in session.execute(query)]

    def _result(self, joined: Row[ResultRow, str, str, str]) -> Result:
        row, content, style, path = joined
        record = ResultRecord(
            key=ResultKey(content, style, row.recipe_hash),
            recipe=row.recipe,
            size=row.size,
            steps=row.steps,
            seed=row.seed,
            status=ResultStatus(row.status),
            content_loss=row.content_loss,
            style_loss=row.style_loss,
            total_loss=row.total_loss,
            seconds=row.seconds,
            reason=row.reason,
            details=row.details,
        )
        picture = None if path is None else self._store.absolute(path)
        return Result(row.id, row.content_id, row.style_id, picture, row.created_at, record)


def _joined() -> Select[ResultRow, str, str, str]:
    return (
        select(ResultRow, Content.sha256, Style.sha256, Picture.path)
        .join(Content, Content.id == ResultRow.content_id)
        .join(Style, Style.id == ResultRow.style_id)
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


def _fill(row: ResultRow, record: ResultRecord) -> None:
    for name in ("recipe", "size", "steps", "seed", "reason", "content_loss", "style_loss", "total_loss", "seconds"):
        setattr(row, name, getattr(record, name))
    row.status, row.details, row.created_at = record.status.value, record.details, datetime.now(UTC)


def _file_id(session: Session, sha256: str) -> int:
    file_id = session.scalar(select(FileRow.id).where(FileRow.sha256 == sha256))
    if file_id is None:
        raise UnknownImage(f"no image with the hash {sha256[:12]} in the catalog")
    return file_id
