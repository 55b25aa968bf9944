"""A damaged catalog: whatever of it can be read comes into the new one."""

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.errors import LibraryDamaged, LibraryTooNew
from db.library import CATALOG, open_library
from db.migrate import VERSIONS, empty_catalog, revisions
from db.records import Role
from tests.db.checking.conftest import execute, picture
from tests.db.checking.mending import checked, contents, repaired, rows


def test_words_that_were_damaged_are_found_again(root: Path) -> None:
    execute(root, "DELETE FROM image_texts")
    repaired(root)
    assert rows(root, "SELECT rowid FROM image_texts WHERE image_texts MATCH 'red' ORDER BY rowid") == [(1,), (2,)]


def test_a_page_of_the_catalog_that_is_overwritten_costs_its_rows_alone(root: Path) -> None:
    execute(root, *(
        "INSERT INTO page_loads (site, at) VALUES ('www.instagram.com', '2026-01-01 00:00:00')" for _ in range(3000)))
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute(
            "SELECT max(pageno) FROM dbstat WHERE name = 'page_loads' AND pagetype = 'leaf'").fetchone() if (
                "ENABLE_DBSTAT_VTAB" in str(connection.execute("PRAGMA compile_options").fetchall())) else (None,)
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    page = page or pages - 2
    data = bytearray((root / CATALOG).read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    (root / CATALOG).write_bytes(data)
    with open_library(root) as library:
        images = library.images.find()
    repaired(root)
    assert checked(root) == []
    with open_library(root) as library:
        assert library.images.find() == images
        assert len(library.results.find()) == 3
    assert 1000 < len(rows(root, "SELECT 1 FROM page_loads")) <= 3000
    (aside,) = (root / "quarantine").rglob(CATALOG)
    assert aside.read_bytes() == bytes(data)


def test_numbers_that_were_given_are_not_given_again_by_a_new_catalog(root: Path) -> None:
    execute(root, "UPDATE sqlite_sequence SET seq = 70 WHERE name = 'images'", "DROP INDEX ix_posts_code")
    repaired(root)
    with open_library(root) as library:
        assert library.images.add(library.store.put_bytes(picture("white")), "/w.jpg", Role.CONTENT)[0] == 71


def test_an_older_library_with_loose_ends_is_mended_and_brought_up_to_date(root: Path) -> None:
    with closing(empty_catalog("0004")) as model:
        (root / CATALOG).unlink()
        with closing(sqlite3.connect(root / CATALOG)) as catalog:
            model.backup(catalog)
    execute(root, "INSERT INTO profile_posts VALUES ('1', '10')")
    repaired(root)
    assert rows(root, f"SELECT version_num FROM {VERSIONS}") == [(revisions()[0],)]
    assert checked(root) == []


def test_a_format_that_sqlite_does_not_know_is_damage(root: Path) -> None:
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray((root / CATALOG).read_bytes())
    data[47] = 5        # the format of its schema, of which there are four
    (root / CATALOG).write_bytes(data)
    with pytest.raises(LibraryDamaged), open_library(root, create=False) as library:
        library.images.find()
    repaired(root)
    assert checked(root) == []


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_bytes_a_catalog_has_a_repair_makes_a_library_of_it(whole: Path, tmp_path: Path, data: Any) -> None:
    root = tmp_path / "torn"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(whole, root)
    content = bytearray((root / CATALOG).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        noise = data.draw(st.binary(min_size=1, max_size=200))
        content[place : place + len(noise)] = noise
    (root / CATALOG).write_bytes(content[: data.draw(st.sampled_from([len(content), len(content), 20_000, 17]))])
    before = contents(root)
    try:
        repaired(root)
    except LibraryTooNew:
        return
    assert checked(root) == []
    assert before - contents(root) == Counter()
    with open_library(root, create=False) as library:
        library.images.find()
