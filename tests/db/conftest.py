"""An open library in a fresh folder, posts and images made on the spot, and processes that can be killed."""

import io
import multiprocessing
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from db.library import Library, open_library
from db.records import PostRecord, ProfileRecord, Role, SlideRecord

MakeImage = Callable[..., bytes]
MakePost = Callable[..., PostRecord]
FORK = multiprocessing.get_context("fork")
NOBODY = 65534
PROFILE = ProfileRecord("1", "ana", Role.CONTENT, "Ana")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def library(root: Path) -> Iterator[Library]:
    with open_library(root) as opened:
        yield opened


@pytest.fixture
def profile(library: Library) -> ProfileRecord:
    library.posts.save_profile(PROFILE)
    return PROFILE


@pytest.fixture
def make_image() -> MakeImage:
    def make(colour: str = "red", size: tuple[int, int] = (32, 24), image_format: str = "PNG", **options: Any) -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", size, colour).save(buffer, image_format, **options)
        return buffer.getvalue()

    return make


@pytest.fixture
def noise() -> bytes:
    """A PNG of about 200 kB, for noise does not compress."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (256, 256), os.urandom(256 * 256 * 3)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def make_post() -> MakePost:
    def make(pk: str = "10", slides: int = 2, videos: tuple[int, ...] = (), **fields: Any) -> PostRecord:
        records = tuple(SlideRecord(index, f"{pk}-{index}", is_video=index in videos) for index in range(slides))
        known = {"pk": pk, "code": f"C{pk}", "owner_pk": "1", "kind": "carousel", "slides": records}
        return PostRecord(**known | fields)

    return make


@pytest.fixture
def in_child() -> Callable[..., int]:
    """Run a function in a process of its own; returns the exit code: 1 when it raised, -9 when it was killed."""

    def run(function: Callable[..., None], *arguments: object) -> int:
        process = FORK.Process(target=function, args=arguments)
        process.start()
        process.join(60)
        assert process.exitcode is not None
        return process.exitcode

    return run


@pytest.fixture
def as_nobody(in_child: Callable[..., int]) -> Callable[..., int]:
    """The same, without the powers of root, to whom no folder is read-only."""

    def run(function: Callable[..., None], *arguments: object) -> int:
        def powerless() -> None:
            if os.getuid() == 0:
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            function(*arguments)

        return in_child(powerless)

    return run
