"""The door for programs: a library's images and results."""

from dataclasses import FrozenInstanceError, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from db import DbError, Library
from db.errors import BadQuery, LibraryUnusable, UnknownImage, UnknownResult
from db.importing.add import add_images
from db.records import ResultKey, ResultRecord, ResultStatus, Role


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A library with a content (1), two styles (2, 3), a finished result and a failed one."""
    with Library.open(tmp_path / "library", create=True) as library:
        for seed, name in enumerate(("content", "a", "b")):
            noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / f"{name}.png")
            list(add_images(library.inner, [tmp_path / f"{name}.png"], Role.CONTENT if seed == 0 else Role.STYLE))
        content, *styles = library.images()
        for style, status in zip(styles, ResultStatus, strict=True):
            key = ResultKey(content.sha256, style.sha256, "hash")
            stored = library.inner.store.put_bytes(style.path.read_bytes()) if status is ResultStatus.DONE else None
            library.inner.results.save(
                ResultRecord(key, "gatys", 8, 1, 0, status, reason=None if stored else "why"), stored)
    return tmp_path / "library"


def test_images_are_found_by_what_they_are_for(root: Path) -> None:
    with Library.open(root) as library:
        assert library.path == root
        assert [image.name for image in library.images()] == ["content.png", "a.png", "b.png"]
        assert [image.name for image in library.images(role="style")] == ["a.png", "b.png"]
        assert library.images(profile="natgeo") == library.images(post_code="C") == []
        first = library.image(1)
    assert first.path.is_file()
    with pytest.raises(FrozenInstanceError):
        first.id = 2    # type: ignore[misc]


def test_results_are_found_by_their_images(root: Path) -> None:
    with Library.open(root) as library:
        content, a, b = library.images()
        assert [result.style_id for result in library.results()] == [a.id]
        assert [result.style_id for result in library.results(status=None)] == [a.id, b.id]
        assert [result.record.reason for result in library.results(content, b, status="failed")] == ["why"]
        assert library.results(style=content.id) == library.results(recipe="w2") == []
        assert library.result(library.results(recipe="gatys")[0].id).record.recipe == "gatys"


def test_images_and_results_are_named_and_narrowed_as_on_the_command_line(root: Path) -> None:
    with Library.open(root) as library:
        _, a, _ = library.images()
        library.inner.marks.tag_images([a.id], ["best"])
        assert [image.name for image in library.images(which="3 1-2 -1")] == ["b.png", "a.png"]
        assert [image.id for image in library.images(which=["b.png", "1"], min_side=8)] == [3, 1]
        assert [image.id for image in library.images("style", tags="#Best", aspect="square", since="2020-01-01")] == [2]
        assert library.images(until="2020-01-01") == library.images(status="excluded") == []
        assert [result.id for result in library.results(which="a.png", status=None)] == [1]
        assert library.results(which="b.png") == library.results(tags=["best"]) == []
        for wrong in ({"which": "9"}, {"which": ""}, {"colour": "red"}, {"status": "done"}, {"aspect": "wide"},
                      {"since": "soon"}, {"since": datetime(2020, 1, 1)}, {"tags": ["a b"]}):
            with pytest.raises(BadQuery):
                library.images(**wrong)


def test_what_is_not_there_is_an_error_of_ours(root: Path, tmp_path: Path) -> None:
    with Library.open(root) as library:
        with pytest.raises(BadQuery, match="none of content, style, both"):
            library.images(role="painting")
        with pytest.raises(BadQuery):
            library.results(status="good")
        with pytest.raises(UnknownImage):
            library.results(content=99)
        with pytest.raises(UnknownImage, match="another one"):
            library.results(replace(library.image(1), sha256="0" * 64))
        with pytest.raises(UnknownResult):
            library.result(99)
    library.close()
    with pytest.raises(LibraryUnusable):
        Library.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert issubclass(LibraryUnusable, DbError)
