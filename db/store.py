"""Content-addressed files: stage, verify, fsync, rename.

A file under its final name is whole, a verified image, and never changes again; rows that point at it are
written afterwards.
"""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from uuid import uuid4

from db.atomic import put
from db.disk import discard, storage_errors, sync
from db.errors import PictureRefused
from db.hashing import sha256_of_file
from db.imaging.pictures import MAX_BYTES, identify
from db.records import StoredFile

CHECKPOINTS = "checkpoints"     # of pictures in progress, written by the stylizer
STALE_AFTER_S = 7 * 86_400


class FileStore:
    """The `files/` folder of a library; names are the SHA-256 of the bytes, with the extension of the format."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files = root / "files"
        self._staging = self._files / "staging"

    def make_folders(self) -> None:
        """Make the folders that files are put into, where they are missing."""
        with storage_errors():
            self._staging.mkdir(parents=True, exist_ok=True)
            sync(self._files)
            sync(self.root)

    def staging_path(self, name: str) -> Path:
        """Where a download called `name` (a safe name of our own making) gathers its bytes; survives a kill."""
        return self._staging / name

    def commit(self, staged: Path) -> StoredFile:
        """Make the image at `staged` durable under its hash and remove `staged`.

        Raises PictureRefused (and removes the file) if it is no safe image, StorageFailed if the disk says no.
        """
        try:
            info = identify(staged)
        except PictureRefused:
            with storage_errors():
                staged.unlink(missing_ok=True)
            raise
        with storage_errors():
            sha256 = sha256_of_file(staged)
            final = self._files / sha256[:2] / f"{sha256}{info.extension}"
            size = staged.stat().st_size
            final.parent.mkdir(exist_ok=True)
            put(staged, final)      # the same name always holds the same bytes, so replacing is harmless
            sync(self._files)       # each time: a killed run may have made the folder and not got this far
        return StoredFile(sha256, final, size, info)

    def put_bytes(self, data: bytes) -> StoredFile:
        """Store an encoded image held in memory."""
        with self._temporary() as staged:
            with storage_errors():
                staged.write_bytes(data)
            return self.commit(staged)

    def put_copy(self, source: Path) -> StoredFile:
        """Store a copy of the image file at `source`, which stays untouched.

        A source that cannot be read is refused, one bad item; a disk that is full ends the run.
        """
        try:
            if not source.is_file():
                raise PictureRefused("no such file")    # nor a pipe, which would be waited on for ever
            with source.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise PictureRefused(error.strerror or "cannot be read") from error
        return self.put_bytes(data)

    def relative(self, stored: StoredFile) -> str:
        """The file's path as the catalog keeps it: relative to the library, forward slashes."""
        return stored.path.relative_to(self.root).as_posix()

    def absolute(self, relative: str) -> Path:
        """The place of a catalogued file on this machine."""
        return Path(f"{self.root}/{relative}")      # takes half as long as `/`, of ten thousand

    def holds(self, relative: str, size_bytes: int) -> bool:
        """Whether a catalogued file is there, of this size."""
        try:
            status = os.stat(f"{self.root}/{relative}")     # noqa: PTH116 - asked of every result of a run
        except OSError:
            return False
        return S_ISREG(status.st_mode) and status.st_size == size_bytes

    def clear_stale(self) -> int:
        """Remove staged files that no run has touched for a week; returns how many."""
        limit = time.time() - STALE_AFTER_S
        removed = 0
        for path in self._staging.iterdir():
            with storage_errors(), suppress(FileNotFoundError):     # another run commits or clears up too
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        return removed

    def clear_progress(self, post_pks: Collection[str]) -> None:
        """Remove downloads begun for these posts, and every checkpoint: which pictures one is of, it does not say."""
        downloads = [path for path in self._staging.glob("*_*") if path.name.partition("_")[0] in post_pks]
        with storage_errors():
            for path in (*downloads, *(self.root / CHECKPOINTS).glob("*")):
                path.unlink(missing_ok=True)

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        staged = self._staging / uuid4().hex
        try:
            yield staged
        finally:
            discard(staged)     # what went wrong before is what is told
