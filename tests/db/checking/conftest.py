"""A library with something of every kind in it, and what a check finds there."""

import io
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from db.checking.check import Check, Scope
from db.checking.finding import Finding
from db.library import CATALOG, open_library
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

LONG_AGO_S = 30 * 86_400
Find = Callable[..., list[Finding]]


def picture(colour: str, image_format: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, image_format)
    return buffer.getvalue()


def age(root: Path) -> None:
    """All files as if they had been written long ago: what is young may still be in hand."""
    then = time.time() - LONG_AGO_S
    for path in root.rglob("*"):
        os.utime(path, (then, then))


def execute(root: Path, *statements: str) -> None:
    """Changes the catalog behind the program's back."""
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
    }


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a post of two slides, an own style, a result of three with frames, a kept page: all as it is left.
    """
    root = tmp_path_factory.mktemp("whole") / "library"
    with open_library(root) as library:

        def stored(colour: str, image_format: str = "JPEG") -> StoredFile:
            return library.store.put_bytes(picture(colour, image_format))

        library.posts.save_profile(ProfileRecord("1", "ana", Role.CONTENT, "Ana"))
        slides = tuple(SlideRecord(index, f"10-{index}", alt_text=f"slide {index}") for index in range(3))
        library.posts.save(PostRecord("10", "CODE10", "1", "carousel", slides, caption="a red thing"), "1")
        for index, colour in enumerate(("red", "blue")):
            library.posts.slide_saved("10", index, stored(colour), f"https://x/{index}.jpg", True)
        style = stored("green", "PNG")
        library.images.add(style, "/own/green.png", Role.STYLE)
        for colour, result in (("red", "pink"), ("blue", "cyan")):
            key = ResultKey(stored(colour).sha256, style.sha256, "r")
            library.results.save(ResultRecord(key, "gatys", 64, 5, 0, ResultStatus.DONE), stored(result, "PNG"))
            library.frames.save(key, [(1, picture(result, "PNG"))])
        failed = ResultRecord(
            ResultKey(stored("blue").sha256, stored("red").sha256, "r"), "gatys", 64, 5, 0, ResultStatus.FAILED)
        library.results.save(failed, None)
        library.samples.keep("profile", "ana", {"kind": "profile", "name": "ana"})
        library.runs.finish(library.runs.start("scrape", "ana"), "done", {"saved": 2})
        library.follows.add("ana", Role.STYLE, None)
    age(root)
    return root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "library"))


@pytest.fixture
def find(root: Path) -> Find:
    def found(scope: Scope | None = None, at: Path = root) -> list[Finding]:
        return list(Check(at, scope or Scope(), lambda *_: None).findings())

    return found


@pytest.fixture(params=["backup", "backup.tar"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "disk" / request.param
