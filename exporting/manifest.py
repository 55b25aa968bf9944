"""What an export wrote: a hidden file that marks its folder as ours, and says of each file what it was made from.

One JSON object a line, so that a run that is killed leaves the lines of all that it had finished. Invariant: a line is
written after its file is whole.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.disk import write_all
from db.errors import OutputRefused
from db.importing.sidecars import decode

NAME = ".stylegram-export.jsonl"
MARK = "stylegram export"
_LONGEST_LINE = 1 << 20
_CLUTTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})     # what file managers leave by themselves


@dataclass(frozen=True)
class Entry:
    """A file of the export; `key` is a hash of all that it was made from, empty where a part of it was missing."""

    path: str
    sha256: str
    size_bytes: int
    key: str


@dataclass(frozen=True)
class Manifest:
    """`head` says what was asked for and which images were taken."""

    head: Mapping[str, Any]
    entries: Mapping[str, Entry] = field(default_factory=dict)


class Journal:
    """A manifest that is being written, by several threads. What it holds of a run that was killed stays in it."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self._lock = threading.Lock()
        is_begun = path.exists()
        self._file = path.open("ab", buffering=0)
        first = b"" if is_begun else json.dumps({"generator": MARK, **head}, sort_keys=True).encode()
        try:
            self._write(first + b"\n")      # the end of what a kill cut off, else of the head
        except BaseException:
            self._file.close()
            raise

    def add(self, *entries: Entry) -> None:
        """Note files that are whole."""
        data = b"".join(map(_line, entries))
        with self._lock:
            self._write(data)

    def _write(self, data: bytes) -> None:
        write_all(self._file.fileno(), data)

    def close(self) -> None:
        self._file.close()


def read(folder: Path) -> Manifest | None:
    """The manifest in a folder; None where there is none of ours. What a kill cut off is left out."""
    with _opened(folder) as (told, lines):
        return None if told is None else Manifest(told, {entry.path: entry for entry in _entries(lines)})


def head(folder: Path) -> Mapping[str, Any] | None:
    """Its first line alone: all of it takes a tenth of a second for ten thousand files."""
    with _opened(folder) as (told, _):
        return told


def is_export(folder: Path) -> bool:
    """Whether it is one of ours."""
    return head(folder) is not None


def check(folder: Path) -> None:
    """Raises OutputRefused unless the folder is empty, or an export of ours and nothing else."""
    if not folder.is_dir():
        raise OutputRefused(f"{folder} is not a folder")
    there = files(folder)
    if not there:
        return
    manifest = read(folder)
    if manifest is None:
        raise OutputRefused(f"{folder} is no export and holds other things ({min(there)}); name a new or empty folder")
    strangers = there - set(manifest.entries) - {NAME}
    if strangers:
        raise OutputRefused(
            f"{folder} holds files that are not ours ({min(strangers)}); move them, or name another folder")


def files(folder: Path) -> set[str]:
    """Everything that is no folder, and folders with nothing in them: none of ours is empty."""
    found = set()
    for root, folders, names in os.walk(folder):
        here = Path(root).relative_to(folder)
        links = [name for name in folders if Path(root, name).is_symlink()]
        found |= {(here / name).as_posix() for name in (*names, *links) if name not in _CLUTTER}
        if not names and not folders and here.parts:
            found.add(here.as_posix())
    return found


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[dict[str, Any] | None, Iterator[bytes]]]:
    """The head, and the lines behind it."""
    path = folder / NAME
    if path.is_symlink() or not path.is_file():
        yield None, iter(())
        return
    with path.open("rb") as file:
        lines = iter(lambda: file.readline(_LONGEST_LINE), b"")
        told = decode(next(lines, b""))
        yield told if isinstance(told, dict) and told.get("generator") == MARK else None, lines


def _line(entry: Entry) -> bytes:
    # json.dumps makes an encoder for each dict that it is given, at five times the price
    path, key = json.dumps(entry.path), json.dumps(entry.key)
    return f'{{"path": {path}, "sha256": "{entry.sha256}", "size_bytes": {entry.size_bytes}, "key": {key}}}\n'.encode()


def _entries(lines: Iterator[bytes]) -> Iterator[Entry]:
    for line in lines:
        told = decode(line)
        if not isinstance(told, dict):
            continue
        path, sha256, size, key = told.get("path"), told.get("sha256"), told.get("size_bytes"), told.get("key")
        if isinstance(path, str) and isinstance(sha256, str) and isinstance(size, int) and isinstance(key, str):
            yield Entry(path, sha256, size, key)
