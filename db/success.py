"""`last-success.json` in a library: when the last refresh without any trouble ended, for whatever watches over it."""

import json
from datetime import UTC, datetime
from pathlib import Path

from db.atomic import put
from db.disk import storage_errors

NAME = "last-success.json"


def write_success(root: Path, counts: dict[str, int]) -> None:
    """Replace the file, whole or not at all. Raises StorageFailed."""
    content = {"finished_at": datetime.now(UTC).isoformat(timespec="seconds"), **counts}
    staged = root / f"{NAME}.partial"   # one name is enough: only the holder of the refresh lock writes
    with storage_errors():
        staged.write_text(json.dumps(content) + "\n", encoding="utf-8")
        put(staged, root / NAME)
