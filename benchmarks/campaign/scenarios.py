"""The writing commands, each with the folder that it is begun in; none takes longer than it must."""

import io
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image

from benchmarks.campaign import replica
from benchmarks.campaign.commands import run
from db.library import CATALOG, Library, open_library
from db.migrate import empty_catalog
from db.records import (
    PostRecord,
    ProfileRecord,
    ResultKey,
    ResultRecord,
    ResultStatus,
    Role,
    SlideRecord,
    StoredFile,
)

TINY = "--recipe gatys --size 32 --steps 2 --scales 1 --no-measures"
OLD = "0004"


@dataclass(frozen=True)
class Scenario:
    """A command, or several, one a line, that change what is in a folder.

    `again` is what one ends with that has done so already. Where it said that what it made has damage, `made` is to be
    removed before it is run again.
    """

    name: str
    start: Callable[[Path], None]
    commands: str
    again: int = 0
    made: str = ""
    dated: tuple[str, ...] = ()     # files that have times of this very run in them

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """The words of each command."""
        return [(*line.split(),) for line in self.commands.splitlines()]


def picture(name: str, side: int = 40) -> bytes:
    """A PNG that follows from its name, in a few shades."""
    random = Random(zlib.crc32(name.encode()))
    small = Image.frombytes("RGB", (5, 4), random.randbytes(5 * 4 * 3))
    buffer = io.BytesIO()
    small.resize((side, side * 4 // 5)).save(buffer, "PNG")
    return buffer.getvalue()


def pictures(folder: Path, names: str = "abc") -> None:
    """Pictures of the user's own, on disk."""
    (folder / "pictures").mkdir()
    for name in names:
        (folder / "pictures" / f"{name}.png").write_bytes(picture(name))


def empty(folder: Path) -> None:
    """An empty library, and a site to visit; `add` shows how one comes about."""
    replica.serve()
    with open_library(folder / "library"):
        pass


def full(folder: Path) -> None:
    """A library with something of everything: a scraped post, own images with tags, a result with its frames."""
    with open_library(folder / "library") as library:
        fill(library)


def fill(library: Library) -> None:
    def stored(name: str) -> StoredFile:
        return library.store.put_bytes(picture(name))

    library.posts.save_profile(ProfileRecord("1", "ana", Role.CONTENT, "Ana"))
    slides = tuple(SlideRecord(index, f"10-{index}", alt_text=f"slide {index}") for index in range(2))
    library.posts.save(PostRecord("10", "CODE10", "1", "carousel", slides, caption="the sea"), "1")
    for index in range(2):
        library.posts.slide_saved("10", index, stored(f"slide {index}"), f"https://x/{index}.jpg", True)
    content, style = stored("content"), stored("style")
    library.images.add(content, "/own/content.png", Role.CONTENT)
    library.images.add(style, "/own/style.png", Role.STYLE)
    for of in (stored("slide 0"), content):
        key = ResultKey(of.sha256, style.sha256, "r")
        library.results.save(ResultRecord(key, "gatys", 64, 5, 0, ResultStatus.DONE), stored(f"result {of.sha256}"))
        library.frames.save(key, [(1, picture("on the way"))])



def damaged(folder: Path) -> None:
    """A library with files that are gone, changed and cut short, and a row that points nowhere."""
    full(folder)
    with open_library(folder / "library") as library:
        paths = [image.path for image in library.images.find()]
    paths[0].unlink()
    paths[1].write_bytes(picture("another"))
    paths[2].write_bytes(paths[2].read_bytes()[:50])
    with closing(sqlite3.connect(folder / "library" / CATALOG)) as connection:
        connection.execute("INSERT INTO image_tags VALUES (999, 'nowhere')")
        connection.commit()


def old(folder: Path) -> None:
    """A library of an old version: its catalog has to be upgraded by whoever opens it."""
    full(folder)
    library = folder / "library"
    with closing(sqlite3.connect(library / CATALOG)) as new, closing(empty_catalog(OLD)) as made:
        tables = [name for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        made.execute("PRAGMA foreign_keys=OFF")
        for table in tables:
            if table.startswith("sqlite_") or table == "alembic_version":
                continue
            columns = [f'"{row[1]}"' for row in made.execute(f'PRAGMA table_info("{table}")')]
            rows = new.execute(f'SELECT {", ".join(columns)} FROM "{table}"').fetchall()
            made.executemany(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(columns))})', rows)
        made.commit()
        for suffix in ("", "-wal", "-shm"):
            (library / f"{CATALOG}{suffix}").unlink(missing_ok=True)
        with closing(sqlite3.connect(library / CATALOG)) as target:
            made.backup(target)


def backed_up(folder: Path) -> None:
    """A backup and no library."""
    full(folder)
    run(folder, "backup", "copy")
    for path in sorted((folder / "library").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (folder / "library").rmdir()


COSTLY = ("scrape", "stylize", "sweep")      # seconds each
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("add", pictures, "add pictures"),
        Scenario("tag", full, "tag sea,boat 1-4"),
        Scenario("star", full, "star 1-4 r1"),
        Scenario("exclude", full, "exclude 1-2"),
        Scenario("export", full, "export set"),
        Scenario("forget", full, "forget ana --yes"),
        Scenario("remove", full, "remove 3 --with-results --yes", again=2),
        Scenario("backup", full, "backup copy"),
        Scenario("restore", backed_up, "restore copy", again=2, made="library"),
        Scenario("check --repair", damaged, "check --repair"),
        Scenario("migration", old, "status"),
        Scenario("scrape", empty, f"scrape {replica.NAME} --page-delay 0"),
        Scenario("stylize", full, f"stylize 3 --style 4 {TINY}"),
        Scenario("sweep", full, f"sweep --content 3 --style 4 --vary seed=1,2 {TINY}"),
    )
}
