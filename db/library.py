"""Open a library: the folder with the catalog, the files and the locks.

    library/
        catalog.sqlite      tables of db.schema
        files/ab/ab12....jpg    content-addressed images and results
        files/staging/      downloads in progress
        scrape.lock, stylize.lock   held while a run of that kind works
        upgrade.lock        held while the catalog is made or upgraded
        catalog.before-0001.sqlite  the catalog as it was before an upgrade
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.engine import Sessions, make_engine
from db.errors import LibraryUnusable, StorageFailed
from db.follows import Follows
from db.forgotten import Forgotten
from db.images import Images
from db.locks import locked
from db.manners import Manners
from db.migrate import upgrade
from db.posts import Posts
from db.results import Results
from db.runs import Runs
from db.sightings import Sightings
from db.store import FileStore, storage_errors

CATALOG = "catalog.sqlite"


class Library:
    """An open library: `store` holds its files, every other attribute the queries on one thing."""

    def __init__(self, root: Path, sessions: Sessions) -> None:
        self.root = root
        self.store = FileStore(root)
        self.posts = Posts(sessions, self.store)
        self.images = Images(sessions, self.store)
        self.sightings = Sightings(sessions, self.store)
        self.results = Results(sessions, self.store)
        self.runs = Runs(sessions)
        self.follows = Follows(sessions)
        self.forgotten = Forgotten(sessions, self.store)
        self.manners = Manners(sessions)

    @contextmanager
    def lock(self, activity: str, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the lock of one activity ("scrape", "stylize"); raises LibraryBusy if another run has it.

        At once, unless told to wait.
        """
        busy = f"another {activity} run is working on {self.root}; try again later"
        with locked(self.root / f"{activity}.lock", busy, wait_s):
            yield


@contextmanager
def open_library(root: Path, *, create: bool = True) -> Iterator[Library]:
    """The library at `root`, made (with `create`) and migrated as needed.

    Raises LibraryUnusable, LibraryTooNew, LibraryBusy or StorageFailed.
    """
    # Not resolve(), which would follow the user's links.
    root = Path(os.path.abspath(os.path.expanduser(root)))  # noqa: PTH100, PTH111 - "~nobody" is a name like any other
    _prepare(root, create)
    upgrade(root / CATALOG)
    engine = make_engine(root / CATALOG)
    try:
        yield Library(root, Sessions(engine))
    finally:
        engine.dispose()


def _prepare(root: Path, create: bool) -> None:
    catalog = root / CATALOG
    try:
        with storage_errors():
            if root.exists() and not root.is_dir():
                raise LibraryUnusable(f"{root} is not a folder")
            if catalog.exists() and not catalog.is_file():
                raise LibraryUnusable(f"{catalog} is not a file")
            if not catalog.exists() and not create:
                raise LibraryUnusable(f"there is no library at {root}; `scrape`, `follow` or `add` makes one")
            root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryUnusable(f"cannot make the library {root}: {error.strerror}") from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise StorageFailed(f"the library {root} is not writable")
