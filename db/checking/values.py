"""The values in the catalog, each against what its column is for.

What columns there are, and what each is for, is read from `db.schema`: a column that is added is checked.
"""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, Table

from db.checking.finding import Finding, Kind
from db.columns import JsonObject, UtcDateTime, Word
from db.schema import Base

MOST_OF_A_COLUMN = 1000     # findings: one mistake may be in every row
_SHOWN = 40                 # characters of a value


def wrong_values(catalog: sqlite3.Connection) -> Iterator[Finding]:
    """Every value that no version of this program wrote."""
    catalog.create_function("is_moment", 1, _is_moment, deterministic=True)
    catalog.create_function("is_object", 1, _is_object, deterministic=True)
    catalog.create_function("is_text", 1, _is_text, deterministic=True)
    there = {name for (name,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in Base.metadata.sorted_tables:
        if table.name in there:
            columns = {name for (name,) in catalog.execute("SELECT name FROM pragma_table_info(?)", (table.name,))}
            for column in table.columns:
                if column.name in columns:
                    yield from _of_column(catalog, table, column)


def _of_column(catalog: sqlite3.Connection, table: Table, column: Column[Any]) -> Iterator[Finding]:
    kind, condition, expected = _rule(column)
    query = (
        f'SELECT rowid, "{column.name}" FROM "{table.name}" '
        f'WHERE "{column.name}" IS NOT NULL AND NOT ({condition}) LIMIT {MOST_OF_A_COLUMN}'
    )
    for row, value in catalog.execute(query):
        shown = repr(value)[:_SHOWN]
        yield Finding(
            kind, f"row {row} of {table.name}", f"its {column.name} is {shown} and should be {expected}",
            table=table.name, row=row, column=column.name)


def _rule(column: Column[Any]) -> tuple[Kind, str, str]:
    """The kind of finding, what is true of a right value in SQL, and in words."""
    name = f'"{column.name}"'
    match column.type:
        case Word(words=words):
            listed = ", ".join(f"'{word}'" for word in words)
            return Kind.UNKNOWN_WORD, f"{name} IN ({listed})", f"one of {', '.join(words)}"
        case JsonObject():
            return Kind.BROKEN_JSON, f"is_object(CAST({name} AS BLOB))", "a JSON object"
        case UtcDateTime():
            return Kind.BAD_VALUE, f"is_moment(CAST({name} AS BLOB))", "a date"
        case Boolean():
            return Kind.BAD_VALUE, f"{name} IN (0, 1)", "0 or 1"
        case Integer():
            return Kind.BAD_VALUE, f"typeof({name}) = 'integer'", "a whole number"
        case Float():
            return Kind.BAD_VALUE, f"typeof({name}) IN ('real', 'integer')", "a number"
        case _:
            return Kind.BAD_VALUE, f"typeof({name}) = 'text' AND is_text(CAST({name} AS BLOB))", "a text"


def _is_moment(value: bytes) -> bool:
    try:
        return datetime.fromisoformat(value.decode()).tzinfo is None
    except ValueError:
        return False


def _is_object(value: bytes) -> bool:
    try:
        return isinstance(json.loads(value.decode()), dict)
    except (ValueError, RecursionError):
        return False


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except ValueError:
        return False
    return True
