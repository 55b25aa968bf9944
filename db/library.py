"""Open a library: the folder with the catalog, the files and the locks.

    library/
        catalog.sqlite      tables of db.schema
        files/ab/ab12....jpg    content-addressed images and results
        files/staging/      downloads in progress
        frames/             pictures on the way to results, where they were asked for
        samples/            pages that were not understood
        checkpoints/        pictures in progress
        jobs/               command lines that were started for it, as long as they are remembered
        errands/            the same for visits and exports, which are started at once
        live/               what is being made at this moment, as long as it is
        cache/              what can be made again: small pictures for the gallery
        quarantine/         what a repair took out of its place, each with a note
        check.json          how far a check came that was cut off
        scrape.lock, stylize.lock   held while a run of that kind works
        upgrade.lock        held while the catalog is made or upgraded
        catalog.before-0001.sqlite  the catalog as it was before an upgrade
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from db.changes import Changes
from db.disk import storage_errors
from db.engine import Sessions, make_engine, make_reading_engine
from db.errors import LibraryDamaged, LibraryUnusable, StorageFailed
from db.follows import Follows
from db.forgotten import Forgotten
from db.frames import Frames
from db.images import Images
from db.imported_slides import ImportedSlides
from db.jobs import Jobs
from db.live import Live
from db.locks import locked
from db.looks import LooksOfImages
from db.marks import Marks
from db.migrate import AFTER_A_LOSS, FILES, check_current, upgrade
from db.origins import Origins
from db.politeness import Politeness
from db.posts import Posts
from db.removals import Removals
from db.results import Results
from db.runs import Runs
from db.samples import Samples
from db.selection.selections import Selections
from db.store import FileStore

CATALOG = "catalog.sqlite"
CACHE = "cache"
ERRANDS = "errands"


class Library:
    """An open library: `store` holds its files, every other attribute the queries on one thing."""

    def __init__(self, root: Path, sessions: Sessions, *, is_writable: bool = True) -> None:
        self.root = root
        self.is_writable = is_writable
        self.store = FileStore(root)
        self.posts = Posts(sessions, self.store)
        self.images = Images(sessions, self.store)
        self.imported_slides = ImportedSlides(sessions, self.store)
        self.origins = Origins(sessions)
        self.results = Results(sessions, self.store)
        self.selections = Selections(sessions, self.images, self.results)
        self.marks = Marks(sessions)
        self.looks = LooksOfImages(sessions)
        self.frames = Frames(root)
        self.runs = Runs(sessions)
        self.follows = Follows(sessions)
        self.samples = Samples(root)
        self.forgotten = Forgotten(sessions, self.store, self.samples, self.frames)
        self.removals = Removals(sessions, self.forgotten)
        self.politeness = Politeness(sessions)
        self.jobs = Jobs(root, is_writable=is_writable)
        self.errands = Jobs(root, is_writable=is_writable, folder=ERRANDS, waits=False)
        self.live = Live(root, is_writable=is_writable)
        self._watching: list[Changes] = []

    def watch(self) -> Changes:
        """Tells whether the catalog has changed, to one who asks again and again; each has one of its own."""
        watching = Changes(self.root / CATALOG, is_writable=self.is_writable)
        self._watching.append(watching)
        return watching

    def close(self) -> None:
        """Ends what watches it."""
        for watching in self._watching:
            watching.close()

    @contextmanager
    def lock(self, activity: str, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the lock of one activity ("scrape", "stylize"); raises LibraryBusy if another run has it.

        At once, unless told to wait. A library that cannot be written has no locks, and nobody to keep out.
        """
        if not self.is_writable:
            yield
            return
        busy = f"another {activity} run is working on {self.root}; try again later"
        with locked(self.root / f"{activity}.lock", busy, wait_s):
            yield


@contextmanager
def open_library(root: Path, *, create: bool = True) -> Iterator[Library]:
    """The library at `root`, made (with `create`) and migrated as needed.

    Raises LibraryUnusable, LibraryTooNew, LibraryBusy or StorageFailed.
    """
    root = _absolute(root)
    _prepare(root, create)
    if not _is_writable(root):
        raise StorageFailed(f"the library {root} is not writable")
    upgrade(root / CATALOG)
    with _opened(root, make_engine(root / CATALOG)) as library:
        library.store.make_folders()
        yield library


@contextmanager
def read_library(root: Path) -> Iterator[Library]:
    """The library at `root` for one who only reads: the same, but one that cannot be written is opened as it stands.

    Raises what `open_library` does; whoever writes to a library that cannot be written gets StorageFailed.
    """
    root = _absolute(root)
    if not (root / CATALOG).is_file() or _is_writable(root):
        with open_library(root, create=False) as library:
            yield library
        return
    check_current(root / CATALOG)
    with _opened(root, make_reading_engine(root / CATALOG), is_writable=False) as library:
        yield library


@contextmanager
def _opened(root: Path, engine: Engine, *, is_writable: bool = True) -> Iterator[Library]:
    library = Library(root, Sessions(engine), is_writable=is_writable)
    try:
        yield library
    finally:
        library.close()
        engine.dispose()


def _absolute(root: Path) -> Path:
    # Not resolve(), which would follow the user's links.
    return Path(os.path.abspath(os.path.expanduser(root)))  # noqa: PTH100, PTH111 - "~nobody" is a name like any other


def _is_writable(root: Path) -> bool:
    return os.access(root, os.W_OK | os.X_OK)


def _prepare(root: Path, create: bool) -> None:
    catalog = root / CATALOG
    try:
        with storage_errors():
            if root.exists() and not root.is_dir():
                raise LibraryUnusable(f"{root} is not a folder")
            if catalog.exists() and not catalog.is_file():
                raise LibraryUnusable(f"{catalog} is not a file")
            if not catalog.exists() and not create and (root / FILES).exists():
                raise LibraryDamaged(f"{catalog} is gone; {AFTER_A_LOSS}")
            if not catalog.exists() and not create:
                raise LibraryUnusable(f"there is no library at {root}; `scrape`, `follow` or `add` makes one")
            root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryUnusable(f"cannot make the library {root}: {error.strerror}") from error
