"""P22: what is used is what was recorded, and a catalog that is not as this program leaves it ends with one line."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from db.columns import JsonObject, UtcDateTime, Word
from db.library import CATALOG, Library, open_library
from db.records import ResultStatus
from db.schema import Base
from tests.cli.conftest import Run
from tests.sharing import made_once

PAIR = ("stylize", "--content", "1", "--style", "2", "--size", "32", "--steps", "1", "-q")
READERS = ("images", "results", "status")
OTHERS = ("following", "forget ana")


@pytest.mark.parametrize(("which", "damage"), [(1, "gone"), (2, "flipped")])
def test_a_picture_is_never_painted_from_other_bytes_than_its_hash_says(
    here: Run, library: Library, which: int, damage: str
) -> None:
    path = library.images.get(which).path
    data = path.read_bytes()
    path.unlink()
    if damage == "flipped":     # another picture, whole
        path.write_bytes(library.images.get(3).path.read_bytes())
    done = here(*PAIR)
    assert done.code == 3
    (result,) = library.results.find()
    assert (result.record.status, result.path) == (ResultStatus.FAILED, None)
    assert result.record.reason is not None
    assert "`stylegram check --repair`" in result.record.reason
    path.write_bytes(data)
    assert here(*PAIR).code == 0
    (result,) = library.results.find()
    assert result.record.status is ResultStatus.DONE


@pytest.mark.parametrize("damage", ["gone", "short", "a folder"])
def test_a_result_whose_picture_is_gone_or_short_is_made_again(here: Run, library: Library, damage: str) -> None:
    assert here(*PAIR).code == 0
    (made,) = library.results.find()
    assert made.path is not None
    data = made.path.read_bytes()
    if damage == "short":
        os.truncate(made.path, 100)
    else:
        made.path.unlink()
    if damage == "a folder":
        made.path.mkdir()
        assert "would make 1 picture" in here(*PAIR, "--dry-run").out
        return
    assert here(*PAIR).code == 0
    assert made.path.read_bytes() == data
    assert "would make 0 pictures; 1 exists" in here(*PAIR, "--dry-run").out.replace("1 exist,", "1 exists")


def damaged(root: Path, statement: str) -> None:
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement)
        connection.commit()


def they_end_well(here: Run, *commands: str) -> None:
    for command in commands:
        done = here(*command.split())
        assert done.code in (0, 2, 3, 65), (command, done.err)
        assert "Traceback" not in done.err, (command, done.err)
        if done.code == 65:
            assert done.err.count("\n") == 1
            assert "`stylegram check" in done.err


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a row in every table that has a word, a date or JSON."""
    return made_once(tmp_path_factory, "every-table", _fill) / "library"


def _fill(folder: Path) -> None:
    root = folder / "library"
    with open_library(root):
        pass
    now = "'2026-01-01 00:00:00'"
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        for statement in (
            f"INSERT INTO files VALUES (1, '{'a' * 64}', 'files/aa/{'a' * 64}.png', 9, 'image/png', 8, 8, {now})",
            f"INSERT INTO images VALUES (1, 1, 'both', {now}, {now})",
            f"INSERT INTO profiles VALUES ('1', 'ana', 'Ana', 'content', 0, {now}, {now})",
            "INSERT INTO posts (pk, code, owner_pk, kind, taken_at, first_seen_at, gone_at) "
            f"VALUES ('10', 'CODE10', '1', 'image', {now}, {now}, {now})",
            "INSERT INTO profile_posts VALUES ('1', '10')",
            "INSERT INTO slides (post_pk, \"index\", pk, status, attempts, file_id, fetched_at) "
            f"VALUES ('10', 0, '10', 'saved', 1, 1, {now})",
            "INSERT INTO additions (file_id, origin, role, added_at, taken_at) "
            f"VALUES (1, '/a.png', 'style', {now}, {now})",
            "INSERT INTO results (content_id, style_id, recipe_hash, recipe, size, steps, seed, status, attempts, "
            f"file_id, details, created_at, starred_at) VALUES (1, 1, 'r', 'gatys', 8, 1, 0, 'done', 1, 1, '{{}}', "
            f"{now}, {now})",
            f"INSERT INTO runs VALUES (1, 'forget', 'ana', {now}, NULL, NULL, '{{\"paths\": []}}')",
            f"INSERT INTO follows VALUES ('ana', '1', 'style', 3, {now}, {now}, 'done')",
            f"INSERT INTO forgotten VALUES ('post', '11', 'CODE11', {now})",
        ):
            connection.execute(statement)
        connection.commit()


@pytest.fixture
def copied(full: Path, tmp_path: Path) -> Path:
    """A library with that catalog, to be damaged."""
    (tmp_path / "library").mkdir()
    shutil.copyfile(full / CATALOG, tmp_path / "library" / CATALOG)
    return tmp_path / "library"


@pytest.mark.parametrize("table", [table.name for table in Base.metadata.sorted_tables])
def test_a_table_that_is_lost_ends_every_command_with_one_line(here: Run, copied: Path, table: str) -> None:
    damaged(copied, f"DROP TABLE {table}")
    they_end_well(here, *READERS)


ODD = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables for column in table.columns
    if isinstance(column.type, Word | UtcDateTime | JsonObject)
]


@pytest.mark.parametrize(("table", "column"), ODD, ids=lambda name: name)
def test_a_value_that_no_version_wrote_ends_every_command_with_one_line(
    here: Run, copied: Path, table: str, column: str
) -> None:
    damaged(copied, f"UPDATE {table} SET \"{column}\" = '?{{'")
    they_end_well(here, *READERS, *(OTHERS if table in ("follows", "forgotten", "runs") else ()))
