"""Files against their rows: there, of the right size, and the same bytes as on the day that they were taken in.

Bytes of the recorded hash were decoded when they came; whether they still can be is asked of all of them only where
that is wanted, and else of those that do not begin and end as their format does.
"""

import hashlib
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from db.checking.finding import Finding, Kind
from db.errors import PictureRefused
from db.imaging.decode import kind_of
from db.imaging.pictures import FORMATS, identify
from db.imaging.process import Decoder
from db.records import ImageInfo

THREADS = min(8, (os.cpu_count() or 1) + 1)
_TOGETHER = 32          # files a task: small ones take less time than handing them over
_PIECE_BYTES = 1 << 20
_HEAD, _TAIL = 256, 16
_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b";"}


@dataclass(frozen=True)
class FileRecord:
    """A row of `files`."""

    id: int
    sha256: str
    path: str
    size_bytes: int
    media_type: str
    width: int
    height: int


@dataclass(frozen=True)
class Level:
    """How closely files are looked at: their bytes read, their pixels decoded.

    Where there is no row that can be trusted, all that is known of a file is the hash that is its name.
    """

    reads: bool = True
    decodes: bool = False
    trusts_rows: bool = True


@dataclass(frozen=True)
class Looked:
    """What there is to say of one file; `read_bytes` were read for it."""

    record: FileRecord
    finding: Finding | None
    read_bytes: int = 0


def records(catalog: sqlite3.Connection) -> list[FileRecord]:
    """Every row that should have its file, by id: all but those whose file a repair gave up for lost."""
    has_losses = catalog.execute("SELECT 1 FROM sqlite_master WHERE name = 'lost_files'").fetchone()
    known = "WHERE id NOT IN (SELECT file_id FROM lost_files)" if has_losses else ""
    rows = catalog.execute(
        f"SELECT id, sha256, path, size_bytes, media_type, width, height FROM files {known} ORDER BY id")
    return [FileRecord(*row) for row in rows]


def look_at(root: Path, wanted: Iterable[FileRecord], level: Level) -> Generator[Looked, None, None]:
    """Looks at every file, several at once, and answers in their order. Raises DecoderFailed."""
    decoders = _Decoders()
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="check")
    try:
        waiting: deque[Future[list[Looked]]] = deque()
        for together in _batches(wanted):
            waiting.append(pool.submit(_look_at_each, root, together, level, decoders))
            if len(waiting) > 2 * THREADS:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        decoders.close()


def read(path: Path, *, bytes_at_most: int | None = None) -> tuple[str, int, bytes, bytes]:
    """SHA-256 of a file's bytes, their number, how they begin and how they end. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not a file")
        data = file.read(_PIECE_BYTES)
        hashed, size, head, tail = hashlib.sha256(data), len(data), data[:_HEAD], data[-_TAIL:]
        while data and (bytes_at_most is None or size <= bytes_at_most):
            data = file.read(_PIECE_BYTES)
            hashed.update(data)
            size, tail = size + len(data), (tail + data)[-_TAIL:]
    return hashed.hexdigest(), size, head, tail


def _batches(wanted: Iterable[FileRecord]) -> Iterator[Sequence[FileRecord]]:
    batch: list[FileRecord] = []
    for record in wanted:
        batch.append(record)
        if len(batch) == _TOGETHER:
            yield batch
            batch = []
    if batch:
        yield batch


class _Decoders:
    """A decoding process for each thread that needs one."""

    def __init__(self) -> None:
        self._of_thread = threading.local()
        self._started: list[Decoder] = []

    def mine(self) -> Decoder:
        found: Decoder | None = getattr(self._of_thread, "decoder", None)
        if found is None:
            found = self._of_thread.decoder = Decoder()
            self._started.append(found)
        return found

    def close(self) -> None:
        for decoder in self._started:
            decoder.close()


def _look_at_each(
    root: Path, together: Sequence[FileRecord], level: Level, decoders: _Decoders
) -> list[Looked]:
    return [_look(root, record, level, decoders.mine) for record in together]


def _look(root: Path, record: FileRecord, level: Level, decoder: Callable[[], Decoder]) -> Looked:
    path = root / record.path

    def found(kind: Kind, what: str, read_bytes: int = 0) -> Looked:
        table, row = ("files", record.id) if level.trusts_rows else (None, None)
        return Looked(record, Finding(kind, record.path, what, path=record.path, table=table, row=row), read_bytes)

    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            return found(Kind.MISSING_FILE, "something else is in its place")
        if not level.reads:
            right = status.st_size == record.size_bytes
            return Looked(record, None) if right else found(Kind.WRONG_SIZE, _sizes(status.st_size, record))
        sha256, size, head, tail = read(path)
    except FileNotFoundError:
        return found(Kind.MISSING_FILE, "it is gone")
    except OSError as error:
        return found(Kind.UNREADABLE_FILE, error.strerror or str(error))
    if sha256 != record.sha256:
        if level.trusts_rows and size != record.size_bytes:
            return found(Kind.WRONG_SIZE, _sizes(size, record), size)
        return found(Kind.CHANGED_BYTES, "its bytes are not those of its hash", size)
    if level.decodes or (level.trusts_rows and not looks_whole(head, tail, size, record.media_type)):
        try:
            info = identify(path, decoder())
        except PictureRefused as error:
            return found(Kind.UNDECODABLE, str(error), size)
        if level.trusts_rows and (wrong := _details(record, info)) is not None:
            return found(Kind.WRONG_DETAILS, wrong, size)
    if level.trusts_rows and size != record.size_bytes:
        return found(Kind.WRONG_DETAILS, f"it has {size} bytes; recorded are {record.size_bytes}", size)
    return Looked(record, None, size)


def _sizes(found: int, record: FileRecord) -> str:
    return f"it has {found} bytes; recorded are {record.size_bytes}"


def looks_whole(head: bytes, tail: bytes, size: int, media_type: str) -> bool:
    """Whether it begins and ends like an image of this type; where the type tells no end, the beginning must do."""
    kind = kind_of(head)
    return (
        kind is not None and FORMATS[kind][0] == media_type
        and (kind not in _ENDS or tail.endswith(_ENDS[kind]))
        and (kind != "WEBP" or int.from_bytes(head[4:8], "little") + 8 == size)
    )


def _details(record: FileRecord, info: ImageInfo) -> str | None:
    found, said = (info.media_type, info.width, info.height), (record.media_type, record.width, record.height)
    if found == said:
        return None
    words = ["{} of {} x {}".format(*each) for each in (found, said)]
    return f"it is {words[0]}; recorded is {words[1]}"
