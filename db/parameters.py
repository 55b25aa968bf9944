"""Many values as one parameter, where SQLite bounds how many parameters a statement has."""

import json
from collections.abc import Iterable

from sqlalchemy import Select, func, select


def each(values: Iterable[str] | Iterable[int]) -> Select[tuple[str | int]]:
    """The values as rows, to be looked for with `in_`."""
    rows = func.json_each(json.dumps(list(values))).table_valued("value")
    return select(rows.c.value)
