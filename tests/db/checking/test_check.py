"""P5: a check finds every kind of damage, tells nothing of what is whole, and changes nothing."""

import hashlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.checking import strays
from db.checking.check import Check, Scope
from db.checking.files import Level
from db.checking.finding import Kind
from db.engine import make_engine
from db.errors import DbError, LibraryTooNew, LibraryUnusable
from db.library import CATALOG, open_library
from db.migrate import VERSIONS, empty_catalog
from db.records import Role
from tests.db.checking.conftest import Find, age, execute, picture, tree
from tests.db.checking.damage import DAMAGE, files, flip, old

QUICK, DECODING = Scope(Level(reads=False)), Scope(Level(decodes=True))


def test_a_whole_library_is_found_whole_and_no_byte_of_it_is_touched(root: Path, find: Find) -> None:
    before = tree(root)
    for scope in (Scope(), QUICK, DECODING):
        assert find(scope) == []
    assert tree(root) == before


@pytest.mark.parametrize("name", DAMAGE)
def test_every_kind_of_damage_is_found(name: str, root: Path, find: Find) -> None:
    act, expected = DAMAGE[name]
    act(root)
    if name == "frames of no result":
        age(root)
    found = find()
    assert {finding.kind for finding in found} == expected, found
    assert all(finding.what and finding.where and finding.advice for finding in found)


def test_sizes_alone_are_looked_at_quickly(root: Path, find: Find) -> None:
    first, second, third = files(root)[:3]
    first.unlink()
    os.truncate(second, 100)
    flip(third)
    assert sorted(finding.kind for finding in find(QUICK)) == [Kind.MISSING_FILE, Kind.WRONG_SIZE]


def test_pixels_that_are_broken_in_the_middle_are_found_where_all_are_decoded(root: Path, find: Find) -> None:
    data = bytearray(picture("red", "PNG"))
    data[60] ^= 255
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"files/{sha256[:2]}/{sha256}.png"
    old(root / path, bytes(data))
    execute(root, "INSERT INTO files (sha256, path, size_bytes, media_type, width, height, added_at) VALUES "
                  f"('{sha256}', '{path}', {len(data)}, 'image/png', 64, 48, '2026-01-01 00:00:00')")
    assert find() == []
    assert [finding.kind for finding in find(DECODING)] == [Kind.UNDECODABLE]


def test_what_needs_a_damaged_file_is_told_with_it(root: Path, find: Find) -> None:
    with open_library(root) as library:
        style, made = library.images.get(3), library.results.get(1)
    style.path.unlink()
    assert made.path is not None
    flip(made.path)
    told = {finding.path: finding.what for finding in find()}
    assert "image 3, 2 results were made from it" in told[style.path.relative_to(root).as_posix()]
    assert "the picture of result 1" in told[made.path.relative_to(root).as_posix()]


@pytest.mark.parametrize("half", [False, True])
def test_a_file_that_is_being_taken_in_is_no_finding(half: bool, root: Path) -> None:
    """Its row comes while the check waits for it; half of a download is nobody's business."""
    with open_library(root) as library:
        stored = library.store.put_bytes(picture("white"))
        library.store.staging_path("10_2").write_bytes(b"half")
        library.store.staging_path("ab").write_bytes(b"half")
        waits: list[float] = []

        def row_comes(seconds: float) -> None:
            waits.append(seconds)
            library.images.add(stored, "/own/white.jpg", Role.CONTENT)

        assert list(Check(root, QUICK if half else Scope(), lambda *_: None, row_comes).findings()) == []
        assert len(waits) == 1


def test_a_file_that_is_forgotten_while_it_is_looked_at_is_no_finding(root: Path, monkeypatch) -> None:
    with open_library(root) as library:
        path = library.images.get(3).path
    told = []

    def forgotten(*_: object) -> None:
        if not told:
            told.append(1)
            execute(root, "PRAGMA foreign_keys = OFF", "DELETE FROM results", "DELETE FROM additions",
                    "DELETE FROM images WHERE id = 3", "DELETE FROM files WHERE id = 3")
            path.unlink()

    found = list(Check(root, Scope(), forgotten).findings())
    assert [finding.kind for finding in found if finding.path == path.relative_to(root).as_posix()] == []


def test_a_forgetting_that_was_cut_off_has_its_files_told_as_left_over(root: Path, find: Find) -> None:
    old(root / "files/ab/x.jpg", b"x")
    counts = json.dumps({"paths": ["files/ab/x.jpg"], "images": []})
    execute(root, "INSERT INTO runs (command, target, started_at, counts) VALUES "
                  f"('forget', 'x', '2026-01-01 00:00:00', '{counts}')")
    assert [finding.kind for finding in find()] == [Kind.LEFTOVER]


def test_without_a_catalog_files_are_held_against_their_names(root: Path, find: Find) -> None:
    (root / CATALOG).unlink()
    flip(files(root)[1])
    assert [finding.kind for finding in find()] == [Kind.CATALOG, Kind.CHANGED_BYTES]


def test_what_a_run_has_not_checkpointed_is_seen(root: Path, find: Find) -> None:
    engine = make_engine(root / CATALOG)
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE slides SET status = 'odd' WHERE \"index\" = 0")
        connection.commit()
        assert (root / f"{CATALOG}-wal").stat().st_size > 0
        assert [finding.kind for finding in find()] == [Kind.UNKNOWN_WORD]
    engine.dispose()


def test_a_newer_library_is_left_to_a_newer_program(root: Path, find: Find) -> None:
    execute(root, f"UPDATE {VERSIONS} SET version_num = '9998'")
    with pytest.raises(LibraryTooNew):
        find()


def test_where_there_is_no_library_none_is_made(tmp_path: Path, find: Find) -> None:
    with pytest.raises(LibraryUnusable):
        find(at=tmp_path / "nowhere")
    assert list(tmp_path.glob("nowhere")) == []


def test_an_older_library_is_held_against_its_own_version(root: Path, find: Find) -> None:
    (root / CATALOG).unlink()
    shutil.rmtree(root / "frames")
    with closing(empty_catalog("0004")) as model, closing(sqlite3.connect(root / CATALOG)) as catalog:
        model.backup(catalog)
    assert {finding.kind for finding in find()} == {Kind.ORPHAN_FILE}


def test_a_check_that_was_cut_off_goes_on_where_it_was(root: Path) -> None:
    for path in files(root)[:2]:
        path.unlink()

    class CutOffError(Exception):
        pass

    def cut_off(what: str, done: int, _: int) -> None:
        if (what, done) == ("files", 3):
            raise CutOffError

    with pytest.raises(CutOffError):
        list(Check(root, Scope(), cut_off).findings())
    seen: list[int] = []
    check = Check(root, Scope(), lambda what, done, _: seen.append(done) if what == "files" else None)
    assert len(list(check.findings())) == 2
    assert (check.resumed_at, seen[0], check.files) == (2, 3, len(seen) + 2)
    assert not (root / "check.json").exists()
    quick = Check(root, QUICK, lambda *_: None)
    assert (len(list(quick.findings())), quick.resumed_at) == (2, 0)


def test_a_kill_leaves_a_position_that_is_used_for_the_same_kind_of_check_alone(root: Path) -> None:
    old(root / "check.json", b'{"scope": ["x"], "done_to": 99, "files": 5, "read_bytes": 1, "suspects": []}')
    check = Check(root, Scope(), lambda *_: None)
    assert list(check.findings()) == []
    assert check.resumed_at == 0


def test_beside_a_run_that_takes_in_files_nothing_is_found(root: Path) -> None:
    """A run in another process, checks all the while."""
    def run() -> None:
        with open_library(root) as library:
            for number in range(60):
                colour = f"#{number:02x}{number:02x}ff"
                library.images.add(library.store.put_bytes(picture(colour)), f"/own/{number}.jpg", Role.CONTENT)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    checks = 0
    while process.is_alive() or not checks:
        assert list(Check(root, Scope(), lambda *_: None).findings()) == []
        checks += 1
    process.join()
    assert process.exitcode == 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_bytes_a_catalog_has_a_check_ends_with_findings_or_a_known_error(whole, tmp_path, data) -> None:
    root = tmp_path / "torn"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    (root / "files").symlink_to(whole / "files")
    content = bytearray((whole / CATALOG).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        noise = data.draw(st.binary(min_size=1, max_size=300))
        content[place : place + len(noise)] = noise
    (root / CATALOG).write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2, 4096, 17]))])
    with suppress(DbError):
        list(Check(root, QUICK, lambda *_: None, lambda _: None).findings())


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 4), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_of_any_file_is_found(whole, tmp_path, number, place, bit) -> None:
    root = tmp_path / "flipped"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(whole, root)
    path = files(root)[number]
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    path.write_bytes(data)
    found = list(Check(root, Scope(), lambda *_: None).findings())
    assert [(finding.kind, finding.path) for finding in found] == [
        (Kind.CHANGED_BYTES, path.relative_to(root).as_posix())]


def test_a_file_of_the_future_is_not_waited_for(root: Path, find: Find) -> None:
    """A clock that went back makes no file young for ever."""
    path = root / "files/ab/x.jpg"
    old(path, b"x")
    os.utime(path, (time.time() + 86_400,) * 2)
    assert not strays.is_young(path, 60)
    assert [finding.kind for finding in find()] == [Kind.ORPHAN_FILE]
