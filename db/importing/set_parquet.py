"""Parquet files with pictures in them, as our export, `datasets` and img2dataset write them.

Invariant: a row group is read in a few rows at a time, and only where it is of a size that memory has. PyArrow is
loaded when it is needed; paths in the table are never followed, for they may lead anywhere.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from db import values
from db.imaging.pictures import MAX_BYTES
from db.importing import set_rows
from db.importing.shards import Sample

SUFFIX = ".parquet"
_PICTURES = ("image", "jpg", "png", "webp", "content", "style")
_ROWS = 8
_MOST_GROUP_BYTES = 2 << 30


def samples(path: Path) -> Iterator[Sample]:
    """The pictures of a file in its order."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        yield Sample(path.name, reason="Parquet is read by pyarrow: pip install 'stylegram[export]'")
        return
    try:
        with parquet.ParquetFile(path) as file:
            pictures = [name for name in _PICTURES if _is_picture(file.schema_arrow, name, pyarrow)]
            number = 0
            for group in range(file.num_row_groups) if pictures else ():
                if file.metadata.row_group(group).total_byte_size > _MOST_GROUP_BYTES:
                    yield Sample(path.name, reason=f"a group of rows of more than {_MOST_GROUP_BYTES >> 30} GiB")
                    continue
                for batch in file.iter_batches(_ROWS, row_groups=[group]):
                    for row in batch.to_pylist():
                        yield from _samples(row, pictures, number)
                        number += 1
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:     # dates beyond those of Python
        yield Sample(path.name, reason=f"damaged, or no Parquet file: {str(error)[:200]}")


def _is_picture(schema: Any, name: str, arrow: Any) -> bool:
    if schema.names.count(name) != 1:
        return False
    kind = schema.field(name).type
    if arrow.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0 and arrow.types.is_binary(kind.field("bytes").type))
    return bool(arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind))


def _samples(row: Mapping[str, Any], pictures: list[str], number: int) -> Iterator[Sample]:
    for column in pictures:
        value = row[column]
        told = {} if isinstance(value, bytes | None) else value
        data = value if isinstance(value, bytes) else told.get("bytes")
        name = values.text(told.get("path")) or f"{number}.{column}"
        name = name.replace("\\", "/").rpartition("/")[2]
        if data is None:
            yield Sample(name, reason="a path in place of a picture")
        elif len(data) > MAX_BYTES:
            yield Sample(name, reason=f"larger than {MAX_BYTES >> 20} MiB")
        else:
            is_original = column in ("content", "style")
            yield Sample(name, data, set_rows.of_pair(row, f"{column}_") if is_original else set_rows.read(row))
