"""Samples: pages that were not understood, kept in `samples/` of a library until a later version understands them.

Bounded in number and size, whole or absent, and never read past a bound. What is in them has to be scrubbed before.
"""

import gzip
import json
import re
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from db.atomic import put
from db.disk import storage_errors

MOST_SAMPLES = 20
LARGEST_BYTES = 8 * 1024 * 1024         # of JSON, unpacked
LARGEST_PACKED_BYTES = 2 * 1024 * 1024
_SUFFIX = ".json.gz"
_STALE_AFTER_S = 86_400
_ID = re.compile(r"[0-9]{1,24}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Sample:
    """A kept page: what it was of, and its content as JSON."""

    path: Path
    content: Mapping[str, Any]


class Samples:
    """The samples of one library; one for each `kind` and `name`, the newest."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "samples"

    def keep(self, kind: str, name: str, content: Mapping[str, Any]) -> Path | None:
        """Keep the newest sample of a thing, and the newest of all; None when it is too large. Raises StorageFailed."""
        data = json.dumps(content, separators=(",", ":")).encode()
        packed = gzip.compress(data, mtime=0)
        if len(data) > LARGEST_BYTES or len(packed) > LARGEST_PACKED_BYTES or not _NAME.fullmatch(name):
            return None
        final = self.folder / f"{kind}-{name}{_SUFFIX}"
        staged = self.folder / f"{uuid4().hex}.partial"
        with storage_errors():
            self.folder.mkdir(exist_ok=True)
            try:
                staged.write_bytes(packed)
                put(staged, final)
            finally:
                staged.unlink(missing_ok=True)
            for path in self._paths()[:-MOST_SAMPLES]:
                path.unlink(missing_ok=True)
            self._clear_stale()
        return final

    def all(self) -> Iterator[Sample]:
        """Every sample that can be read, the oldest first."""
        for path in self._paths():
            content = _read(path)
            if content is not None:
                yield Sample(path, content)

    def naming(self, names: Collection[str]) -> list[Sample]:
        """The samples in which one of these names, codes or ids stands, wherever that is."""
        wanted = frozenset(names)
        return [sample for sample in self.all() if any(wanted & _words(value) for value in _values(sample))]

    def remove(self, sample: Sample) -> None:
        """Remove a sample that is of no use any more. Raises StorageFailed."""
        with storage_errors():
            sample.path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        paths = [path for path in self.folder.glob(f"*{_SUFFIX}") if path.is_file() and not path.is_symlink()]
        return sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def _clear_stale(self) -> None:
        for path in self.folder.glob("*.partial"):      # of a run that was killed
            if path.stat().st_mtime < time.time() - _STALE_AFTER_S:
                path.unlink(missing_ok=True)


def _read(path: Path) -> Mapping[str, Any] | None:
    """The content of a file, None when it is none of ours: broken, too large, or no JSON object."""
    try:
        with path.open("rb") as file:
            packed = file.read(LARGEST_PACKED_BYTES + 1)
        unpacker = zlib.decompressobj(wbits=31)
        data = unpacker.decompress(packed, LARGEST_BYTES + 1)
        content = json.loads(data) if len(data) <= LARGEST_BYTES and unpacker.eof else None
    except (OSError, ValueError, RecursionError, zlib.error):
        return None
    return content if isinstance(content, dict) else None


def _values(sample: Sample) -> Iterator[Any]:
    """Every single value in a sample."""
    stack: list[Any] = [sample.content]
    while stack:
        value = stack.pop()
        if isinstance(value, dict | list):
            stack.extend(value.values() if isinstance(value, dict) else value)
        else:
            yield value


def _words(value: object) -> frozenset[str]:
    """A value as a whole, and the ids in it, of which one may hold two: "<post>_<owner>"."""
    return frozenset((str(value), *_ID.findall(str(value))))
