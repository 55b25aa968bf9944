"""`check.json` in a library: how far a check came that was cut off, and where the next one of the same kind goes on.

It is gone when a check ends by itself. What was suspect is looked at again.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from db.atomic import put

NAME = "check.json"
EVERY_S = 30.0
_STALE_S = 7 * 86_400


@dataclass
class Position:
    """Every file up to this number was looked at; `suspects` are those that something was wrong with."""

    done_to: int = 0
    files: int = 0
    read_bytes: int = 0
    suspects: list[int] = field(default_factory=list)


class Resuming:
    """Keeps the position of one kind of check (`scope`, in words) in a library."""

    def __init__(self, root: Path, scope: Sequence[object]) -> None:
        self._path = root / NAME
        self._scope = [str(part) for part in scope]
        self._next = time.monotonic() + EVERY_S

    def load(self) -> Position:
        """Where to begin."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            age_s = time.time() - self._path.stat().st_mtime
            if kept.pop("scope") == self._scope and age_s < _STALE_S:
                return Position(**kept)
        return Position()

    def keep(self, position: Position, *, at_once: bool = False) -> None:
        """Remembers it, now and then. A library that cannot be written has it begun anew."""
        if not at_once and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_S
        staged = self._path.with_suffix(".partial")
        with suppress(OSError):
            staged.write_text(json.dumps({"scope": self._scope, **vars(position)}), encoding="utf-8")
            put(staged, self._path)

    def end(self) -> None:
        """Nothing is left to go on with."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
