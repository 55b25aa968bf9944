"""The table alone, as CSV: no picture is copied, each row says where its file lies in the library.

Invariant: a text stays one. What a spreadsheet would take for a formula has an apostrophe before it.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from exporting.columns import COLUMNS, PICTURES, Value, file_column
from exporting.request import Request
from exporting.rows import Row

NAME = "table.csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def tables(rows: Sequence[Row], request: Request) -> Iterable[tuple[str, bytes]]:
    """The one file."""
    columns = [column.name for column in COLUMNS[request.subject]]
    pictures = PICTURES[request.subject]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("split", *map(file_column, pictures), *columns))
    for row in rows:
        paths = (str(row.pictures[name].path) for name in pictures)
        writer.writerow((row.split, *paths, *(_cell(row.values[name]) for name in columns)))
    yield NAME, out.getvalue().encode()


def _cell(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
