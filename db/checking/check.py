"""One check of a library from end to end: the catalog, every file, and what lies there besides.

Invariant: nothing is written but how far a check came that is cut off. What a run is writing meanwhile is no finding:
whatever concerns files is told only after another look at the catalog as it is by then.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from db.backups.note import is_backup
from db.checking import relations, strays, structure
from db.checking.files import FileRecord, Level, Looked, look_at, records
from db.checking.finding import Finding, Kind
from db.checking.resuming import Position, Resuming
from db.checking.sampling import EVERYTHING, Share
from db.checking.snapshot import snapshot
from db.checking.values import wrong_values
from db.disk import storage_errors
from db.engine import BUSY_TIMEOUT_S, catalog_errors
from db.errors import LibraryDamaged, LibraryUnusable
from db.frames import name_of
from db.migrate import FILES, VERSIONS
from db.records import ResultKey
from db.schema import Base

CATALOG = "catalog.sqlite"
_LOOK_AGAIN_S = 0.5
OnProgress = Callable[[str, int, int], None]    # what is looked at, how many of it are done, and of how many


@dataclass(frozen=True)
class Scope:
    """How closely is looked, and at which part of the files."""

    level: Level = Level()  # noqa: RUF009 - it is frozen
    share: Share = EVERYTHING


class Check:
    """A check; `findings` is to be gone through once, and the counts are those of what it looked at so far."""

    def __init__(self, root: Path, scope: Scope, on_progress: OnProgress, sleep: Callable[[float], None] = time.sleep):
        self._root = root
        self._scope = scope
        self._on_progress = on_progress
        self._sleep = sleep
        self.files = 0
        self.read_bytes = 0
        self.resumed_at = 0

    def findings(self) -> Iterator[Finding]:
        """Everything that is not as it should be.

        Raises LibraryUnusable, LibraryTooNew, LibraryBusy, StorageFailed or DecoderFailed.
        """
        if not (self._root / CATALOG).exists() and not (self._root / FILES).is_dir():
            raise LibraryUnusable(f"there is no library at {self._root}")
        with ExitStack() as stack:
            catalog, unusable = self._open(stack)
            if catalog is None:
                if unusable is not None:
                    yield unusable
                    yield from self._by_name()
            else:
                yield from self._in_catalog(catalog)
                yield from self._in_files(catalog)
                yield from self._besides(catalog)

    def _open(self, stack: ExitStack) -> tuple[sqlite3.Connection | None, Finding | None]:
        """A copy of the catalog, or why there is none; neither, where a library was never begun."""
        def unusable(what: str) -> tuple[None, Finding]:
            return None, Finding(Kind.CATALOG, CATALOG, what, path=CATALOG)

        try:
            with catalog_errors(self._root / CATALOG), storage_errors():
                catalog = stack.enter_context(snapshot(self._root / CATALOG))
                tables = {name for (name,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except FileNotFoundError:
            return unusable("it is gone")
        except LibraryDamaged as error:
            return unusable(f"it cannot be read: {error.__cause__}")
        if not tables and not (self._root / FILES).exists():
            return None, None       # killed before its first moment was over
        if not tables:
            return unusable("it holds nothing, and was a library's")
        ours = tables & Base.metadata.tables.keys()
        if VERSIONS not in tables and len(ours) <= 1:
            return unusable("it is the database of another program")
        return catalog, None

    def _in_catalog(self, catalog: sqlite3.Connection) -> Iterator[Finding]:
        self._on_progress("the catalog", 0, 0)
        version, odd = structure.revision(catalog)
        yield from odd
        for look in (
            structure.integrity, lambda copy: structure.differences(copy, version), structure.dangling, wrong_values,
            relations.misfits, structure.search_indexes,
        ):
            yield from self._guarded(look, catalog)

    def _guarded(
        self, look: Callable[[sqlite3.Connection], Iterable[Finding]], catalog: sqlite3.Connection
    ) -> Iterator[Finding]:
        """What this look finds; that it cannot look is a finding, too, and the next one has its turn."""
        try:
            yield from look(catalog)
        except sqlite3.DatabaseError as error:
            if str(error).startswith("no such"):
                return      # an older version has no such table; of one that is lost the schema tells
            yield Finding(Kind.INTEGRITY, CATALOG, f"it cannot be read to the end: {error}")

    def _in_files(self, catalog: sqlite3.Connection) -> Iterator[Finding]:
        """The files of the rows, then files without rows."""
        try:
            known = records(catalog)
        except sqlite3.DatabaseError:
            yield from self._by_name()      # that the table cannot be read was told
            return
        placed = [record for record in known if relations.is_canonical(record.sha256, record.path)]
        wanted = [record for record in placed if self._scope.share.has(record.sha256)]
        suspects = self._look_at(wanted)
        if suspects:
            yield from self._confirmed(suspects)
        found = [
            stray for stray in strays.strays(self._root, {record.path for record in placed})
            if self._scope.share.has(stray.sha256 or stray.path)
        ]
        if found:
            yield from self._confirmed_strays(found)

    def _look_at(self, wanted: list[FileRecord]) -> list[FileRecord]:
        """The files that something seems to be wrong with."""
        resuming = Resuming(self._root, (self._scope.level, self._scope.share))
        position = resuming.load()
        self.resumed_at, self.files, self.read_bytes = position.files, position.files, position.read_bytes
        suspects = {record.id: record for record in wanted if record.id in position.suspects}
        rest = [record for record in wanted if record.id > position.done_to]
        try:
            with closing(look_at(self._root, rest, self._scope.level)) as looks:
                for looked in looks:
                    self._count(looked, len(wanted))
                    if looked.finding is not None:
                        suspects[looked.record.id] = looked.record
                    position = Position(looked.record.id, self.files, self.read_bytes, [*suspects])
                    resuming.keep(position)
        except BaseException:
            resuming.keep(position, at_once=True)
            raise
        resuming.end()
        return list(suspects.values())

    def _count(self, looked: Looked, total: int) -> None:
        self.files += 1
        self.read_bytes += looked.read_bytes
        self._on_progress("files", self.files, total)

    def _confirmed(self, suspects: list[FileRecord]) -> Iterator[Finding]:
        """What is still wrong with files whose rows are still there."""
        with snapshot(self._root / CATALOG) as catalog:
            now = set(records(catalog))
            for looked in look_at(self._root, [record for record in suspects if record in now], self._scope.level):
                if looked.finding is not None:
                    used = _use(catalog, looked.record.id)
                    yield replace(looked.finding, what=f"{looked.finding.what}{used}")

    def _confirmed_strays(self, found: list[strays.Stray]) -> Iterator[Finding]:
        """Files that have no row even after the time that one takes."""
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        if is_backup(self._root):   # which keeps what the library has no more
            found = [stray for stray in found if not strays.is_whole(self._root, stray)]
        while True:
            young = any(strays.is_young(self._root / stray.path, BUSY_TIMEOUT_S) for stray in found)
            with snapshot(self._root / CATALOG) as catalog:
                known = {record.path for record in records(catalog)}
                going = strays.forgotten_files(catalog)
            found = [stray for stray in found if stray.path not in known]
            if not found or not young or time.monotonic() > deadline:
                break
            self._on_progress("what was just written", 0, 0)
            self._sleep(_LOOK_AGAIN_S)
        for stray in found:
            if stray.path in going:
                what = "it is of something that was forgotten or removed, and a kill came before it went"
                yield Finding(Kind.LEFTOVER, stray.path, what, path=stray.path, is_forgotten=True)
            elif (judged := strays.judge(self._root, stray, reads=self._scope.level.reads)) is not None:
                yield judged

    def _besides(self, catalog: sqlite3.Connection | None) -> Iterator[Finding]:
        now_s = time.time()
        names = None if catalog is None else _frame_names(catalog)
        yield from strays.frames(self._root, names, self._scope.share, now_s)
        yield from strays.kept_json(self._root)
        yield from strays.thumbnails(self._root, self._scope.share)
        yield from strays.leftovers(self._root, catalog, now_s)

    def _by_name(self) -> Iterator[Finding]:
        """Without a catalog: files of the store whose bytes are not those of their names."""
        found = list(strays.strays(self._root, ()))
        named = [
            FileRecord(number, stray.sha256, stray.path, -1, "", 0, 0)
            for number, stray in enumerate(found) if stray.sha256 and self._scope.share.has(stray.sha256)
        ]
        if self._scope.level.reads:
            for looked in look_at(self._root, named, Level(trusts_rows=False)):
                self._count(looked, len(named))
                if looked.finding is not None:
                    yield looked.finding
        yield from self._besides(None)


def _use(catalog: sqlite3.Connection, file_id: int) -> str:
    """What a file is needed for, in words that follow what is wrong with it."""
    def numbers(query: str, parameters: tuple[int, ...]) -> list[int]:
        try:
            return [number for (number,) in catalog.execute(query, parameters)]
        except sqlite3.DatabaseError:
            return []

    images = numbers("SELECT id FROM images WHERE file_id = ?", (file_id,))
    pictures = numbers("SELECT id FROM results WHERE file_id = ?", (file_id,))
    made = len(numbers("SELECT id FROM results WHERE content_id = ? OR style_id = ?", (file_id, file_id)))
    said = [
        *(f"image {number}" for number in images), *(f"the picture of result {number}" for number in pictures[:3]),
        *([f"{made} {'result was' if made == 1 else 'results were'} made from it"] if made else []),
    ]
    return f" ({', '.join(said)})" if said else ""


def _frame_names(catalog: sqlite3.Connection) -> frozenset[str] | None:
    """How the folders of all results are called; None where the catalog does not know them all."""
    query = (
        "SELECT content.sha256, style.sha256, recipe_hash FROM results "
        "LEFT JOIN files AS content ON content.id = content_id LEFT JOIN files AS style ON style.id = style_id"
    )
    try:
        keys = catalog.execute(query).fetchall()
    except sqlite3.DatabaseError:
        return None
    return frozenset(name_of(ResultKey(*key)) for key in keys) if all(all(key) for key in keys) else None
