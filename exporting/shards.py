"""Rows shared out among files of a bounded number of rows each, in order: what comes in later changes the last ones."""

import hashlib
import json
from collections.abc import Iterator, Sequence

from exporting.copies import extension_of, key_of
from exporting.request import SPLITS, Request
from exporting.rows import Row

FOLDER = "data"


def shards(rows: Sequence[Row], most: int, extension: str) -> Iterator[tuple[str, Sequence[Row]]]:
    """The files of each split, by the names that readers know: data/train-00000-of-00002.parquet."""
    for split in SPLITS:
        of_split = [row for row in rows if row.split == split]
        parts = [of_split[start : start + most] for start in range(0, len(of_split), most)]
        for number, part in enumerate(parts):
            yield f"{FOLDER}/{split}-{number:05}-of-{len(parts):05}.{extension}", part


def key_of_shard(form: str, rows: Sequence[Row], request: Request, version: str) -> str:
    """A hash of all that a shard is made from."""
    told = hashlib.sha256(json.dumps((form, version, request.paths)).encode())
    for row in rows:
        pictures = [
            (name, picture.stem, str(picture.path) if request.paths else "", extension_of(picture, request.copying),
             key_of(picture, request.copying))
            for name, picture in sorted(row.pictures.items())
        ]
        told.update(repr((pictures, row.values, row.text)).encode())    # texts and numbers; JSON takes twice as long
    return told.hexdigest()
