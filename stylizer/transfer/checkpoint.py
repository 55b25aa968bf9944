"""The state of a transfer on disk, so that a killed one goes on where it was.

Invariant: a file is whole or absent, and is only ever taken up by the same pairs, recipe, weights, seed, device
and versions; one that cannot be read counts as absent. It is progress and no result: it may be deleted any time.
"""

import os
import pickle
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from db.disk import storage_errors
from db.hashing import sha256_of

_FORMAT = "2"           # of a state: one of another is none
EVERY_S = 30.0
LEAST_SHARE = 20        # at most a twentieth of the time goes into writing
STALE_S = 30 * 24 * 3600.0


class Checkpoint:
    """One file (`path`) for one batch of pairs."""

    def __init__(self, folder: Path, identity: Iterable[str], every_s: float = EVERY_S) -> None:
        text = "\n".join((*identity, torch.__version__, _FORMAT))
        self.path = folder / f"{sha256_of(text)}.pt"
        self._every_s = every_s
        self._next = time.monotonic() + every_s

    def load(self, device: torch.device) -> dict[str, Any] | None:
        """The state that was kept, on this device."""
        try:
            state = torch.load(self.path, map_location=device, weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):   # none, or a torn one
            return None
        return state if isinstance(state, dict) else None

    @property
    def is_due(self) -> bool:
        """Whether enough time has passed since the last one."""
        return time.monotonic() >= self._next

    def save(self, state: dict[str, Any]) -> None:
        """Replaces what was kept. Raises StorageFailed."""
        began = time.monotonic()
        staged = self.path.with_suffix(".tmp")
        with storage_errors():
            self.path.parent.mkdir(exist_ok=True)
            torch.save(state, staged)
            staged.replace(self.path)
        now = time.monotonic()
        self._next = now + max(self._every_s, LEAST_SHARE * (now - began))

    def discard(self) -> None:
        """Removes what was kept: its pairs are in the catalog."""
        self.path.unlink(missing_ok=True)


def clear_stale(folder: Path) -> None:
    """Removes what nobody came back for in a month, and what a kill left half written."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.suffix == ".tmp" or time.time() - os.stat(path).st_mtime > STALE_S:     # noqa: PTH116
            path.unlink(missing_ok=True)
