"""A library made of a backup.

Invariant: nothing that is there is overwritten, and the library stands in its place complete or not at all. Each file
is read against its hash on the way; only names that the backup's own catalog gives are ever read or written.
"""

import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from db.atomic import new_folder
from db.backups.backup import OnProgress
from db.backups.contents import CATALOG, besides, check_catalog, files_of
from db.backups.copying import NotTheSame, copy_plain, copy_verified
from db.backups.note import is_backup
from db.checking.snapshot import snapshot
from db.checking.structure import revision
from db.disk import storage_errors
from db.errors import LibraryUnusable, OutputRefused
from db.hashing import sha256_of

# As a backup names them; nothing else of an archive is looked at.
_BESIDES = re.compile(r"frames/[\w-]{1,80}/\d{1,12}\.png|samples/[\w.-]{1,120}\.json\.gz|last-success\.json", re.ASCII)


@dataclass
class RestoreReport:
    """What came back, and what the backup does not have whole."""

    files: int = 0
    damage: list[tuple[str, str]] = field(default_factory=list)


class _Source(Protocol):
    """A backup that can be read: a folder or an archive."""

    def copy(self, path: str, target: Path) -> None: ...

    def copy_verified(self, path: str, target: Path, sha256: str) -> None: ...

    def besides(self) -> Iterator[str]: ...


def restore(source: Path, root: Path, on_progress: OnProgress) -> RestoreReport:
    """Make the library at `root` of the backup at `source`.

    Raises OutputRefused where something is at `root`, LibraryUnusable where there is no backup, LibraryDamaged,
    LibraryTooNew or StorageFailed.
    """
    report = RestoreReport()
    place = root.resolve()
    with _errors(root), _opened(source) as backup:
        _must_be_empty(place)
        with new_folder(place, _must_be_empty) as building:
            backup.copy(CATALOG, building / CATALOG)
            check_catalog(building / CATALOG)
            with snapshot(building / CATALOG) as catalog:
                revision(catalog)       # that of a newer program is not ours to handle
            wanted = files_of(building / CATALOG)
            (building / "files" / "staging").mkdir(parents=True)
            for number, file in enumerate(wanted):
                on_progress("files", number, len(wanted))
                try:
                    backup.copy_verified(file.path, building / file.path, file.sha256)
                    report.files += 1
                except NotTheSame as error:
                    report.damage.append((file.path, str(error)))
            for path in backup.besides():
                backup.copy(path, building / path)
    return report


def _must_be_empty(folder: Path) -> None:
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise OutputRefused(f"{folder} is there already and holds something; a backup is restored to a new place")


@contextmanager
def _opened(source: Path) -> Iterator[_Source]:
    if source.is_dir():
        if not is_backup(source):
            raise LibraryUnusable(f"{source} is no backup")
        if not (source / CATALOG).is_file():
            raise LibraryUnusable(f"{source} is a backup that was never finished")
        yield _Folder(source)
        return
    try:
        archive = tarfile.open(source, "r:")  # noqa: SIM115 - closed below
    except (OSError, tarfile.TarError) as error:
        raise LibraryUnusable(f"{source} is no backup: {error}") from error
    with archive:
        try:
            members = {member.name: member for member in archive if member.isreg()}
        except tarfile.TarError as error:
            raise LibraryUnusable(f"{source} is damaged: {error}") from error
        if CATALOG not in members:
            raise LibraryUnusable(f"{source} is no backup, or is cut short: it has no catalog")
        yield _Archive(archive, members)


@dataclass(frozen=True)
class _Folder:
    folder: Path

    def copy(self, path: str, target: Path) -> None:
        copy_plain(self.folder / path, target)

    def copy_verified(self, path: str, target: Path, sha256: str) -> None:
        copy_verified(self.folder / path, target, sha256)

    def besides(self) -> Iterator[str]:
        return besides(self.folder)


@dataclass(frozen=True)
class _Archive:
    archive: tarfile.TarFile
    members: dict[str, tarfile.TarInfo]

    def copy(self, path: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self._data(path))

    def copy_verified(self, path: str, target: Path, sha256: str) -> None:
        data = self._data(path)
        if sha256_of(data) != sha256:
            raise NotTheSame("its bytes are not those of its hash")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def _data(self, path: str) -> bytes:
        member = self.members.get(path)
        extracted = None if member is None else self.archive.extractfile(member)
        if extracted is None:
            raise NotTheSame("it is gone")
        with extracted:
            return extracted.read()

    def besides(self) -> Iterator[str]:
        return (name for name in self.members if _BESIDES.fullmatch(name))


@contextmanager
def _errors(root: Path) -> Iterator[None]:
    try:
        with storage_errors():
            yield
    except OSError as error:
        raise OutputRefused(f"cannot write {root}: {error.strerror or error}") from error


