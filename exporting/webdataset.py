"""Tar files in which the pictures, the table's lines and the texts of a row stand together under one name.

Invariant: the same rows make the same bytes. A row's files follow each other, and its name has no dot and no slash: to
readers the name ends at the first dot.
"""

import io
import json
import tarfile
from collections.abc import Sequence
from functools import partial

from exporting.columns import COLUMNS, Value, file_column, without_gaps
from exporting.copies import extension_of
from exporting.item import Failures, Item, read_all
from exporting.names import without_dots
from exporting.request import Request
from exporting.rows import Row
from exporting.shards import key_of_shard, shards
from exporting.writing import Hashed

_PIECE_BYTES = 1 << 20      # that are hashed and written at a time, where tarfile would take 16 KiB
_BUFFER_BYTES = 1 << 16     # for what stands between the pictures


def items(rows: Sequence[Row], request: Request) -> list[Item]:
    """A file for each shard."""
    return [
        Item(path, partial(key_of_shard, "webdataset", part, request, "1"), part, _Shard(part, request).write)
        for path, part in shards(rows, request.per_shard, "tar")
    ]


class _Shard:
    def __init__(self, rows: Sequence[Row], request: Request) -> None:
        self._rows = rows
        self._columns = COLUMNS[request.subject]
        self._copying = request.copying

    def write(self, file: Hashed, failures: Failures) -> bool:
        """Write the rows whose pictures can be had; whether these are all."""
        left_out = len(failures)
        with (
            io.BufferedWriter(file, _BUFFER_BYTES) as out,
            tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            tar.copybufsize = _PIECE_BYTES      # type: ignore[attr-defined]
            for row in self._rows:
                for name, data in self._members(row, read_all(row, self._copying, failures)):
                    info = tarfile.TarInfo(name)    # of nobody, at no time
                    info.size, info.mode = len(data), 0o644
                    tar.addfile(info, io.BytesIO(data))
        return len(failures) == left_out

    def _members(self, row: Row, pictures: dict[str, bytes] | None) -> list[tuple[str, bytes]]:
        if pictures is None:
            return []
        stem = without_dots(row.pictures[""].stem)
        names = {
            name: f"{stem}.{f'{name}.' if name else ''}{extension_of(row.pictures[name], self._copying)[1:]}"
            for name in pictures
        }
        told: dict[str, Value] = {file_column(name): file for name, file in names.items()}
        told |= without_gaps(row.values, self._columns)
        return [
            *((names[name], data) for name, data in pictures.items()),
            (f"{stem}.json", json.dumps(told, ensure_ascii=False).encode()),
            (f"{stem}.txt", row.text.encode()),
        ]
