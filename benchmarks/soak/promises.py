"""What a year has to keep: everything collected once, the site asked within its bounds, nothing that grows."""

import os
import sqlite3
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak.served import Asked
from benchmarks.soak.world import World
from db.library import CATALOG, Library
from scraper.delays import DEFAULT_PAGES_PER_HOUR

_PAGES = ("profile", "post")
_SEEN_WITHIN_DAYS = 10      # a public post is collected by then, whatever moods the site has
_HOUR_S = 3600


@dataclass
class Requests:
    """What the site was asked, and where that broke a promise."""

    pages: int = 0
    images: int = 0
    most_in_an_hour: int = 0
    of_post: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _recent: deque[float] = field(default_factory=deque)

    def take(self, asked: Iterable[Asked], quiet_until_s: float) -> None:
        """Those of one run; pages asked for before a cool-down is over are a broken promise."""
        for one in asked:
            self.images += one.kind == "image"
            if one.kind not in _PAGES:
                continue
            self.pages += 1
            if one.kind == "post":
                self.of_post[one.path] += 1
            if one.at_s < quiet_until_s:
                self.wrong.append(f"{one.path} was asked for during a cool-down")
            self._recent.append(one.at_s)
            while self._recent[0] <= one.at_s - _HOUR_S:
                self._recent.popleft()
            self.most_in_an_hour = max(self.most_in_an_hour, len(self._recent))
            if len(self._recent) > DEFAULT_PAGES_PER_HOUR:
                self.wrong.append(f"{len(self._recent)} pages in an hour")


class Expected:
    """The posts that have to be there, by what was public for long enough."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._public_days: Counter[str] = Counter()
        self._posts = set[str]()
        self.excused = set[str]()

    def night(self, day: int) -> None:
        """Note what could be seen on this day."""
        for account in self._world.accounts(day):
            if self._world.is_gone(account, day):
                continue
            for post in account.posts:
                pk = str(post.pk)
                self._public_days[pk] += 1
                if self._world.never_whole(post):
                    self.excused.add(pk)
                elif self._public_days[pk] >= _SEEN_WITHIN_DAYS:
                    self._posts.add(pk)

    def missing(self, library: Library) -> list[str]:
        """Posts that should be complete and are not."""
        wanted = sorted(self._posts)
        states = library.posts.states(wanted)
        return [pk for pk in wanted if pk not in states or not states[pk].complete]

    def __len__(self) -> int:
        return len(self._posts)


@dataclass(frozen=True)
class State:
    """What the process and the library hold at a moment."""

    posts: int
    images: int
    memory_mib: float
    descriptors: int
    strays: int         # files in the library besides the catalog, its images and samples
    catalog_mib: float
    rows_of_manners: int


def state_of(library: Path) -> State:
    """Counts, by the system's and SQLite's own word."""
    with closing(sqlite3.connect(f"file:{library / CATALOG}?mode=ro", uri=True)) as catalog:
        def count(table: str) -> int:
            return int(catalog.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

        posts, images = count("posts"), count("images")
        manners = count("page_loads") + count("cool_downs")
        pages, size = (catalog.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
    names = [path for path in library.rglob("*") if path.is_file()]
    expected = ("files", "samples")
    strays = [path for path in names if path.relative_to(library).parts[0] not in expected
              and not path.name.startswith(CATALOG) and path.suffix not in (".lock", ".json")]
    strays += [path for path in names if path.suffix == ".partial"]
    resident = Path("/proc/self/statm").read_text().split()[1]
    return State(
        posts, images, int(resident) * os.sysconf("SC_PAGE_SIZE") / 2**20, len(list(Path("/proc/self/fd").iterdir())),
        len(strays), pages * size / 2**20, manners)
