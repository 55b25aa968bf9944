"""What is alike and what is weak is told, in old libraries too, and left out of a run when that is asked for."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from db.importing.add import add_images
from db.library import CATALOG, Library, open_library
from db.records import Role
from tests.cli.conftest import Run
from tests.db.imaging.test_looks import photograph


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    """Images 1, its smaller copy 2, 3, and 4 of 50 pixels; style 5."""
    pictures = {"one": photograph(1), "copy": photograph(1).resize((240, 180)), "other": photograph(2),
                "tiny": photograph(3).resize((66, 50)), "style": photograph(4)}
    with open_library(tmp_path / "library") as library:
        for name, picture in pictures.items():
            picture.save(tmp_path / f"{name}.png")
            list(add_images(library, [tmp_path / f"{name}.png"], Role.STYLE if name == "style" else Role.CONTENT))
    return tmp_path


@pytest.fixture
def library(pile: Path):
    with open_library(pile / "library") as opened:
        yield opened


def test_copies_are_listed_in_groups_and_neighbours_by_their_distance(pile: Path, library: Library, here: Run) -> None:
    done = here("duplicates")
    head, *lines = [line.split("\t") for line in done.out.splitlines()]
    assert (head[0], [line[2] for line in lines], {line[5] for line in lines}) == ("group", ["1", "2"], {"copies"})
    assert done.err.startswith("1 group of copies; nothing was changed")
    assert here("duplicates", "-1", "--json").lines[:-1] == []
    assert here("duplicates", "2-5").err == "no two of 4 images are alike\n"
    assert [line["images"] for line in here("duplicates", "--json").lines[:-1]] == [[1, 2]]
    (found, _) = here("images", "--alike", "copy.png", "--json").lines
    assert (found["id"], found["distance"] <= 8) == (1, True)
    assert here("images", "--alike", 3).err == "nothing looks like 3\n"
    for command, said in ((["images", "--alike", "1-2"], "is 2 images; --alike is like one"),
                          (["images", "--alike", "9"], "no image 9"),
                          (["images", "--alike", "1", "--sort", "size"], "leave out --sort"),
                          (["duplicates", "--distance", "40"], "--distance")):
        done = here(*command)
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert said in done.err


def test_an_old_library_is_looked_at_when_it_is_asked_and_once(pile: Path, library: Library, here: Run) -> None:
    with closing(sqlite3.connect(pile / "library" / CATALOG)) as connection, connection:
        connection.execute("DELETE FROM looks")
    library.images.get(3).path.write_bytes(b"damaged")
    done = here("duplicates", "--json")
    assert [line["images"] for line in done.lines[:-1]] == [[1, 2]]
    assert "cannot be read: 1 image" in done.err
    assert library.looks.missing() == [3]
    assert here("duplicates", "-q").out.count("\n") == 3


def test_small_images_and_copies_are_told_and_left_out_when_asked(pile: Path, library: Library, here: Run) -> None:
    def planned(*words: str) -> list[int]:
        return [line["content_id"] for line in here("stylize", *words, "--dry-run", "--json").lines[:-1]]

    said = here("stylize", "--all", "--dry-run").err
    assert "1 content image is under 64 pixels on a side: 4; --skip-weak leaves it out\n" in said
    assert "1 content image is near another one: 2" in said
    assert sorted(planned("--all")) == [1, 2, 3, 4]
    assert sorted(planned("--all", "--skip-weak")) == [1, 3]
    library.marks.star_images([2])
    assert sorted(planned("--all", "--skip-weak", "--weak-side", "50")) == [2, 3, 4]
    assert sorted(planned("1-4", "--style", "5", "--skip-weak")) == [1, 2, 3, 4]    # named: they are meant
    done = here("stylize", "--all", "--skip-weak", "--weak-side", "9999", "--dry-run")
    assert (done.code, "--skip-weak leaves no content image" in done.err) == (2, True)
