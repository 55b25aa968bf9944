"""Where a target works: a scratch folder, and a library that is checked again and again.

Invariant: whatever was read into the library, `stylegram check` finds nothing wrong with it.
"""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from db.checking.check import Check, Scope
from db.library import Library, open_library

_IN_MEMORY = Path("/dev/shm")


class Damaged(Exception):
    """What was read has left a library that `check` complains of."""


class Room:
    """A folder for one input at a time, and a library of the last few; `runs` inputs share one."""

    def __init__(self, runs: int = 20) -> None:
        self._runs = runs
        self._used = 0
        self._stack = ExitStack()
        self._opened = ExitStack()
        self._library: Library | None = None

    def __enter__(self) -> Self:
        place = _IN_MEMORY if _IN_MEMORY.is_dir() else None
        self._root = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzzing-", dir=place)))
        with open_library(self._root / "template"):
            pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()
        self._stack.close()

    def folder(self) -> Path:
        """An empty folder."""
        place = self._root / "input"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return place

    def library(self) -> Library:
        """A library that a few inputs before this one have been read into."""
        if self._library is None:
            root = self._root / "library"
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(self._root / "template", root)
            self._library = self._opened.enter_context(open_library(root))
        return self._library

    def settle(self, *, now: bool = False) -> None:
        """Once in a while: checks the library, and begins another one. Raises Damaged."""
        self._used += 1
        if self._library is None or (self._used < self._runs and not now):
            return
        root, self._used, self._library = self._library.root, 0, None
        self._opened.close()
        findings = list(Check(root, Scope(), lambda *_: None, sleep=lambda _: None).findings())
        if findings:
            raise Damaged("; ".join(f"{found.kind}: {found.where}: {found.what}" for found in findings[:5]))
