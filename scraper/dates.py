"""Dates and times as a user writes them -> moments in UTC, as `db.dates` reads them."""

from datetime import datetime

from db import dates
from db.errors import BadQuery
from scraper.errors import BadSetting


def parse_since(text: str) -> datetime:
    """The first moment of a day, or the moment itself; without an offset it is UTC. Raises BadSetting."""
    try:
        return dates.parse_since(text)
    except BadQuery as error:
        raise BadSetting(str(error)) from error


def parse_until(text: str) -> datetime:
    """The last moment of a day, or the moment itself; without an offset it is UTC. Raises BadSetting."""
    try:
        return dates.parse_until(text)
    except BadQuery as error:
        raise BadSetting(str(error)) from error
