"""`quarantine/` in a library: whatever a repair takes out of its place, each with a note of JSON beside it.

    quarantine/20261126T120000Z/files/ab/ab12....jpg        as it lay in the library
    quarantine/20261126T120000Z/files/ab/ab12....jpg.json   what, when, why, from where
    quarantine/20261126T120000Z/rows-1.json                 rows as they were before they were changed

Invariant: a note is durable before its file is moved and before the catalog changes; nothing is ever removed here.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db.atomic import put
from db.disk import storage_errors, sync

FOLDER = "quarantine"


class Quarantine:
    """The folder of one repair, made when it is first needed. Every method raises StorageFailed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: Path | None = None
        self._notes = 0
        self.moved = 0

    @property
    def folder(self) -> Path | None:
        """Where things were put; None if nothing was."""
        return self._made

    def set_aside(self, relative: str, why: str) -> bool:
        """Moves a file or folder of the library here; whether there was one."""
        source = self._root / relative
        if not (source.exists() or source.is_symlink()):
            return False
        with storage_errors():
            target = self._free(relative)
            self._write(target.with_name(f"{target.name}.json"), {
                "what": relative, "why": why, "from": str(source), "size_bytes": _size(source)})
            os.rename(source, target)   # noqa: PTH104 - never over something
            sync(target.parent)
            sync(source.parent)
        self.moved += 1
        return True

    def keep_copy(self, relative: str, why: str) -> None:
        """Copies a file here that stays in its place for now."""
        source = self._root / relative
        with storage_errors():
            target = self._free(relative)
            note = {"what": relative, "why": why, "from": str(source), "size_bytes": _size(source)}
            self._write(target.with_name(f"{target.name}.json"), note)
            part = target.with_name(f"{target.name}.partial")
            shutil.copyfile(source, part)
            put(part, target)
        self.moved += 1

    def note_rows(self, why: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes down rows of the catalog as they are now."""
        self._notes += 1
        with storage_errors():
            path = self._free(f"rows-{self._notes}.json")
            self._write(path, {"what": "rows", "why": why, "from": "catalog.sqlite", "rows": list(rows)})

    def _free(self, relative: str) -> Path:
        """A place here that nothing is at."""
        if self._made is None:
            self._made = self._new_folder()
        wanted = self._made / relative
        wanted.parent.mkdir(parents=True, exist_ok=True)
        number, target = 1, wanted
        while target.exists() or target.with_name(f"{target.name}.json").exists():
            number += 1
            target = wanted.with_name(f"{number}-{wanted.name}")
        return target

    def _new_folder(self) -> Path:
        name, number = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", 1
        parent = self._root / FOLDER
        parent.mkdir(exist_ok=True)
        while True:
            folder = parent / (name if number == 1 else f"{name}-{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                number += 1
                continue
            sync(parent)
            sync(self._root)
            return folder

    def _write(self, path: Path, note: Mapping[str, Any]) -> None:
        part = path.with_name(f"{path.name}.partial")
        content = {**note, "when": datetime.now(UTC).isoformat(timespec="seconds")}
        part.write_text(json.dumps(content, indent=1, default=_plain) + "\n", encoding="utf-8")
        put(part, path)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)
