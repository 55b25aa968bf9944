"""The pictures of a set, each with what the set's table tells of it: a folder's, a tar file's or a Parquet file's.

A picture that was made is no original: a table says how it was made, and the library makes it again.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from db.importing import set_folder, set_parquet, shards
from db.importing.filing import Addition, Store, add_picture, add_slide
from db.importing.set_rows import Described
from db.library import Library
from db.records import Role

SHARDS = frozenset({shards.SUFFIX, set_parquet.SUFFIX})


def add_folder(library: Library, table: Path, role: Role | None, described: set[Path]) -> Iterator[Addition]:
    """The pictures that a `metadata.jsonl` names, once each; `described` gets their paths."""
    for line in set_folder.lines(table):
        if line.reason is not None:
            yield Addition(line.path, "failed", reason=line.reason)
        elif line.path not in described:
            described.add(line.path)
            yield add_described(library, line.path, partial(library.store.put_copy, line.path), role, line.described)


def add_shard(library: Library, path: Path, role: Role | None) -> Iterator[Addition]:
    """The pictures of a file, by the file's path with their names behind it."""
    samples = shards.samples(path) if path.suffix.lower() == shards.SUFFIX else set_parquet.samples(path)
    is_empty = True
    for sample in samples:
        is_empty = False
        origin = path if sample.name == path.name else path / sample.name
        if sample.reason is not None:
            yield Addition(origin, "failed", reason=sample.reason)
        else:
            yield add_described(library, origin, partial(library.store.put_bytes, sample.data), role, sample.described)
    if is_empty:
        yield Addition(path, "ignored")


def add_described(
    library: Library, origin: Path, store: Store, role: Role | None, described: Described
) -> Addition:
    """A picture with what is told of it."""
    if described.is_result:
        return Addition(origin, "ignored")
    if described.slide is not None:
        return add_slide(library, origin, store, described.slide, role, described)
    return add_picture(library, origin, store, role, described)
