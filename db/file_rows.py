"""Rows of files: the one place that turns a durable file into a row, and a file into an image."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.looks import signed
from db.records import StoredFile
from db.schema import FileRow, ImageRow, LooksRow, LostFileRow
from db.store import FileStore


def file_row(session: Session, store: FileStore, stored: StoredFile) -> FileRow:
    """The row of `stored`, made if its bytes are new to the catalog."""
    row = session.scalar(select(FileRow).where(FileRow.sha256 == stored.sha256))
    if row is None:
        row = FileRow(
            sha256=stored.sha256,
            path=store.relative(stored),
            size_bytes=stored.size_bytes,
            media_type=stored.info.media_type,
            width=stored.info.width,
            height=stored.info.height,
            added_at=datetime.now(UTC),
        )
        session.add(row)
        session.flush()
    elif (lost := session.get(LostFileRow, row.id)) is not None:
        session.delete(lost)    # here it is again
    return row


def image_row(session: Session, store: FileStore, stored: StoredFile) -> ImageRow:
    """The row of `stored` as an image, with the next number if it was none, and with its looks."""
    file = file_row(session, store, stored)
    row = session.scalar(select(ImageRow).where(ImageRow.file_id == file.id))
    if row is None:
        row = ImageRow(file_id=file.id)
        session.add(row)
        session.flush()
    looks = stored.info.looks
    if looks is not None and session.get(LooksRow, row.id) is None:
        session.add(LooksRow(
            image_id=row.id, hash=signed(looks.hash), sharpness=looks.sharpness, brightness=looks.brightness,
            is_grey=looks.is_grey))
    return row
