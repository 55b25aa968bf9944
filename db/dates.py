"""Dates and times as a user writes them -> moments in UTC."""

from datetime import UTC, date, datetime, time

from db.errors import BadQuery


def parse_since(text: str) -> datetime:
    """The first moment of a day, or the moment itself; without an offset it is UTC. Raises BadQuery."""
    return _parse(text, time.min)


def parse_until(text: str) -> datetime:
    """The last moment of a day, or the moment itself; without an offset it is UTC. Raises BadQuery."""
    return _parse(text, time.max)


def _parse(text: str, of_day: time) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), of_day, UTC)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError) as error:    # the first or the last hours of the calendar in another offset
        raise BadQuery(f"not a date or time: {text!r} (expected 2026-09-01 or 2026-09-01T18:30+02:00)") from error
