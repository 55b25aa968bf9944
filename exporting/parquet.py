"""Tables in shards, with the pictures' bytes or paths in them, as `datasets` writes and reads them.

Invariant: memory holds one row group of a shard, which is bounded by bytes.
PyArrow is imported here, when it is needed.
"""

import json
import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

from exporting.columns import COLUMNS, PICTURES, Column, Kind, picture_column
from exporting.copies import extension_of
from exporting.errors import ParquetMissing
from exporting.item import Failures, Item, Room, gather
from exporting.request import Request, Subject
from exporting.rows import Row
from exporting.shards import key_of_shard, shards
from exporting.writing import Hashed

_GROUP_BYTES, _GROUP_ROWS = 8 << 20, 100      # a reader that wants one row reads its group; writing takes 5 times that
_BUFFER_BYTES = 1 << 20     # for a group's fifty small parts, each of which would be a write


def items(rows: Sequence[Row], request: Request) -> list[Item]:
    """A file for each shard. Raises ParquetMissing."""
    version = str(_arrow().__version__)
    return [
        Item(path, partial(key_of_shard, "parquet", part, request, version), part, _Shard(part, request).write)
        for path, part in shards(rows, request.per_shard, "parquet")
    ]


class _Shard:
    def __init__(self, rows: Sequence[Row], request: Request) -> None:
        self._rows = rows
        self._request = request

    def write(self, file: Hashed, failures: Failures) -> bool:
        """Write the rows whose pictures can be had; whether these are all."""
        arrow = _arrow()
        import pyarrow.parquet as pq

        schema = schema_of(self._request.subject, arrow)
        # pictures are compressed already, and their columns have no use for dictionaries and statistics
        texts = [column.name for column in COLUMNS[self._request.subject]]
        codecs = dict.fromkeys(texts, "snappy") | {
            f"{picture_column(name)}.{part}": "none" for name in PICTURES[self._request.subject]
            for part in ("bytes", "path")}
        left_out, rows, group = len(failures), iter(self._rows), _Group(self._request)
        with (
            # Arrow writes by itself: what it hands to Python it copies once more, and waits for Python's lock
            arrow.BufferedOutputStream(arrow.OSFile(os.fsencode(file.path), mode="w"), _BUFFER_BYTES) as out,
            pq.ParquetWriter(out, schema, compression=codecs, use_dictionary=False, write_statistics=texts) as writer,
        ):
            while group.fill(rows, failures):
                writer.write_table(group.table(schema, arrow), row_group_size=len(group.rows))
                file.take_up()
        file.take_up()
        return len(failures) == left_out


class _Group:
    """Rows that are written together, with their pictures: those of a column in one room, which serves many groups."""

    def __init__(self, request: Request) -> None:
        self.rows: list[Row] = []
        self._request = request
        self._rooms = {} if request.paths else {name: Room() for name in PICTURES[request.subject]}

    def fill(self, rows: Iterator[Row], failures: Failures) -> bool:
        """Take rows whose pictures can be had, until it is full, in the place of those before; whether it has any."""
        self.rows.clear()
        for room in self._rooms.values():
            room.leave(0)
        for row in rows:
            if not self._rooms or gather(self._rooms, row, self._request.copying, failures):
                self.rows.append(row)
            size = sum(room.size_bytes for room in self._rooms.values())
            if size >= _GROUP_BYTES or len(self.rows) >= _GROUP_ROWS:
                break
        return bool(self.rows)

    def table(self, schema: Any, arrow: Any) -> Any:
        """As Arrow has it, the pictures where they are: of no use once the group is filled again."""
        pictures = {
            picture_column(name): self._pictures(name, schema.field(picture_column(name)), arrow)
            for name in PICTURES[self._request.subject]}
        return arrow.table([
            pictures[field.name] if field.name in pictures
            else _array([row.values[field.name] for row in self.rows], field.type, arrow)
            for field in schema
        ], schema=schema)

    def _pictures(self, name: str, field: Any, arrow: Any) -> Any:
        data, path = field.type
        told = [row.pictures[name] for row in self.rows]
        if self._request.paths:
            paths = [str(picture.path) for picture in told]
            bytes_of = _array([None] * len(told), data.type, arrow)
        else:
            paths = [f"{picture.stem}{extension_of(picture, self._request.copying)}" for picture in told]
            room = self._rooms[name]
            buffers = [None, arrow.py_buffer(room.ends), arrow.py_buffer(room.bytes)]
            bytes_of = arrow.Array.from_buffers(data.type, len(told), buffers)
        return arrow.StructArray.from_arrays([bytes_of, _array(paths, path.type, arrow)], fields=[data, path])


def _array(values: Sequence[Any], kind: Any, arrow: Any) -> Any:
    """An array of these, each copied once. Arrow's own way to make one loads pandas, which takes half a second."""
    valid = None if None not in values else arrow.py_buffer(_bits([value is not None for value in values]))
    data: list[Any]
    if arrow.types.is_boolean(kind):
        data = [_bits([value is True for value in values])]
    elif arrow.types.is_integer(kind) or arrow.types.is_floating(kind):
        data = [array("q" if arrow.types.is_integer(kind) else "d", [value or 0 for value in values])]
    else:
        each = [value.encode() if isinstance(value, str) else value or b"" for value in values]
        data = [array("i", accumulate(map(len, each), initial=0)), b"".join(each)]
    return arrow.Array.from_buffers(kind, len(values), [valid, *map(arrow.py_buffer, data)])


def _bits(flags: Sequence[bool]) -> bytes:
    """One bit each, the first one lowest."""
    number = sum(1 << place for place, flag in enumerate(flags) if flag)
    return number.to_bytes(len(flags) // 8 + 1, "little")


def schema_of(subject: Subject, arrow: Any) -> Any:
    """The columns with their types, and what `datasets` calls them."""
    types = {
        Kind.TEXT: arrow.string(), Kind.WHOLE: arrow.int64(), Kind.NUMBER: arrow.float64(), Kind.FLAG: arrow.bool_()}
    picture = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    fields = [(picture_column(name), picture) for name in PICTURES[subject]]
    fields += [(column.name, types[column.kind]) for column in COLUMNS[subject]]
    features = features_of(PICTURES[subject], COLUMNS[subject])
    return arrow.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def features_of(pictures: Sequence[str], columns: Sequence[Column]) -> Mapping[str, Any]:
    """In the words of `datasets`."""
    found: dict[str, Any] = {picture_column(name): {"_type": "Image"} for name in pictures}
    return found | {column.name: {"dtype": column.kind.value, "_type": "Value"} for column in columns}


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise ParquetMissing(
            "Parquet is written by pyarrow, which is not installed: pip install 'stylegram[export]'") from error
    return pyarrow
