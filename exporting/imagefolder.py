"""A folder for each split, its pictures under readable names and `metadata.jsonl`: what `datasets` calls imagefolder.

Invariant: every line of every `metadata.jsonl` has the same names with values of the same types. Readers look at each
file by itself for its types, and refuse a set whose files differ; so what is not known is an empty text or a 0 there.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import partial

from db.errors import PictureRefused
from exporting.columns import COLUMNS, Column, Kind, Value, file_column, without_gaps
from exporting.copies import extension_of, key_of, known_hash, write_copy
from exporting.item import Failures, Item
from exporting.request import SPLITS, Copying, Request
from exporting.rows import Picture, Row
from exporting.writing import Hashed

TABLE = "metadata.jsonl"
_LIKE_A_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d(:?\d\d(:?\d\d)?)?(Z|[+-]\d\d:?\d\d)?)?")


def items(rows: Sequence[Row], request: Request) -> list[Item]:
    """A file for each picture; one that several rows of a split share is there once."""
    sharing: dict[str, tuple[Picture, list[Row]]] = {}
    for row in rows:
        for name, picture in row.pictures.items():
            path = f"{row.split}/{_below(name, row, picture, request.copying)}"
            sharing.setdefault(path, (picture, []))[1].append(row)
    return [_item(path, picture, users, request.copying) for path, (picture, users) in sharing.items()]


def tables(rows: Sequence[Row], request: Request) -> Iterable[tuple[str, bytes]]:
    """The `metadata.jsonl` of each split that has rows."""
    columns = COLUMNS[request.subject]
    for split in SPLITS:
        lines = [_line(row, columns, request.copying) for row in rows if row.split == split]
        if lines:
            _never_dates(lines[0], columns)
            encoded = json.JSONEncoder(ensure_ascii=False).encode
            yield f"{split}/{TABLE}", b"".join(encoded(line).encode() + b"\n" for line in lines)


def _item(path: str, picture: Picture, users: Sequence[Row], copying: Copying) -> Item:
    def write(file: Hashed, failures: Failures) -> bool:
        try:
            write_copy(picture, copying, file.write)
        except PictureRefused as refusal:
            failures.update({row.id: str(refusal) for row in users})
            raise
        return True

    return Item(path, partial(key_of, picture, copying), users, write, known_hash(picture, copying))


def _below(name: str, row: Row, picture: Picture, copying: Copying) -> str:
    """The picture's place in the folder of its split: all in it, or the three of a pair in one folder each."""
    file = f"{picture.stem}{extension_of(picture, copying)}"
    return file if len(row.pictures) == 1 else f"{name or 'result'}/{file}"


def _line(row: Row, columns: Sequence[Column], copying: Copying) -> dict[str, Value]:
    files: dict[str, Value] = {
        file_column(name): _below(name, row, picture, copying) for name, picture in row.pictures.items()}
    return files | without_gaps(row.values, columns)


def _never_dates(line: dict[str, Value], columns: Sequence[Column]) -> None:
    """See to it that a column of texts is one: where all of its texts look like dates, readers take them for dates."""
    for column in columns:
        value = line[column.name]
        if column.kind is Kind.TEXT and isinstance(value, str) and _LIKE_A_DATE.fullmatch(value):
            line[column.name] = f"{value} "
