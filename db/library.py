"""Open a library: the folder with the catalog, the files and the locks.

    library/
        catalog.sqlite      tables of db.schema
        files/ab/ab12....jpg    content-addressed images and results
        files/staging/      downloads in progress
        scrape.lock, stylize.lock   held while a run of that kind works
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from db.engine import Sessions, catalog_errors, make_engine
from db.errors import LibraryBusy, LibraryUnusable, StorageFailed
from db.images import Images
from db.migrate import upgrade
from db.posts import Posts
from db.results import Results
from db.runs import Runs
from db.store import FileStore

CATALOG = "catalog.sqlite"


class Library:
    """An open library. `posts`, `images`, `results` and `runs` are its queries, `store` its files."""

    def __init__(self, root: Path, sessions: Sessions) -> None:
        self.root = root
        self.store = FileStore(root)
        self.posts = Posts(sessions, self.store)
        self.images = Images(sessions, self.store)
        self.results = Results(sessions, self.store)
        self.runs = Runs(sessions)

    @contextmanager
    def lock(self, activity: str) -> Iterator[None]:
        """Hold the lock of one activity ("scrape", "stylize"); raises LibraryBusy at once if another run has it.

        The system drops the lock with the process, so a killed run blocks nobody.
        """
        lock = FileLock(self.root / f"{activity}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise LibraryBusy(f"another {activity} run is working on {self.root}; try again later") from error
        try:
            yield
        finally:
            lock.release()


@contextmanager
def open_library(root: Path, *, create: bool = True) -> Iterator[Library]:
    """The library at `root`, made (with `create`) and migrated as needed.

    Raises LibraryUnusable, LibraryTooNew or StorageFailed.
    """
    root = Path(os.path.abspath(root.expanduser()))     # noqa: PTH100 - resolve() would follow the user's links
    _prepare(root, create)
    engine = make_engine(root / CATALOG)
    try:
        with catalog_errors():
            upgrade(engine, root / CATALOG)
        yield Library(root, Sessions(engine))
    finally:
        engine.dispose()


def _prepare(root: Path, create: bool) -> None:
    if root.exists() and not root.is_dir():
        raise LibraryUnusable(f"{root} is not a folder")
    if not (root / CATALOG).exists() and not create:
        raise LibraryUnusable(f"there is no library at {root}; `scrape` or `add` makes one")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(f"cannot make the library {root}: {error.strerror}") from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise StorageFailed(f"the library {root} is not writable")
