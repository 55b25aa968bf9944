"""What lies in a library and no row tells of: files without rows, and what killed runs left behind.

Progress that a later run goes on with is none of it, nor is what is so young that a run may be at it.
"""

import errno
import gzip
import json
import re
import sqlite3
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from db.checking.files import looks_whole, read
from db.checking.finding import Finding, Kind
from db.checking.sampling import Share
from db.forgotten import NOTING
from db.frames import FOLDER as FRAMES
from db.imaging.decode import kind_of
from db.imaging.pictures import FORMATS
from db.store import CHECKPOINTS, STALE_AFTER_S
from db.success import NAME as LAST_SUCCESS

YOUNG_S = 3600          # no file is written for longer
_SHARD = re.compile(r"[0-9a-f]{2}", re.ASCII)
_OUR_NAME = re.compile(r"([0-9a-f]{64})\.[a-z0-9]{1,5}", re.ASCII)
_DOWNLOAD = re.compile(r"([0-9]+)_([0-9]+)", re.ASCII)
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_LARGEST_JSON_BYTES = 64 * 2**20
_NOT_GIVEN = {errno.EIO, errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Stray:
    """A file in the store without a row; `sha256` is what its name says, where it says one."""

    path: str
    sha256: str | None


def strays(root: Path, known: Collection[str]) -> Iterator[Stray]:
    """Every file of the store that is not at one of the `known` paths; nothing is opened."""
    store = root / "files"
    for folder in sorted(store.iterdir()) if store.is_dir() else ():
        if folder.is_dir() and folder.name == "staging":
            continue
        inside = sorted(path for path in folder.rglob("*") if not path.is_dir()) if folder.is_dir() else [folder]
        for path in inside:
            relative = path.relative_to(root).as_posix()
            if relative not in known:
                yield Stray(relative, hash_in(relative))


def hash_in(relative: str) -> str | None:
    """The hash that a file in its place in the store should have, by its path below the library."""
    *folders, name = relative.split("/")
    match = _OUR_NAME.fullmatch(name)
    return match[1] if match and folders == ["files", match[1][:2]] else None


def judge(root: Path, stray: Stray, *, reads: bool) -> Finding | None:
    """What there is to say of a file without a row; nothing, if it went away meanwhile. Raises no OSError."""
    what = "no row tells of it"
    try:
        if reads and stray.sha256 is not None:
            whole = read(root / stray.path)[0] == stray.sha256
            what += ", and it is whole" if whole else ", and its bytes are not those of its name"
        elif stray.sha256 is None:
            what += ", and its name is none of ours"
        elif not (root / stray.path).exists():
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        what += f", and it cannot be read: {error.strerror or error}"
    return Finding(Kind.ORPHAN_FILE, stray.path, what, path=stray.path)


def is_whole(root: Path, stray: Stray) -> bool:
    """Whether its bytes are those of its name."""
    try:
        return stray.sha256 is not None and read(root / stray.path)[0] == stray.sha256
    except OSError:
        return False


def leftovers(root: Path, catalog: sqlite3.Connection | None, now_s: float) -> Iterator[Finding]:
    """What killed runs left that no later run goes on with."""
    def leftover(path: Path, what: str) -> Finding:
        relative = path.relative_to(root).as_posix()
        return Finding(Kind.LEFTOVER, relative, what, path=relative)

    wanted = None if catalog is None else _wanted_downloads(catalog)
    for path in _in(root / "files" / "staging"):
        age_s, match = _age_s(path, now_s), _DOWNLOAD.fullmatch(path.name)
        if match is None and age_s > YOUNG_S:
            yield leftover(path, "a file that was being taken in")
        elif match and age_s > STALE_AFTER_S:
            yield leftover(path, "a download that nobody came back for")
        elif match and age_s > YOUNG_S and wanted is not None and (match[1], int(match[2])) not in wanted:
            yield leftover(path, "a download of what is saved, or of no post")
    for folder, pattern in (
        (root, "*.partial"), (root, ".*.stylegram-*"), (root / "samples", "*.partial"), (root / CHECKPOINTS, "*.tmp"),
        (root / FRAMES, ".*.stylegram-*"),
    ):
        for path in sorted(folder.glob(pattern)) if folder.is_dir() else ():
            if _age_s(path, now_s) > YOUNG_S:
                yield leftover(path, "something that was being written")


def frames(root: Path, known: Collection[str] | None, share: Share, now_s: float) -> Iterator[Finding]:
    """Folders of frames that are of none of the `known` results, or in which a picture is cut short."""
    for folder in _in(root / FRAMES):
        relative = folder.relative_to(root).as_posix()
        if folder.name.startswith(".") or not folder.is_dir() or not share.has(folder.name):
            continue
        found = [
            (path.name, finding) for path in sorted(folder.glob("*.png"))
            if (finding := _judged(root, path, _is_whole_png, Kind.BAD_FRAMES, "not whole"))]
        yield from (finding for _, finding in found if finding.kind is Kind.UNREADABLE_FILE)
        if torn := [name for name, finding in found if finding.kind is Kind.BAD_FRAMES]:
            yield Finding(Kind.BAD_FRAMES, relative, f"not whole: {', '.join(torn[:3])}", path=relative)
        elif known is not None and folder.name not in known and _age_s(folder, now_s) > YOUNG_S:
            yield Finding(Kind.LEFTOVER, relative, "pictures on the way to no result", path=relative)


def thumbnails(root: Path, share: Share) -> Iterator[Finding]:
    """Small pictures of the gallery that are cut short."""
    for path in sorted((root / "cache" / "thumbnails").glob("*/[!.]*.webp")):
        if share.has(path.name) and (found := _judged(root, path, _is_whole, Kind.BAD_THUMBNAIL, "it is not whole")):
            yield found


def kept_json(root: Path) -> Iterator[Finding]:
    """Kept pages and notes that cannot be read."""
    for path in (*sorted((root / "samples").glob("*.json.gz")), root / LAST_SUCCESS):
        kind, what = (Kind.BROKEN_JSON, "it is no JSON object") if path.suffix == ".json" else (
            Kind.BAD_SAMPLE, "a kept page that cannot be read")
        if found := _judged(root, path, _is_object, kind, what):
            yield found


def _judged(root: Path, path: Path, is_whole: Callable[[Path], bool], bad: Kind, what: str) -> Finding | None:
    """What there is to say of a file; nothing of one that is whole or was taken away meanwhile.

    One that the disk does not give is not taken for a bad one, which a repair would set aside.
    """
    relative = path.relative_to(root).as_posix()
    try:
        if is_whole(path):
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in _NOT_GIVEN:
            return Finding(Kind.UNREADABLE_FILE, relative, error.strerror or str(error), path=relative)
    return Finding(bad, relative, what, path=relative)


def _is_whole(path: Path) -> bool:
    _, size, head, tail = read(path)
    kind = kind_of(head)
    return kind is not None and looks_whole(head, tail, size, FORMATS[kind][0])


def _is_object(path: Path) -> bool:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return isinstance(json.loads(file.read(_LARGEST_JSON_BYTES)), dict)
    except (EOFError, ValueError, RecursionError, zlib.error):
        return False


def forgotten_files(catalog: sqlite3.Connection) -> frozenset[str]:
    """The files that a forgetting or removal which was cut off, or is at work, has still to remove."""
    listed = ", ".join(f"'{command}'" for command in NOTING)
    rows = catalog.execute(f"SELECT counts FROM runs WHERE command IN ({listed}) AND ended_at IS NULL").fetchall()
    found: set[str] = set()
    for (text,) in rows:
        try:
            found.update(path for path in json.loads(text)["paths"] if isinstance(path, str))
        except (KeyError, TypeError, ValueError):
            continue        # told as broken JSON
    return frozenset(found)


def _wanted_downloads(catalog: sqlite3.Connection) -> frozenset[tuple[str, int]]:
    """The slides that a download may be begun of: all that are not saved in full size."""
    return frozenset(catalog.execute('SELECT post_pk, "index" FROM slides WHERE status != \'saved\' OR is_preview'))


def _is_whole_png(path: Path) -> bool:
    with path.open("rb") as file:
        begins = file.read(len(_PNG)) == _PNG
        file.seek(-len(_PNG_END), 2)    # OSError in one that is shorter
        return begins and file.read() == _PNG_END


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _age_s(path: Path, now_s: float) -> float:
    try:
        return now_s - path.lstat().st_mtime
    except OSError:
        return 0.0      # it is gone


def is_young(path: Path, seconds: float) -> bool:
    """Whether a file was written so few seconds ago that its row may still come."""
    return 0 <= _age_s(path, time.time()) < seconds
