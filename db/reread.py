"""What of many rows is other than when they were last read: only that is made into records again.

Invariant: a thing is told as changed when any value of any of its rows is another, or when it is gone. Rows are
compared as SQLite gives them, which takes a tenth of the time of making records of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CompoundSelect, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

Rows = Mapping[int, tuple[tuple[Any, ...], ...]]


@dataclass(frozen=True)
class Read:
    """The rows of each thing by its id, which stands first in each of them."""

    rows: Rows = field(default_factory=dict)

    def since(self, before: "Read") -> tuple[list[int], set[int]]:
        """The ids of what is new or other than it was, and of what is gone."""
        changed = [number for number, rows in self.rows.items() if before.rows.get(number) != rows]
        return changed, set(before.rows.keys() - self.rows.keys())


def read(session: Session, query: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> Read:
    """The rows of a query as they are now."""
    text = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    found: dict[int, tuple[tuple[Any, ...], ...]] = {}
    for row in session.connection().exec_driver_sql(text):
        number = int(row[0])
        found[number] = (*found.get(number, ()), tuple(row))
    return Read(found)
