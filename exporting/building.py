"""The folder of an export while it is built, beside the one whose place it takes.

Invariants: what stands at the target is the earlier export or the new one, whole. What was written before, by an
earlier export or by a run that was killed, is taken over where it was made from the same and its bytes are still those:
it is linked, never written again. Nobody but the earlier export shares these files: none is one of the library's.
"""

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from db import atomic
from db.disk import sync
from db.errors import LibraryBusy
from db.hashing import sha256_of, sha256_of_file
from exporting import manifest
from exporting.manifest import Entry, Journal
from exporting.writing import Hashed, OnTheWay

Write = Callable[[Hashed], bool]


class Building:
    """The new folder."""

    def __init__(self, target: Path, folder: Path, head: Mapping[str, Any]) -> None:
        self.folder = folder
        self._target = target
        self._head = head
        self._earlier = manifest.read(target)
        # paths are texts where there is one for each file: a Path takes as long as the system does to open one
        self._known: dict[str, list[tuple[str, Entry]]] = {}
        # what a killed run left comes first: it is where it is wanted already
        for place, found in ((folder, manifest.read(folder)), (target, self._earlier)):
            for entry in found.entries.values() if found else ():
                if entry.key:
                    self._known.setdefault(entry.key, []).append((f"{place}/{entry.path}", entry))
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._to_link: dict[str, str] = {}     # what is taken over of the earlier export, once all is known
        self._from_target = 0
        self._new: set[str] = set()
        self._folders: set[str] = set()
        self._is_resumed = (folder / manifest.NAME).exists()
        self._on_the_way = OnTheWay()
        self._journal = Journal(folder / manifest.NAME, head)

    @property
    def written(self) -> int:
        """How many of its files are new."""
        return len(self._new)

    @property
    def kept(self) -> int:
        """How many were there before."""
        return len(self._entries) - len(self._new)

    @property
    def entries(self) -> Mapping[str, Entry]:
        """What is in it so far, by path."""
        return self._entries

    def place(self, path: str, key: str, write: Write, sha256: str | None = None) -> Entry:
        """Have a file at this path: an earlier one that was made from the same, or what `write` writes.

        `write` returns False where a part was missing, so that the file is written again next time. `sha256` spares
        the hashing of what is known. What `write` raises leaves nothing behind.
        """
        final = f"{self.folder}/{path}"
        entry = self._taken_over(path, key, final)
        if entry is not None:
            return entry
        self._make_room(final)
        out = Hashed(final, sha256)
        try:
            is_whole = write(out)
            out.send()
        except BaseException:       # a kill leaves it, too, but no line of it in the journal
            with suppress(OSError):     # what could not be written is tried again
                os.close(out.handle)
            with suppress(FileNotFoundError):
                os.unlink(final)    # noqa: PTH108 - a text
            raise
        self._on_the_way.add(out.handle)
        entry = Entry(path, out.sha256(), out.tell(), key if is_whole else "")
        self._journal.add(entry)
        self._note(entry, is_new=True)
        return entry

    def put(self, path: str, data: bytes) -> Entry:
        """Have a small file with these bytes."""
        sha256 = sha256_of(data)
        return self.place(path, f"bytes {sha256}", lambda file: file.write(data) >= 0, sha256)

    def leave_out(self, path: str) -> None:
        """Have no file at this path after all, where there is one."""
        with self._lock:
            if self._entries.pop(path, None) is not None:
                self._new.discard(path)
                self._from_target -= self._to_link.pop(path, None) == f"{self._target}/{path}"

    def finish(self, check: Callable[[Path], None] = manifest.check) -> bool:
        """Put it in its place; whether anything has changed by it. An export that is as it was is not touched."""
        self.close()
        if self._is_as_before():
            atomic.remove(self.folder)
            return False
        for path in manifest.files(self.folder) - set(self._entries) - {manifest.NAME}:
            _remove(self.folder, path)
        for path, source in self._to_link.items():
            final = f"{self.folder}/{path}"
            self._make_room(final)
            _link(source, final)
        self._write_manifest()
        os.sync()       # one word for all files: ten thousand words take twice as long as the writing
        sync(self.folder)
        atomic.take_place(self.folder, self._target, check)
        return True

    def close(self) -> None:
        """Nothing more is noted."""
        try:
            self._on_the_way.close()
        finally:
            self._journal.close()

    def taken_out(self) -> int:
        """How many files of the earlier export are not in this one."""
        return len(set(self._earlier.entries) - set(self._entries)) if self._earlier else 0

    def _is_as_before(self) -> bool:
        earlier = self._earlier
        if earlier is None or self.written or self._from_target != len(self._entries):
            return False
        head = {"generator": manifest.MARK, **self._head}
        return dict(earlier.entries) == self._entries and dict(earlier.head) == head

    def _write_manifest(self) -> None:
        """Once more, in order: the journal has the order in which threads were ready."""
        part = self.folder / f"{manifest.NAME}.part"
        part.unlink(missing_ok=True)
        with closing(Journal(part, self._head)) as journal:
            journal.add(*(entry for _, entry in sorted(self._entries.items())))
        part.replace(self.folder / manifest.NAME)

    def _taken_over(self, path: str, key: str, final: str) -> Entry | None:
        for source, entry in self._known.get(key, ()):
            is_left = source.startswith(f"{self.folder}/")  # elsewhere in this folder it may have to make room itself
            if (is_left and source != final) or not _is_still(source, entry):
                continue
            found = Entry(path, entry.sha256, entry.size_bytes, key)
            with self._lock:
                self._from_target += source == f"{self._target}/{path}"
                if source != final:
                    self._to_link[path] = source
            self._note(found, is_new=False)
            return found
        return None

    def _make_room(self, final: str) -> None:
        """A folder for it, and nothing in its place: what stands there may be linked with the earlier export."""
        parent = os.path.dirname(final)     # noqa: PTH120 - a text
        if parent not in self._folders:
            os.makedirs(parent, exist_ok=True)      # noqa: PTH103 - a text
            self._folders.add(parent)
        if self._is_resumed:
            with suppress(FileNotFoundError):
                os.unlink(final)    # noqa: PTH108 - a text

    def _note(self, entry: Entry, *, is_new: bool) -> None:
        with self._lock:
            self._entries[entry.path] = entry
            if is_new:
                self._new.add(entry.path)


@contextmanager
def building(target: Path, head: Mapping[str, Any]) -> Iterator[Building]:
    """The folder that is to take the place of `target`. An interrupt leaves what is done for the next run.

    Raises OutputRefused, LibraryBusy while another run builds it, and StorageFailed; then what was built is removed,
    for it may be what fills the disk.
    """
    with atomic.output_errors(target):
        target = target.resolve()
        folder = atomic.beside(target)
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder):
            try:
                atomic.prepare(target, manifest.check)
                if manifest.read(folder) is None:   # killed before it said a word
                    _clear(folder)
                built = Building(target, folder, head)
                try:
                    yield built
                finally:
                    built.close()
            except Exception:
                atomic.remove(folder)
                raise


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Keep others from building in the same folder, as long as this process lives; nothing is left of it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
                raise LibraryBusy(f"another export into {folder.parent} is at work there; try again later") from error
            # a disk that knows no such locks, as some networks' do
        if not folder.exists() or not os.path.samestat(os.fstat(handle), folder.stat()):
            raise LibraryBusy(f"another export into {folder.parent} has just ended; try again")
        yield
    finally:
        os.close(handle)


def _is_still(path: str, entry: Entry) -> bool:
    """Whether the file's bytes are those that were noted."""
    try:
        there = os.lstat(path)
        return S_ISREG(there.st_mode) and there.st_size == entry.size_bytes and sha256_of_file(path) == entry.sha256
    except (OSError, ValueError):     # ValueError: a path that is none
        return False


def _link(source: str, final: str) -> None:
    try:
        os.link(source, final)
    except OSError:     # a disk without links, or one that has enough of them
        shutil.copyfile(source, final)


def _clear(folder: Path) -> None:
    """Remove all that is in it; the folder itself is what keeps others out."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _remove(folder: Path, path: str) -> None:
    """What a run left that wanted something else, with the folders that held nothing more."""
    gone = folder / path
    if gone.is_dir() and not gone.is_symlink():
        gone.rmdir()
    else:
        gone.unlink()
    for parent in gone.parents:
        if parent == folder or any(parent.iterdir()):
            return
        parent.rmdir()
