"""`export` through the command line: what it answers, and how every wrong use ends."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from db.library import open_library
from db.records import Role
from tests.cli.conftest import CLI, Finished, Run
from tests.cli.test_full_disk import APART, MOUNT, can_mount
from tests.exporting.conftest import Collection, noise, tree


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of three images of two profiles, one of them tagged, and a picture made of two."""
    folder = tmp_path_factory.mktemp("shelf")
    with open_library(folder / "library") as library:
        collection = Collection(library, folder)
        content = collection.post("harbour.light", "AaaaaaaaaaA", caption="Boats")[0]
        style = collection.post("some_painter", "BbbbbbbbbbB", role=Role.STYLE)[0]
        collection.own("heic like.gif", noise(3, "GIF"), Role.CONTENT)
        library.marks.tag_images([content.id], ["sea"])
        library.marks.star_images([content.id, style.id])
        collection.result(content, style)
    return folder


@pytest.fixture
def export(shelf: Path, here: Run, tmp_path: Path) -> Run:
    shutil.copytree(shelf, tmp_path, dirs_exist_ok=True)

    def run(*arguments: object, **environment: str) -> Finished:
        return here("export", *arguments, **environment)

    return run


def test_what_it_did_is_told_and_again_it_does_nothing(export: Run, tmp_path: Path) -> None:
    done = export("out")
    assert (done.code, done.out) == (0, f"3 images: {tmp_path}/out\n")
    assert done.err == "7 files written, 0 there already\n"
    again = export("out")
    assert (again.code, again.err) == (0, "nothing was new; the export is as it was\n")
    told, summary = export("out", "--as", "parquet", "--pairs", "--json").lines
    assert (told["subject"], told["rows"], told["splits"], told["taken_out"]) == ("pairs", 1, {"train": 1}, 4)
    assert summary["exit_code"] == 0


def test_words_and_roles_choose(export: Run, tmp_path: Path) -> None:
    for words, names in (
        (("@harbour.light",), {"harbour.light_AaaaaaaaaaA_1.jpg"}), (("#sea",), {"harbour.light_AaaaaaaaaaA_1.jpg"}),
        (("2", "3"), {"some_painter_BbbbbbbbbbB_1.jpg", "heic_like.gif"}),
        (("--role", "style"), {"some_painter_BbbbbbbbbbB_1.jpg"}),
        (("--text", "boats"), {"harbour.light_AaaaaaaaaaA_1.jpg"}),
        (("*", "-@harbour.light"), {"some_painter_BbbbbbbbbbB_1.jpg"}), (("-3",), {
            "some_painter_BbbbbbbbbbB_1.jpg", "harbour.light_AaaaaaaaaaA_1.jpg"}),
    ):
        assert export("out", *words).code == 0
        assert {path.name for path in (tmp_path / "out/train").iterdir()} - {"metadata.jsonl"} == names


def test_a_rehearsal_touches_nothing(export: Run, tmp_path: Path) -> None:
    assert export("out", "--dry-run").out == "3 images; 3 files of pictures to write, 0 there already\n"
    assert not (tmp_path / "out").exists()
    export("out", "1")
    before = tree(tmp_path / "out")
    assert export("out", "--dry-run").out == "3 images; 2 files of pictures to write, 1 there already\n"
    assert tree(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("out", "@nobody"), "no image of a profile nobody"),
        (("out", "99"), "no image 99"),
        (("out", "5-2"), "runs backwards"),
        (("out", "#hills"), "nothing is tagged #hills"),
        (("out", "nothing.jpg"), "nothing is called"),
        (("out", "3", "--role", "style"), "nothing is chosen"),
        (("out", "3", "--results"), "nothing is chosen"),
        (("out", "--as", "zip"), "imagefolder"),
        (("out", "--split", "90,5"), "95 percent"),
        (("out", "--split", "90,5,6"), "101 percent"),
        (("out", "--split", "110,-5,-5"), "percent of train"),
        (("out", "--split", "a,b,c"), "percent of train"),
        (("out", "--split", "nan,50,50"), "percent of train"),
        (("out", "--side", "0"), "greater than or equal to 8"),
        (("out", "--side", "99999999"), "less than or equal to 16384"),
        (("out", "--crop", "centre"), "--crop goes with --side"),
        (("out", "--crop", "left", "--side", "64"), "centre"),
        (("out", "--results", "--pairs"), "leave out --results"),
        (("out", "--results", "--exif"), "--exif tells of posts"),
        (("out", "--as", "csv", "--side", "64"), "a table of paths has none"),
        (("out", "--as", "csv", "--exif"), "a table of paths has none"),
        (("out", "--as", "parquet", "--paths", "--side", "64"), "a table of paths has none"),
        (("out", "--pairs", "--status", "included"), "--status is of images"),
        (("out", "--since", "never"), "never"),
        (("out", "--aspect", "oval"), "'oval' is no aspect"),
        (("out", "--paths"), "--paths is for --as parquet"),
        (("out", "--per-shard", "0"), "greater than or equal to 1"),
        ((), "DIR"),
        (("library",), "in the library itself"),
        (("library/files/out",), "in the library itself"),
        ((".",), "the folder that the library is in"),
        (("own",), "no export and holds other things (heic like.gif)"),
        (("own/heic like.gif",), "is not a folder"),
        (("own/heic like.gif/out",), "cannot write"),
    ],
)
def test_a_wrong_use_is_one_line_and_changes_nothing(
    export: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = tree(tmp_path / "own")
    done = export(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert words in done.err
    assert tree(tmp_path / "own") == before
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".*"))


def test_without_pyarrow_parquet_says_what_to_install(export: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = export("out", "--as", "parquet")
    assert done.code == 78
    assert "pip install 'stylegram[export]'" in done.err


def test_a_library_that_is_not_there_is_told(here: Run) -> None:
    assert here("export", "out").code == 78


def test_one_that_is_lost_is_told_and_the_rest_is_there(export: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "library/files").rglob("*.gif"):
        path.unlink()
    done = export("out")
    assert done.code == 3
    assert done.err.startswith("error: image 3: its file cannot be read: No such file or directory\n")
    assert done.out == f"2 images, 1 failed: {tmp_path}/out\n"


@pytest.mark.skipif(not can_mount(), reason="this machine lets nobody mount a disk")
def test_a_full_disk_is_74_and_nothing_of_the_export_is_left_on_it(shelf: Path) -> None:
    (shelf / "disk").mkdir()
    mounted = f"{MOUNT}; code=$?; ls -A disk >&2; exit $code".replace("exec ", "")
    done = subprocess.run(
        [*APART, "sh", "-c", mounted, "sh", "8k", sys.executable, CLI, "export", "disk/out"],
        cwd=shelf, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (74, "")
    assert done.stderr.startswith("error: the disk is full")
    assert done.stderr.count("\n") == 1


def test_pictures_that_take_no_words_are_told(export: Run) -> None:
    assert "1 picture of formats that words cannot be put into" in export("out", "--exif").err


def test_what_was_forgotten_goes_also_where_nothing_else_was_chosen(export: Run, here: Run, tmp_path: Path) -> None:
    assert export("out", "@harbour.light", "3").code == export("alone", "@harbour.light").code == 0
    assert here("forget", "harbour.light", "--yes").code == 0
    done = export("out", "@harbour.light", "3")
    assert (done.code, done.out) == (0, f"1 image: {tmp_path}/out\n")
    assert done.err.startswith("forgotten or gone since, and taken out: @harbour.light\n")
    emptied = export("alone", "@harbour.light")
    assert (emptied.code, emptied.out) == (0, f"0 images: {tmp_path}/alone\n")
    assert not [name for name in tree(tmp_path / "alone") if name.endswith(".jpg")]
    assert export("new", "@harbour.light").code == 2
    here("remove", "1-9", "--yes")
    assert export("out").out == f"0 images: {tmp_path}/out\n"
    assert export("new").code == 2


def test_what_is_chosen_and_has_no_row_is_told_with_its_reason(export: Run, here: Run, tmp_path: Path) -> None:
    assert here("exclude", "1").code == 0
    done = export("out", "--results")
    assert done.code == 2
    assert done.err.startswith("warning: 1 result left out, made of an excluded image (`include` lets it in): 1\n")
    assert here("include", "1").code == here("remove", "1", "--keep-results", "--yes").code == 0
    done = export("out", "--pairs", "--json")
    assert (done.lines[0]["type"], done.lines[0]["id"]) == ("left_out", 1)
    assert done.lines[0]["reason"].startswith("made of an image that was removed")
    assert (done.code, done.lines[1]["rows"], done.lines[1]["left_out"]) == (0, 0, 1)


def test_the_same_words_again_empty_an_export_whatever_they_named_is_gone(export: Run, here: Run) -> None:
    assert export("out", "#sea").code == export("kept", "#sea", "3").code == export("left", "@harbour.light", "-3").code
    assert export("by-profile", "--profile", "harbour.light").code == 0
    here("tag", "sea", "1", "--off")
    assert export("new", "#sea").code == export("out", "#sky").code == 2
    done = export("out", "#sea")
    assert (done.code, done.out.split(":")[0]) == (0, "0 images")
    assert done.err.startswith("forgotten or gone since, and taken out: #sea\n")
    assert export("kept", "#sea", "3").out.startswith("1 image: ")
    here("forget", "harbour.light", "--yes")
    assert export("left", "@harbour.light", "-3").out.startswith("0 images: ")
    assert export("by-profile", "--profile", "harbour.light").out.startswith("0 images: ")
    assert export("by-profile", "--profile", "harbour.ligth").code == 2
