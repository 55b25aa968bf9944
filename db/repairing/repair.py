"""A repair from end to end: check, mend what was found, and check again, until nothing is found.

Invariant: nothing is deleted but what the user had forgotten and a kill came before; each thing is set aside or written
down first. After a kill at any moment the same command goes on.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from db.checking import structure
from db.checking.check import CATALOG, Check, OnProgress, Scope
from db.checking.files import Level
from db.checking.finding import Finding, Kind
from db.checking.snapshot import snapshot
from db.engine import BUSY_TIMEOUT_S, catalog_errors
from db.errors import LibraryUnusable, PictureRefused
from db.imaging.pictures import identify
from db.library import open_library
from db.locks import locked
from db.migrate import revisions, upgrade
from db.repairing import orphans
from db.repairing.proofs import Proofs, hash_at
from db.repairing.quarantine import Quarantine
from db.repairing.rows import mending
from db.repairing.salvage import fill_words, rebuild
from db.store import FileStore

ACTIVITIES = ("scrape", "stylize")      # whose runs write
_MOST_ROUNDS = 6
_OF_ROWS = {Kind.UNKNOWN_WORD, Kind.BROKEN_JSON, Kind.BAD_VALUE, Kind.BAD_ROW, Kind.DANGLING_ROW}
_OF_LOST_FILES = {Kind.MISSING_FILE, Kind.WRONG_SIZE, Kind.CHANGED_BYTES, Kind.UNDECODABLE}
_OF_THE_CATALOG = {Kind.CATALOG, Kind.INTEGRITY, Kind.SCHEMA}
_SET_ASIDE = {Kind.BAD_FRAMES, Kind.BAD_SAMPLE, Kind.BAD_THUMBNAIL, Kind.LEFTOVER, Kind.BROKEN_JSON}


@dataclass(frozen=True)
class Mended:
    """One thing that was done, and what it was done about."""

    finding: Finding
    done: str


class Repair:
    """A repair; `mended` is to be gone through once, `left` are the findings that remain after it."""

    def __init__(self, root: Path, scope: Scope, on_progress: OnProgress,
                 sleep: Callable[[float], None] = time.sleep) -> None:
        self._root = root
        self._scope = scope
        self._on_progress = on_progress
        self._sleep = sleep
        self.quarantine = Quarantine(root)
        self.left: list[Finding] = []
        self._done = 0
        self._is_through = True     # whether a round came to everything that was found
        self._unread: list[Finding] = []

    def mended(self) -> Iterator[Mended]:
        """Does all that can be done, and tells it.

        Raises what a check raises, and LibraryBusy where a run is at work.
        """
        if not self._root.is_dir():
            raise LibraryUnusable(f"there is no library at {self._root}")
        with ExitStack() as locks:
            for activity in ACTIVITIES:
                busy = f"a {activity} run is working on {self._root}; try again later"
                locks.enter_context(locked(self._root / f"{activity}.lock", busy))
            scope = self._scope
            for _ in range(_MOST_ROUNDS):
                self.left = self._findings(scope)
                before, self._is_through = self._state(), True
                yield from self._round(self.left)
                if not self.left or self._state() == before:
                    break
                if self._is_through:    # every file that can be was read, and what was found of it was mended
                    scope = Scope(Level(reads=False), scope.share)

    def _findings(self, scope: Scope) -> list[Finding]:
        """What is found now; what could not be read stays named in the rounds that do not read."""
        found = list(Check(self._root, scope, self._on_progress, self._sleep).findings())
        if scope.level.reads:
            self._unread = _of(found, {Kind.UNREADABLE_FILE})
            return found
        told = {finding.path for finding in found}
        return [*found, *(
            finding for finding in self._unread
            if finding.path is not None and finding.path not in told and (self._root / finding.path).exists())]

    def _state(self) -> tuple[object, ...]:
        return self._done, self.quarantine.moved

    def _round(self, findings: Sequence[Finding]) -> Iterator[Mended]:
        """What can be done now; what needs another look first has the next round."""
        for mended in self._steps(findings):
            self._done += 1
            yield mended

    def _steps(self, findings: Sequence[Finding]) -> Iterator[Mended]:
        broken = [finding for finding in findings if finding.kind in _OF_THE_CATALOG]
        if broken:
            self._is_through = False
            yield from self._rebuild(broken)
            return
        if not findings:
            return
        paths = tuple(finding.path for finding in findings if finding.kind is Kind.ORPHAN_FILE and finding.path)
        proofs = Proofs(self._root, paths)
        with catalog_errors(self._root / CATALOG), closing(self._connect()) as catalog:
            version, _ = structure.revision(catalog)
            if version != revisions()[0]:
                self._is_through = False
                yield from self._bring_up_to_date(catalog, proofs, findings)
                return
            yield from self._mend_rows(catalog, proofs, findings)
            yield from self._mend_files(catalog, proofs, findings)
            yield from orphans.take_in(self._root, catalog, proofs, self.quarantine, findings, Mended)
            yield from self._mend_index(catalog, findings)
        yield from self._set_aside(findings)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._root / CATALOG, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def _rebuild(self, broken: Sequence[Finding]) -> Iterator[Mended]:
        """A new catalog of all that can be read of the old one."""
        why = "; ".join(dict.fromkeys(f"{finding.where}: {finding.what}" for finding in broken))[:2000]
        busy = f"another program is upgrading {self._root / CATALOG}; try again later"
        with locked(self._root / "upgrade.lock", busy, BUSY_TIMEOUT_S), catalog_errors(self._root / CATALOG):
            if any(finding.kind is Kind.CATALOG for finding in broken):
                rebuild(self._root, None, revisions()[0], self.quarantine, why)
                done = "a new catalog was begun; the files that are there are taken into it, and visits bring the rest"
            else:
                with snapshot(self._root / CATALOG) as source:
                    version, _ = structure.revision(source)
                    salvaged = rebuild(self._root, source, version, self.quarantine, why)
                done = f"{salvaged.rows} rows were copied into a new catalog, {len(salvaged.lost)} did not fit"
        for finding in broken:
            yield Mended(finding, done)

    def _bring_up_to_date(
        self, catalog: sqlite3.Connection, proofs: Proofs, findings: Sequence[Finding]
    ) -> Iterator[Mended]:
        """An older catalog is upgraded before anything else is mended in it; loose ends would keep it from that."""
        with mending(self._root, catalog, proofs, self.quarantine, "they point at rows that are gone") as rows:
            done = rows.mend_references()
        for finding, what in zip(_of(findings, {Kind.DANGLING_ROW}), done, strict=False):
            yield Mended(finding, what)
        upgrade(self._root / CATALOG)
        yield Mended(findings[0], "the catalog was brought up to date first")

    def _mend_rows(
        self, catalog: sqlite3.Connection, proofs: Proofs, findings: Sequence[Finding]
    ) -> Iterator[Mended]:
        wanted = [finding for finding in _of(findings, _OF_ROWS) if finding.table is not None]
        if not wanted:
            return
        done: list[Mended] = []
        with mending(self._root, catalog, proofs, self.quarantine, "their values were none") as rows:
            for finding in wanted:
                what = rows.mend(finding)
                if what is not None:
                    done.append(Mended(finding, what))
            loose = {finding.where: finding for finding in _of(wanted, {Kind.DANGLING_ROW})}
            for what in rows.mend_references():
                where, _, did = what.partition(": ")
                finding = loose.get(where) or Finding(Kind.DANGLING_ROW, where, "it pointed at what was taken out")
                done.append(Mended(finding, did))
        yield from done

    def _mend_files(
        self, catalog: sqlite3.Connection, proofs: Proofs, findings: Sequence[Finding]
    ) -> Iterator[Mended]:
        for finding in _of(findings, _OF_LOST_FILES):
            if finding.row is not None and finding.path is not None:
                yield Mended(finding, self._mend_lost(catalog, proofs, finding, finding.row, finding.path))
        for finding in _of(findings, {Kind.WRONG_DETAILS}):
            if finding.row is not None and finding.path is not None:
                yield self._mend_details(catalog, proofs, finding, finding.row, finding.path)

    def _mend_details(
        self, catalog: sqlite3.Connection, proofs: Proofs, finding: Finding, file_id: int, relative: str
    ) -> Mended:
        """What the file is is written down; one that turns out to be no image is lost."""
        path = self._root / relative
        try:
            info = identify(path)
        except PictureRefused as error:
            refused = replace(finding, kind=Kind.UNDECODABLE, what=str(error))
            return Mended(refused, self._mend_lost(catalog, proofs, refused, file_id, relative))
        with mending(self._root, catalog, proofs, self.quarantine, finding.what) as rows:
            rows.describe(file_id, size_bytes=path.stat().st_size, media_type=info.media_type,
                          width=info.width, height=info.height)
        return Mended(finding, "it is written down as it is")

    def _mend_lost(
        self, catalog: sqlite3.Connection, proofs: Proofs, finding: Finding, file_id: int, path: str
    ) -> str:
        """The file goes into the quarantine, and a good one comes from where it once came from, or later."""
        (sha256,) = catalog.execute("SELECT sha256 FROM files WHERE id = ?", (file_id,)).fetchone()
        set_aside = self.quarantine.set_aside(path, f"{finding.kind}: {finding.what}")
        aside = "it was set aside; " if set_aside else ""
        for (origin,) in catalog.execute("SELECT origin FROM additions WHERE file_id = ?", (file_id,)).fetchall():
            if hash_at(origin) == sha256:
                store = FileStore(self._root)
                store.make_folders()
                with suppress(PictureRefused):
                    stored = store.put_copy(Path(origin))
                    if stored.sha256 == sha256:
                        return f"{aside}it was taken in again from {origin}"
        with mending(self._root, catalog, proofs, self.quarantine, f"{path}: {finding.what}") as rows:
            done = rows.lose(file_id)
        return aside + ("; ".join(done) or "nothing needs it")

    def _mend_index(self, catalog: sqlite3.Connection, findings: Sequence[Finding]) -> Iterator[Mended]:
        for finding in _of(findings, {Kind.SEARCH_INDEX}):
            try:
                fill_words(catalog)
                yield Mended(finding, "it was built again")
            except sqlite3.DatabaseError:
                yield from self._rebuild([finding])

    def _set_aside(self, findings: Sequence[Finding]) -> Iterator[Mended]:
        leftovers = _of(findings, {Kind.LEFTOVER})
        if leftovers:
            with open_library(self._root, create=False) as library:
                library.forgotten.clear_up()
        for finding in leftovers:
            if finding.is_forgotten:
                yield Mended(finding, "it is gone, as was asked for when it was forgotten or removed")
        for finding in _of(findings, _SET_ASIDE):
            if finding.path is None or finding.is_forgotten:
                continue
            if self.quarantine.set_aside(finding.path, finding.what):
                yield Mended(finding, "it was set aside")


def _of(findings: Sequence[Finding], kinds: set[Kind]) -> list[Finding]:
    return [finding for finding in findings if finding.kind in kinds]
