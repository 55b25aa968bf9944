"""The folder of an export: whole or absent, and never written twice."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from db import hashing
from db.errors import LibraryBusy, OutputRefused, StorageFailed
from db.forgotten import Kind
from exporting import export
from exporting.building import building
from exporting.manifest import NAME
from exporting.request import Form, Request, Subject
from tests.exporting.conftest import FORMS, Collection, noise, tree


@pytest.mark.parametrize("form", FORMS)
def test_run_again_it_touches_nothing_and_a_fresh_one_has_the_same_bytes(small: Collection, form: Form) -> None:
    first = small.export(form=form, split=(50, 25, 25))
    before = {path: path.stat().st_mtime_ns for path in (small.folder / "out").rglob("*")}
    again = small.export(form=form, split=(50, 25, 25))
    assert (first.changed, again.changed, again.written) == (True, False, 0)
    assert {path: path.stat().st_mtime_ns for path in (small.folder / "out").rglob("*")} == before
    small.export("other", form=form, split=(50, 25, 25))
    assert tree(small.folder / "other") == tree(small.folder / "out")
    assert not list(small.folder.glob(".*"))


def test_only_what_is_new_or_changed_is_written_and_what_was_there_is_linked(small: Collection) -> None:
    small.export()
    inodes = {path.name: path.stat().st_ino for path in (small.folder / "out/train").glob("*.jpg")}
    victim = small.folder / "out/train/harbour.light_AaaaaaaaaaA_1.jpg"
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-1] + b"?")
    small.post("harbour.light", "DddddddddddD")
    done = small.export()
    # the new one, the damaged one, and the table, card, description and sums that tell of them
    assert done.written == 6
    assert victim.read_bytes() == whole
    kept = {path.name: path.stat().st_ino for path in (small.folder / "out/train").glob("*.jpg")}
    assert {name for name, inode in inodes.items() if kept[name] == inode} == set(inodes) - {victim.name}


@pytest.mark.parametrize("form", FORMS)
def test_what_was_forgotten_is_taken_out_when_it_runs_again(small: Collection, form: Form) -> None:
    small.export(form=form)
    painter = small.library.posts.profile_named("some_painter")
    assert painter is not None
    (gone,) = (image for image in small.library.images.find() if image.profile == "some_painter")
    data = gone.path.read_bytes()
    small.library.forgotten.forget(Kind.PROFILE, painter.pk, "some_painter")
    small.export(form=form)
    left = b"".join(tree(small.folder / "out").values())
    for trace in (b"some_painter", gone.sha256.encode(), data):
        assert trace not in left


def test_no_file_of_an_export_is_one_of_the_librarys(small: Collection) -> None:
    small.export()
    ours = {path.stat().st_ino for path in small.library.root.rglob("*")}
    assert not ours & {path.stat().st_ino for path in (small.folder / "out").rglob("*")}


def test_a_run_that_is_killed_leaves_the_earlier_export_and_the_next_goes_on(small: Collection) -> None:
    small.export()
    before = tree(small.folder / "out")
    for number in range(6):
        small.post("harbour.light", f"New{number}AAAAAAA")
    program = f"""
import os, signal
from pathlib import Path
from exporting import export, item, imagefolder
from db.library import open_library
from exporting.request import Request
count = 0
def write_copy(picture, copying, write, real=imagefolder.write_copy):
    global count
    count += 1
    if count == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    real(picture, copying, write)
imagefolder.write_copy = write_copy
export._THREADS = 1
with open_library(Path({str(small.library.root)!r})) as library:
    plan = export.plan(library, library.selections.image_ids(), [], Request())
    export.write(plan, library, Path({str(small.folder / "out")!r}))
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60, cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    assert tree(small.folder / "out") == before
    again = small.export()
    # the two that were not reached, and the table, card, description and sums
    assert again.written == 2 + 4
    small.export("fresh")
    assert tree(small.folder / "out") == tree(small.folder / "fresh")
    assert not list(small.folder.glob(".*"))


def test_an_interrupt_keeps_what_is_done_and_the_next_run_goes_on(
    small: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_THREADS", 1)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    ids = small.library.selections.image_ids()
    with pytest.raises(KeyboardInterrupt):
        export.write(export.plan(small.library, ids, [], Request()), small.library, small.folder / "out", interrupt)
    assert not (small.folder / "out").exists()
    assert small.export().kept > 0
    small.export("fresh")
    assert tree(small.folder / "out") == tree(small.folder / "fresh")
    assert not list(small.folder.glob(".*"))


def test_a_kill_between_the_two_names_is_healed_by_the_next_run(small: Collection) -> None:
    small.export()
    before = tree(small.folder / "out")
    (small.folder / "out").rename(small.folder / ".out.stylegram-old")
    assert small.export().changed is False
    assert tree(small.folder / "out") == before


@pytest.mark.parametrize("form", [Form.IMAGEFOLDER, Form.PARQUET, Form.WEBDATASET])
def test_a_full_disk_ends_it_and_leaves_what_was_there(
    small: Collection, form: Form, full_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    small.export(form=form)
    before = tree(small.folder / "out")
    small.own("large.png", noise(9, "PNG", size=(300, 300)))
    with full_disk(8_000), pytest.raises(StorageFailed):
        small.export(form=form)
    assert tree(small.folder / "out") == before
    assert not list(small.folder.glob(".*"))
    assert small.export(form=form).changed


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda out: out.write_text("a file"), "is not a folder"),
        (lambda out: (out.mkdir(), (out / "thesis.txt").write_text("years")), "no export and holds other things"),
        (lambda out: (out / "sub").mkdir(parents=True), "no export and holds other things"),
        (lambda out: (out.mkdir(), (out / NAME).write_text("{}\n")), "no export"),
    ],
)
def test_a_target_that_is_no_export_is_refused_and_left_alone(small: Collection, make: object, reason: str) -> None:
    out = small.folder / "out"
    make(out)   # type: ignore[operator]
    before = tree(out) if out.is_dir() else None
    with pytest.raises(OutputRefused, match=reason):
        small.export()
    assert (tree(out) if out.is_dir() else None) == before
    assert not list(small.folder.glob(".out*"))


@pytest.mark.parametrize("stranger", ["notes.txt", "train/mine.jpg", ".git"])
def test_an_export_with_something_of_somebodys_in_it_is_refused(small: Collection, stranger: str) -> None:
    small.export()
    path = small.folder / "out" / stranger
    path.mkdir() if stranger == ".git" else path.write_text("mine")
    before = tree(small.folder / "out")
    with pytest.raises(OutputRefused, match="not ours"):
        small.export(form=Form.PARQUET)
    assert tree(small.folder / "out") == before
    assert path.exists()


def test_what_a_file_manager_leaves_is_nobodys(small: Collection) -> None:
    small.export()
    (small.folder / "out/.DS_Store").write_text("x")
    assert small.export(form=Form.PARQUET).changed


@pytest.mark.parametrize("place", ["library", "library/files", "library/new", "."])
def test_the_library_itself_is_no_target(small: Collection, place: str) -> None:
    with pytest.raises(OutputRefused, match="library"):
        small.export(place)


def test_a_second_export_into_the_same_folder_leaves_at_once(small: Collection) -> None:
    with building(small.folder / "out", {}), pytest.raises(LibraryBusy):
        small.export()
    small.export()


def test_a_disk_without_links_gets_copies(small: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    small.export()

    def no_links(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    small.post("harbour.light", "DddddddddddD")
    small.export()
    shutil.rmtree(small.folder / "fresh", ignore_errors=True)
    small.export("fresh")
    assert tree(small.folder / "out") == tree(small.folder / "fresh")


@pytest.mark.parametrize("form", [Form.IMAGEFOLDER, Form.PARQUET, Form.WEBDATASET])
def test_one_that_cannot_be_read_fails_alone_and_comes_in_when_it_is_back(small: Collection, form: Form) -> None:
    victim = small.library.images.find()[0]
    data = victim.path.read_bytes()
    victim.path.write_bytes(b"?" + data[1:])
    done = small.export(form=form)
    assert done.failed == {victim.id: "its file is not the one that was recorded"}
    assert sum(done.splits.values()) == len(small.library.images.find()) - 1
    assert victim.sha256.encode() not in b"".join(tree(small.folder / "out").values())
    victim.path.write_bytes(data)
    assert small.export(form=form).failed == {}
    small.export("fresh", form=form)
    assert tree(small.folder / "out") == tree(small.folder / "fresh")


def test_of_one_that_is_damaged_behind_its_first_pieces_nothing_is_handed_over(small: Collection) -> None:
    victim = small.own("large.png", noise(9, "PNG", size=(2000, 2000)))
    data = victim.path.read_bytes()
    assert len(data) > hashing.PIECE_BYTES
    victim.path.write_bytes(data[:-1] + b"?")
    done = small.export()
    assert done.failed == {victim.id: "its file is not the one that was recorded"}
    assert "train/large.png" not in tree(small.folder / "out")
    victim.path.write_bytes(data)
    small.export()
    assert tree(small.folder / "out")["train/large.png"] == data


def test_of_a_pair_that_lacks_one_picture_the_others_are_not_handed_over(small: Collection) -> None:
    (result,) = small.library.results.find()
    style = small.library.images.get(result.style_id)
    data = style.path.read_bytes()
    style.path.unlink()
    done = small.export(subject=Subject.PAIRS)
    assert list(done.failed) == [result.id]
    assert not [path for path in tree(small.folder / "out") if path.endswith((".jpg", ".png"))]
    assert not small.export(subject=Subject.PAIRS).changed
    style.path.write_bytes(data)
    assert small.export(subject=Subject.PAIRS).splits == {"train": 1}
