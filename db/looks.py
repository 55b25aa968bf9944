"""What images look like: measured once of each, kept beside it, and asked for by whoever compares images."""

from collections.abc import Mapping

from sqlalchemy import exists, select
from sqlalchemy.dialects.sqlite import insert

from db.engine import Sessions
from db.records import Looks
from db.schema import ImageRow, LooksRow

_BITS = 64


class LooksOfImages:
    """Queries on what was measured of images."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def save(self, found: Mapping[int, Looks]) -> None:
        """Keep what was measured, by the images' ids; what is measured again takes the place of the earlier."""
        rows = [
            {"image_id": image_id, "hash": signed(looks.hash), "sharpness": looks.sharpness,
             "brightness": looks.brightness, "is_grey": looks.is_grey}
            for image_id, looks in found.items()
        ]
        if not rows:
            return
        new = insert(LooksRow)
        columns = ("hash", "sharpness", "brightness", "is_grey")
        statement = new.on_conflict_do_update(
            index_elements=["image_id"], set_={name: new.excluded[name] for name in columns})
        with self._sessions.write() as session:
            session.execute(statement, rows)

    def missing(self) -> list[int]:
        """The ids of the images that were not looked at yet."""
        seen = exists().where(LooksRow.image_id == ImageRow.id)
        with self._sessions.read() as session:
            return list(session.scalars(select(ImageRow.id).where(~seen).order_by(ImageRow.id)))

    def hashes(self) -> dict[int, int]:
        """The hash of each image that was looked at, by the images' ids."""
        with self._sessions.read() as session:
            rows = session.execute(select(LooksRow.image_id, LooksRow.hash).order_by(LooksRow.image_id))
            return {image_id: unsigned(value) for image_id, value in rows}


def signed(value: int) -> int:
    """64 bits as the integer with a sign that SQLite holds."""
    return value - (1 << _BITS) if value >> (_BITS - 1) else value


def unsigned(value: int) -> int:
    """And back."""
    return value + (1 << _BITS) if value < 0 else value
