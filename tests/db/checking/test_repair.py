"""P5: a repair makes a library whole without deleting anything, and has nothing to do the second time."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from db.checking import files as looking
from db.checking.check import Check, Scope
from db.checking.finding import Finding, Kind
from db.errors import LibraryBusy, LibraryTooNew, StorageFailed
from db.library import CATALOG, open_library
from db.locks import locked
from db.migrate import VERSIONS, empty_catalog
from db.records import ResultKey, ResultStatus, Role
from db.repairing.repair import Mended, Repair
from tests.db.checking.conftest import age, execute, picture
from tests.db.checking.damage import DAMAGE, files, flip, old

FORK = multiprocessing.get_context("fork")


def repaired(root: Path) -> list[Mended]:
    repair = Repair(root, Scope(), lambda *_: None, lambda _: None)
    done = list(repair.mended())
    assert repair.left == []
    return done


def checked(root: Path) -> list[Finding]:
    return list(Check(root, Scope(), lambda *_: None, lambda _: None).findings())


def contents(root: Path) -> Counter[str]:
    """The bytes of all files of the store and of the quarantine, by their hashes."""
    places = [root / "files", root / "quarantine"]
    paths = [path for place in places for path in place.rglob("*") if path.is_file()]
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("name", DAMAGE)
def test_every_kind_of_damage_is_mended_and_nothing_is_deleted(name: str, root: Path) -> None:
    DAMAGE[name][0](root)
    age(root)
    before = contents(root)
    assert repaired(root) != []
    assert checked(root) == []
    assert before - contents(root) == Counter()
    with open_library(root, create=False) as library:
        library.images.find()
        library.results.find()
        library.posts.counts()
    aside = sorted((root / "quarantine").rglob("*"))
    assert repaired(root) == []
    assert sorted((root / "quarantine").rglob("*")) == aside


def test_what_was_set_aside_has_a_note(root: Path) -> None:
    path = files(root)[0]
    flip(path)
    data = path.read_bytes()
    repaired(root)
    (aside,) = (root / "quarantine").rglob(path.name)
    assert aside.read_bytes() == data
    note = json.loads(aside.with_name(f"{aside.name}.json").read_text())
    assert note["from"] == str(path)
    assert note["what"] == path.relative_to(root).as_posix()
    assert "changed-bytes" in note["why"]
    assert note["when"].startswith("20")


def test_a_lost_slide_is_fetched_again_and_the_library_is_as_if_nothing_had_been(root: Path) -> None:
    query = 'SELECT "index", status, file_id, is_full_size, reason FROM slides'
    before, images = rows(root, query), rows(root, "SELECT id, file_id FROM images")
    with open_library(root) as library:
        assert library.posts.unfinished("1")[0].slides_saved == 2
        path = library.images.get(1).path
    path.unlink()
    repaired(root)
    with open_library(root) as library:
        (state,) = library.posts.unfinished("1")
        assert (state.slides_saved, library.posts.open_slides("10")) == (1, [0, 2])
        assert [image.id for image in library.images.find()] == [2, 3]
        library.posts.slide_saved("10", 0, library.store.put_bytes(picture("red")), "https://x/0.jpg", True)
        assert library.images.get(1).path == path
        assert len(library.results.find(ResultStatus.DONE)) == 2
    assert (rows(root, query), rows(root, "SELECT id, file_id FROM images")) == (before, images)
    assert checked(root) == []


def test_a_lost_result_is_to_be_made_again_whatever_failed_before(root: Path) -> None:
    with open_library(root) as library:
        result = library.results.get(1)
        assert result.path is not None
        os.truncate(result.path, 10)
    repaired(root)
    with open_library(root) as library:
        assert dict(library.results.attempts("r"))[result.record.key] == 0
        again = library.results.get(1)
        assert (again.record.status, again.path) == (ResultStatus.FAILED, None)


def test_pairs_that_failed_of_a_lost_image_are_tried_again(root: Path) -> None:
    execute(root, "UPDATE results SET attempts = 3 WHERE status = 'failed'")
    with open_library(root) as library:
        library.images.get(1).path.unlink()
    repaired(root)
    assert rows(root, "SELECT attempts FROM results WHERE status = 'failed'") == [(0,)]


def test_an_image_of_ones_own_comes_back_from_where_it_was_added(root: Path, tmp_path: Path) -> None:
    origin = tmp_path / "green.png"
    origin.write_bytes(picture("green", "PNG"))
    execute(root, f"UPDATE additions SET origin = '{origin}'")
    with open_library(root) as library:
        path = library.images.get(3).path
    flip(path)
    (done,) = repaired(root)
    assert str(origin) in done.done
    assert path.read_bytes() == origin.read_bytes()
    with open_library(root) as library:
        assert library.images.get(3).role is Role.STYLE


def test_an_image_of_ones_own_that_is_gone_is_no_image_until_it_is_added_again(root: Path) -> None:
    with open_library(root) as library:
        path = library.images.get(3).path
    path.unlink()
    (done,) = repaired(root)
    assert "/own/green.png" in done.done
    with open_library(root) as library:
        assert [image.id for image in library.images.find()] == [1, 2]
        stored = library.store.put_bytes(picture("green", "PNG"))
        assert library.images.add(stored, "/elsewhere.png", Role.STYLE)[0] == 3
    assert rows(root, "SELECT * FROM lost_files") == []
    assert checked(root) == []


def made_of(content: str, style: str, recipe_hash: str = "a" * 64) -> bytes:
    """A picture that says how it was made, as the stylizer writes it."""
    words = PngInfo()
    details = {"content_sha256": content, "style_sha256": style, "recipe_hash": recipe_hash, "seed": 7,
               "recipe": {"name": "gatys", "size": 64, "steps": 5}, "total_loss": 12.5}
    words.add_itxt("stylegram", json.dumps(details))
    path = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")
    target = path / f"made-{os.getpid()}.png"
    Image.new("RGB", (64, 48), "magenta").save(target, pnginfo=words)
    data = target.read_bytes()
    target.unlink()
    return data


def put(root: Path, data: bytes, extension: str) -> Path:
    sha256 = hashlib.sha256(data).hexdigest()
    path = root / "files" / sha256[:2] / f"{sha256}{extension}"
    old(path, data)
    return path


def test_a_result_without_a_row_comes_back_from_its_own_picture(root: Path) -> None:
    with open_library(root) as library:
        content, style = library.images.get(2), library.images.get(3)
    path = put(root, made_of(content.sha256, style.sha256), ".png")
    (done,) = repaired(root)
    assert "it is the picture of result" in done.done
    with open_library(root) as library:
        result = library.results.find()[-1]
        assert (result.content_id, result.style_id, result.path) == (2, 3, path)
        assert result.record.key == ResultKey(content.sha256, style.sha256, "a" * 64)
        assert (result.record.recipe, result.record.steps, result.record.seed) == ("gatys", 5, 7)
        assert result.record.total_loss == 12.5


def test_without_a_catalog_results_come_back_with_what_they_were_made_from(root: Path) -> None:
    with open_library(root) as library:
        hashes = [library.images.get(number).sha256 for number in (1, 3)]
    put(root, made_of(*hashes), ".png")
    (root / CATALOG).unlink()
    repaired(root)
    with open_library(root, create=False) as library:
        (result,) = library.results.find()
        assert [result.record.key.content_sha256, result.record.key.style_sha256] == hashes
    assert len(rows(root, "SELECT * FROM files")) == len(files(root))


def test_a_file_whose_row_is_gone_is_told_by_what_results_say_of_it(root: Path) -> None:
    with open_library(root) as library:
        image = library.images.get(1)
    execute(root, f"UPDATE results SET details = '{json.dumps({'content_sha256': image.sha256})}' WHERE content_id = 1",
            "DELETE FROM files WHERE id = 1")
    repaired(root)
    with open_library(root) as library:
        assert library.images.get(1) == image


def test_an_orphan_that_nothing_tells_of_stays_where_it_is_and_is_known(root: Path) -> None:
    path = put(root, picture("orange"), ".jpg")
    repaired(root)
    assert path.exists()
    with open_library(root) as library:
        assert len(library.images.find()) == 3
        _, is_new = library.images.add(library.store.put_copy(path), "/orange.jpg", Role.CONTENT)
        assert not is_new


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
    assert rows(root, f"SELECT version_num FROM {VERSIONS}") == rows(root, f"SELECT version_num FROM {VERSIONS}")
    assert checked(root) == []


def test_a_newer_library_is_not_touched(root: Path) -> None:
    execute(root, f"UPDATE {VERSIONS} SET version_num = '9998'")
    files(root)[0].unlink()
    before = (root / CATALOG).read_bytes()
    with pytest.raises(LibraryTooNew):
        repaired(root)
    assert (root / CATALOG).read_bytes() == before
    assert not (root / "quarantine").exists()


@pytest.mark.parametrize("activity", ["scrape", "stylize"])
def test_nothing_is_mended_beside_a_run(root: Path, activity: str) -> None:
    files(root)[0].unlink()
    with locked(root / f"{activity}.lock", "busy"), pytest.raises(LibraryBusy):
        repaired(root)


def test_what_was_being_forgotten_is_removed_as_asked_and_not_kept_in_the_quarantine(root: Path) -> None:
    old(root / "files/ab/x.jpg", b"x")
    counts = json.dumps({"paths": ["files/ab/x.jpg"], "images": []})
    execute(root, "INSERT INTO runs (command, target, started_at, counts) VALUES "
                  f"('forget', 'x', '2026-01-01 00:00:00', '{counts}')")
    repaired(root)
    assert not (root / "files/ab/x.jpg").exists()
    assert not (root / "quarantine").exists()


def test_a_forgotten_profile_stays_forgotten_whatever_its_kind_says(root: Path) -> None:
    execute(root, "INSERT INTO forgotten VALUES ('?', '77', 'bea', '2026-01-01 00:00:00')")
    repaired(root)
    with open_library(root) as library:
        assert library.forgotten.has_profile("77")


ALL_AT_ONCE = (
    "a file is gone", "an unknown role", "JSON cut short", "a profile's row is gone", "a file without a row",
    "frames cut short", "a note that is no JSON", "words that are not searched for")


def ruin(root: Path, *, catalog: bool) -> None:
    for name in ALL_AT_ONCE:
        DAMAGE[name][0](root)
    flip(files(root)[-1])
    if catalog:
        execute(root, "DROP INDEX ix_posts_code")
    age(root)


def dying(root: Path, step: int) -> None:
    """A repair that is killed at this fsync or rename of it."""
    steps = 0

    def then_die(work: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*arguments, **options)
        return act

    os.fsync, os.rename = then_die(os.fsync), then_die(os.rename)   # type: ignore[assignment]
    Path.replace = then_die(Path.replace)                           # type: ignore[method-assign]
    repaired(root)


@pytest.mark.parametrize("catalog", [False, True])
def test_a_repair_that_is_killed_at_any_step_is_finished_by_the_next(
    whole: Path, tmp_path: Path, catalog: bool
) -> None:
    ruined = tmp_path / "ruined"
    shutil.copytree(whole, ruined)
    ruin(ruined, catalog=catalog)
    before, step, killed = contents(ruined), 0, True
    while killed:
        step += 1 if step < 4 else 7
        root = tmp_path / f"at-{step}"
        shutil.copytree(ruined, root)
        process = FORK.Process(target=dying, args=(root, step))
        process.start()
        process.join()
        killed = process.exitcode == -signal.SIGKILL
        assert killed or process.exitcode == 0
        repaired(root)
        assert checked(root) == []
        assert before - contents(root) == Counter()
        shutil.rmtree(root)
    assert step > 15


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


def test_a_repair_of_a_whole_library_leaves_no_trace(root: Path) -> None:
    before = sorted(path.name for path in root.iterdir())
    time_before = (root / CATALOG).stat().st_mtime_ns
    assert repaired(root) == []
    assert sorted(path.name for path in root.iterdir() if path.suffix != ".lock") == [
        name for name in before if not name.endswith(".lock")]
    assert (root / CATALOG).stat().st_mtime_ns == time_before


@pytest.mark.parametrize("room", [50, 3_000])
@pytest.mark.parametrize("catalog", [False, True])
def test_a_full_disk_is_told_and_the_repair_goes_on_when_there_is_room(
    root: Path, full_disk: Callable[[int], AbstractContextManager[None]], room: int, catalog: bool
) -> None:
    ruin(root, catalog=catalog)
    before = contents(root)
    with full_disk(room), pytest.raises(StorageFailed):
        repaired(root)
    assert before - contents(root) == Counter()
    repaired(root)
    assert checked(root) == []
    assert before - contents(root) == Counter()


def test_kinds_that_cannot_be_mended_are_left_and_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(looking, "read", unreadable)
    repair = Repair(root, Scope(), lambda *_: None)
    assert list(repair.mended()) == []
    assert {finding.kind for finding in repair.left} == {Kind.UNREADABLE_FILE}
