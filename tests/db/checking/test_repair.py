"""P5: a repair makes a library whole without deleting anything, and has nothing to do the second time."""

import errno
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from db.checking import files as looking
from db.checking import strays
from db.checking.check import Check, Scope
from db.checking.files import Level
from db.checking.finding import Kind
from db.errors import LibraryBusy, LibraryTooNew
from db.library import CATALOG, open_library
from db.locks import locked
from db.migrate import VERSIONS
from db.repairing.repair import Repair
from tests.db.checking.conftest import age, execute
from tests.db.checking.damage import DAMAGE, files, flip, old
from tests.db.checking.mending import checked, contents, repaired


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


def test_a_repair_of_a_whole_library_leaves_no_trace(root: Path) -> None:
    before = sorted(path.name for path in root.iterdir())
    time_before = (root / CATALOG).stat().st_mtime_ns
    assert repaired(root) == []
    assert sorted(path.name for path in root.iterdir() if path.suffix != ".lock") == [
        name for name in before if not name.endswith(".lock")]
    assert (root / CATALOG).stat().st_mtime_ns == time_before


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


def test_kinds_that_cannot_be_mended_are_left_and_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(looking, "read", unreadable)
    repair = Repair(root, Scope(), lambda *_: None)
    assert list(repair.mended()) == []
    assert {finding.kind for finding in repair.left} == {Kind.UNREADABLE_FILE}


@pytest.mark.parametrize(("place", "looks_at"), [
    ("frames/a-b-c/000001.png", "_is_whole_png"), ("samples/page.json.gz", "_is_object"),
    ("cache/thumbnails/aa/small.webp", "_is_whole"),
])
def test_what_the_disk_does_not_give_is_left_where_it_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, place: str, looks_at: str
) -> None:
    def refused(path: Path) -> bool:
        raise OSError(errno.EIO, "Input/output error", str(path))

    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"of no use")
    repair = Repair(root, Scope(Level(reads=False)), lambda *_: None)
    with monkeypatch.context() as disk:
        disk.setattr(strays, looks_at, refused)
        found = [finding for finding in Check(root, Scope(), lambda *_: None).findings() if finding.path == place]
        assert [(finding.kind, finding.what) for finding in found] == [(Kind.UNREADABLE_FILE, "Input/output error")]
        assert [done for done in repair.mended() if done.finding.path == place] == []
    assert file.exists()
    repaired(root)
    assert not file.exists()


def test_a_file_that_cannot_be_read_is_named_to_the_end_whatever_else_is_mended(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable, damaged = files(root)[:2]
    flip(damaged)
    read = looking.read

    def refused(path: Path, **options: Any) -> Any:
        if path == unreadable:
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path, **options)

    monkeypatch.setattr(looking, "read", refused)
    repair = Repair(root, Scope(), lambda *_: None)
    assert [mended.finding.path for mended in repair.mended()] == [damaged.relative_to(root).as_posix()]
    (left,) = repair.left
    assert (left.kind, left.path) == (Kind.UNREADABLE_FILE, unreadable.relative_to(root).as_posix())
