"""Tables in shards, with the pictures' bytes or paths in them, as `datasets` writes and reads them.

Invariant: memory holds one row group, which is bounded by bytes. PyArrow is imported here, when it is needed.
"""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from exporting.building import Hashed
from exporting.columns import COLUMNS, PICTURES, Column, Kind, picture_column
from exporting.copies import extension_of
from exporting.errors import ParquetMissing
from exporting.item import Failures, Item, read_ahead
from exporting.request import Request, Subject
from exporting.rows import Row
from exporting.shards import keyed, shards

_GROUP_BYTES, _GROUP_ROWS = 4 << 20, 100      # a reader that wants one row reads its group; writing takes 5 times that


def items(rows: Sequence[Row], request: Request) -> list[Item]:
    """A file for each shard. Raises ParquetMissing."""
    arrow = _arrow()
    arrow.set_memory_pool(arrow.system_memory_pool())      # arrow's own keeps what it has had
    return [
        Item(path, keyed("parquet", part, request, str(arrow.__version__)), part, _Shard(part, request).write)
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
        codecs = dict.fromkeys(texts, "zstd") | {
            f"{picture_column(name)}.{part}": "none" for name in PICTURES[self._request.subject]
            for part in ("bytes", "path")}
        left_out = len(failures)
        with pq.ParquetWriter(
            arrow.PythonFile(file, mode="w"), schema, compression=codecs, use_dictionary=False, write_statistics=texts
        ) as writer:
            for group in self._groups(failures):
                writer.write_table(_table(group, schema, arrow), row_group_size=len(group))
        return len(failures) == left_out

    def _groups(self, failures: Failures) -> Iterator[list[dict[str, Any]]]:
        group: list[dict[str, Any]] = []
        size = 0
        for row, pictures in self._read(failures):
            group.append(pictures | row.values)
            size += sum(len(picture["bytes"] or b"") for picture in pictures.values())
            if size >= _GROUP_BYTES or len(group) >= _GROUP_ROWS:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _read(self, failures: Failures) -> Iterator[tuple[Row, dict[str, Any]]]:
        if self._request.paths:
            for row in self._rows:
                yield row, {
                    picture_column(name): {"bytes": None, "path": str(picture.path)}
                    for name, picture in row.pictures.items()
                }
            return
        for row, found in read_ahead(self._rows, self._request.copying, failures):
            yield row, {
                picture_column(name): {
                    "bytes": data,
                    "path": f"{row.pictures[name].stem}{extension_of(row.pictures[name], self._request.copying)}",
                }
                for name, data in found.items()
            }


def _table(group: Sequence[Mapping[str, Any]], schema: Any, arrow: Any) -> Any:
    """Column by column: pictures that are turned into a table row by row are copied again and again."""
    columns = []
    for field in schema:
        values = [row[field.name] for row in group]
        if arrow.types.is_struct(field.type):
            parts = [_array([value[part.name] for value in values], part.type, arrow) for part in field.type]
            columns.append(arrow.StructArray.from_arrays(parts, fields=list(field.type)))
        else:
            columns.append(_array(values, field.type, arrow))
    return arrow.table(columns, schema=schema)


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
