"""A backup of a library: a folder that is brought up to date each time, or one file.

Invariant: the catalog of a backup is put in its place last, so whatever moment a kill comes at, it names only files
that are there and whole. A good file of a backup is never replaced by a damaged one, and none is removed.
"""

import io
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from db.atomic import put, whole_file
from db.backups.contents import CATALOG, Wanted, besides, files_of, take_catalog
from db.backups.copying import NotTheSame, copy_plain, copy_verified
from db.backups.note import NAME, is_backup, may_become_one, text_of, write_note
from db.disk import storage_errors, sync
from db.errors import LibraryDamaged, LibraryUnusable, OutputRefused, StorageFailed
from db.hashing import sha256_of
from db.locks import locked
from db.migrate import AFTER_A_LOSS

_MOST_ROUNDS = 5        # a file may be forgotten between the catalog's copy and its own
OnProgress = Callable[[str, int, int], None]


@dataclass
class BackupReport:
    """What a backup did: files copied now and there before, bytes written, and what was not fit to be copied."""

    copied: int = 0
    known: int = 0
    written_bytes: int = 0
    damage: list[tuple[str, str]] = field(default_factory=list)     # a path, and what is wrong with it

    @property
    def files(self) -> int:
        return self.copied + self.known


def back_up(root: Path, target: Path, on_progress: OnProgress) -> BackupReport:
    """Bring the backup at `target` up to date; one that ends in .tar is written anew as a single file.

    Raises LibraryUnusable, LibraryDamaged, LibraryBusy, OutputRefused or StorageFailed.
    """
    if not (root / CATALOG).is_file():
        if (root / "files").is_dir():
            raise LibraryDamaged(f"{root / CATALOG} is gone; {AFTER_A_LOSS}")
        raise LibraryUnusable(f"there is no library at {root}")
    _must_be_apart(root, target)
    return _to_file(root, target, on_progress) if target.suffix == ".tar" else _to_folder(root, target, on_progress)


def _must_be_apart(root: Path, target: Path) -> None:
    inner, outer = target.resolve(), root.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise OutputRefused(f"{target}: a backup lies neither in the library nor around it")


def _to_folder(root: Path, target: Path, on_progress: OnProgress) -> BackupReport:
    with _target_errors(target):
        if target.exists() and not target.is_dir():
            raise OutputRefused(f"{target} is a file; name a folder, or a new file that ends in .tar")
        if target.is_dir() and not (is_backup(target) or may_become_one(target)):
            raise OutputRefused(f"{target} holds something that is no backup of stylegram; name another folder")
        target.mkdir(parents=True, exist_ok=True)
        if not is_backup(target):
            write_note(target, library=str(root), finished=False)
        with locked(target / "backup.lock", f"another backup is written to {target}; try again later"):
            return _bring_up_to_date(root, target, on_progress)


def _bring_up_to_date(root: Path, target: Path, on_progress: OnProgress) -> BackupReport:
    report, catalog = BackupReport(), target / f".{CATALOG}.partial"
    copied: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        take_catalog(root, catalog)
        wanted, report.damage = files_of(catalog), []
        for number, file in enumerate(wanted):
            on_progress("files", number, len(wanted))
            _copy_one(root, target, file, report, copied)
        if not report.damage or not _are_forgotten(root, report):
            break
    report.known = len(wanted) - len(copied) - len(report.damage)
    for path in besides(root):
        with _may_go():
            report.written_bytes += (root / path).stat().st_size if copy_plain(root / path, target / path) else 0
    if (target / "files").is_dir():
        sync(target / "files")      # its folders may be new; what is in them was synced with each file
    put(catalog, target / CATALOG)
    write_note(target, library=str(root), finished=True, files=report.files, damaged=len(report.damage))
    return report


def _copy_one(root: Path, target: Path, file: Wanted, report: BackupReport, copied: set[str]) -> None:
    place = target / file.path
    if file.path in copied or (place.is_file() and place.stat().st_size == file.size_bytes):
        return
    try:
        report.written_bytes += copy_verified(root / file.path, place, file.sha256)
    except NotTheSame as error:
        report.damage.append((file.path, str(error)))
        return
    copied.add(file.path)
    report.copied += 1


def _are_forgotten(root: Path, report: BackupReport) -> bool:
    """Whether the catalog, as it is by now, no longer tells of something that was not fit to be copied."""
    with tempfile.TemporaryDirectory(prefix="stylegram-backup-") as folder:
        catalog = Path(folder) / CATALOG
        take_catalog(root, catalog)
        known = {file.path for file in files_of(catalog)}
    return any(path not in known for path, _ in report.damage)


def _to_file(root: Path, target: Path, on_progress: OnProgress) -> BackupReport:
    """Everything in one tar, read back before it has its name."""
    report = BackupReport()
    with ExitStack() as stack:
        stack.enter_context(_target_errors(target))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="stylegram-backup-"))
        catalog = Path(folder) / CATALOG
        for _ in range(_MOST_ROUNDS):
            take_catalog(root, catalog)
            wanted = files_of(catalog)
            report.damage = [(file.path, "it is gone") for file in wanted if not (root / file.path).is_file()]
            if not report.damage or not _are_forgotten(root, report):
                break
        part = stack.enter_context(whole_file(target))
        missing = {path for path, _ in report.damage}
        with tarfile.open(part, "w") as tar:
            for number, file in enumerate(wanted):
                on_progress("files", number, len(wanted))
                if file.path not in missing:
                    _add(tar, root, file, report)
            for path in besides(root):
                with _may_go():
                    tar.add(root / path, path, recursive=False)
            tar.add(catalog, CATALOG)
            note = Path(folder) / NAME
            note.write_text(text_of(library=str(root), finished=True, files=report.copied), encoding="utf-8")
            tar.add(note, NAME)
        report.written_bytes = part.stat().st_size
        _must_read_back(part, report)
    return report


def _must_read_back(part: Path, report: BackupReport) -> None:
    """Raises StorageFailed where what was written is not what is there."""
    with tarfile.open(part) as tar:
        wrong = sum(
            sha256_of(extracted.read()) != Path(member.name).stem
            for member in tar if member.name.startswith("files/") and (extracted := tar.extractfile(member)))
    if wrong:
        raise StorageFailed(f"{wrong} of {report.copied} files were not written as they were read")


def _add(tar: tarfile.TarFile, root: Path, file: Wanted, report: BackupReport) -> None:
    """The file, if its bytes are those of its hash."""
    try:
        data = (root / file.path).read_bytes()      # bounded: none larger is taken into a library
    except OSError as error:
        report.damage.append((file.path, error.strerror or str(error)))
        return
    if sha256_of(data) != file.sha256:
        report.damage.append((file.path, "its bytes are not those of its hash"))
        return
    info = tarfile.TarInfo(file.path)
    info.size, info.mtime, info.mode = len(data), int(time.time()), 0o644
    tar.addfile(info, io.BytesIO(data))
    report.copied += 1


@contextmanager
def _may_go() -> Iterator[None]:
    """Frames and kept pages come and go."""
    with suppress(FileNotFoundError):
        yield


@contextmanager
def _target_errors(target: Path) -> Iterator[None]:
    try:
        with storage_errors():
            yield
    except OSError as error:
        raise OutputRefused(f"cannot write {target}: {error.strerror or error}") from error
