"""`backup.json`: what makes a folder a backup, and when it was last whole."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db.atomic import put

NAME = "backup.json"
_PART = f".{NAME}.partial"
_FORMAT = 1


def is_backup(folder: Path) -> bool:
    """Whether it is one of ours, finished or not."""
    try:
        note = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(note, dict) and note.get("stylegram_backup") == _FORMAT


def may_become_one(folder: Path) -> bool:
    """Whether nothing is in a folder but what a first backup leaves there that is killed while it writes its note."""
    return all(entry.name == _PART for entry in folder.iterdir())


def write_note(folder: Path, **fields: Any) -> None:
    """Replaces the note, whole or not at all. Raises OSError."""
    part = folder / _PART
    part.write_text(text_of(**fields), encoding="utf-8")
    put(part, folder / NAME)


def text_of(**fields: Any) -> str:
    """The note as it is written."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"stylegram_backup": _FORMAT, "at": now, **fields}) + "\n"
