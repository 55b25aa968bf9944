"""What a column of the catalog holds, beyond what SQLite knows of types.

Invariant: a value that no version of this program wrote is never handed on: LibraryDamaged says where it stands.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, TypeDecorator

from db.errors import WHAT_TO_DO, LibraryDamaged

_Convert = Callable[[Any], Any]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as naive UTC because SQLite knows no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")   # astimezone() would guess this machine's
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Convert | None:
        return _guarded(super().result_processor(dialect, coltype), "a date")


class StorableText(TypeDecorator[str]):
    """Text as SQLite can hold it: half a surrogate pair, from a page's JSON or a file's name, becomes a `?`."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.encode("utf-8", "replace").decode("utf-8")


class Word(TypeDecorator[str]):
    """One of the words of an enumeration."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and value not in self.words._value2member_map_:
            raise _damaged(value, f"one of {', '.join(self.words)}")
        return value


class JsonObject(TypeDecorator[dict[str, Any]]):
    """A JSON object."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        if value is not None and not isinstance(value, dict):
            raise _damaged(value, "a JSON object")
        return value

    def result_processor(self, dialect: Dialect, coltype: object) -> _Convert | None:
        return _guarded(super().result_processor(dialect, coltype), "a JSON object")


def _guarded(convert: _Convert | None, what: str) -> _Convert | None:
    if convert is None:
        return None

    def guarded(value: Any) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise _damaged(value, what) from error

    return guarded


def _damaged(value: object, expected: str) -> LibraryDamaged:
    return LibraryDamaged(f"the catalog holds {str(value)[:40]!r} where {expected} belongs; {WHAT_TO_DO}")
