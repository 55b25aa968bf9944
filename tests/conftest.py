"""What all tests rest on: Ctrl-C as a shell gives it, threads that do not fight over the cores, properties that a busy
machine cannot fail, a journal of what the disk was told, and a disk that is full.
"""

import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Tests send it to small programs of their own, which inherit what this process was started with, and a script that
# starts one in the background has it ignored.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Before anything imports torch, and for every process that a test starts: there are more of them than cores, and a
# thread that waits for another one by spinning takes the core that the other one needs, six times the time for one
# picture. What is about threads asks for them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Hypothesis ends an example after 200 ms, and a slow drawing of them, by the clock on the wall, which runs on while a
# busy machine lets another process work. What must end in time is tested by itself; each test has its timeout.
settings.register_profile(
    "any machine",
    settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any machine")


class Journal:
    """What was synced and what was renamed, in order; files are known by their inodes, which a rename keeps."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, int]] = []

    def note(self, step: str, inode: int) -> None:
        self._steps.append((step, inode))

    def was_synced(self, path: Path) -> bool:
        """Whether the file's bytes, or the folder's entries, were made durable at any time."""
        return ("sync", path.stat().st_ino) in self._steps

    def missing(self, final: Path) -> list[str]:
        """What a loss of power might have taken of a file or folder that was renamed into its place; best, nothing."""
        renamed = self._steps.index(("rename", final.stat().st_ino))
        before, after = self._steps[:renamed], self._steps[renamed:]
        lost = [path.name for path in (final, *final.rglob("*")) if ("sync", path.stat().st_ino) not in before]
        name = [] if ("sync", final.parent.stat().st_ino) in after else [f"the name of {final.name}"]
        return sorted(lost) + name


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    """Listens to what this process asks of the disk from now on."""
    kept = Journal()
    fsync = os.fsync

    def sync(handle: int) -> None:
        kept.note("sync", os.fstat(handle).st_ino)
        fsync(handle)

    def listened(rename: Callable[..., None]) -> Callable[..., None]:
        def to_name(source: Any, target: Any, **options: Any) -> None:
            kept.note("rename", Path(source).stat().st_ino)
            rename(source, target, **options)

        return to_name

    monkeypatch.setattr(os, "fsync", sync)
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, listened(getattr(os, name)))
    return kept


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """A disk with room for files of so many bytes: the system itself refuses what goes beyond."""

    @contextmanager
    def limit(size_bytes: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limit
