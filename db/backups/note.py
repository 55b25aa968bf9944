"""`backup.json`: what makes a folder a backup, and when it was last whole."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db.atomic import put

NAME = "backup.json"
_FORMAT = 1


def is_backup(folder: Path) -> bool:
    """Whether it is one of ours, finished or not."""
    try:
        note = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(note, dict) and note.get("stylegram_backup") == _FORMAT


def write_note(folder: Path, **fields: Any) -> None:
    """Replaces the note, whole or not at all. Raises OSError."""
    part = folder / f".{NAME}.partial"
    part.write_text(text_of(**fields), encoding="utf-8")
    put(part, folder / NAME)


def text_of(**fields: Any) -> str:
    """The note as it is written."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"stylegram_backup": _FORMAT, "at": now, **fields}) + "\n"
