"""The command `check`: one line for each finding, its exit code, and what it never does."""

import os
from pathlib import Path

import pytest

from db.checking.sampling import Share
from db.library import CATALOG, open_library
from tests.cli.conftest import Run


def first_file(album: Path) -> Path:
    return sorted((album / "library/files").glob("??/*"))[0]


def test_a_whole_library_is_one_line_and_0(here: Run, album: Path) -> None:
    done = here("check")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("no damage in 3 files")


def test_damage_is_a_line_with_what_to_do_and_65(here: Run, album: Path) -> None:
    path = first_file(album)
    path.unlink()
    done = here("check")
    assert done.code == 65
    first, last = done.out.splitlines()
    assert first.startswith(f"missing-file    files/{path.parent.name}/{path.name}: it is gone (image ")
    assert "`stylegram check --repair`" in first
    assert last.startswith("1 piece of damage in 3 files")


def test_with_json_findings_are_objects(here: Run, album: Path) -> None:
    os.truncate(first_file(album), 10)
    finding, report, summary = here("check", "--json").lines
    assert (finding["type"], finding["kind"], finding["damage"]) == ("finding", "wrong-size", True)
    assert finding["path"] == first_file(album).relative_to(album / "library").as_posix()
    assert (report["type"], report["files"], report["damage"], report["leftovers"]) == ("check", 3, 1, 0)
    assert summary == {"type": "summary", "exit_code": 65}


def test_a_sample_is_a_part_of_the_files(here: Run, album: Path) -> None:
    report = here("check", "--sample", "5%", "--json").lines[-2]
    part = Share(report["part"] - 1, 19)
    assert report["files"] == sum(part.has(path.name) for path in (album / "library/files").glob("??/*"))
    assert here("check", "--sample", "100", "--quick", "--json").lines[-2]["files"] == 3


@pytest.mark.parametrize("arguments", [
    ["--sample", "0%"], ["--sample", "101%"], ["--sample", "many"], ["--sample", "nan"], ["--quick", "--decode"]])
def test_what_makes_no_sense_is_refused(here: Run, album: Path, arguments: list[str]) -> None:
    done = here("check", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_it_runs_where_the_other_commands_refuse(here: Run, album: Path) -> None:
    for content in (b"", b"nothing that SQLite knows" * 99):
        (album / "library" / CATALOG).write_bytes(content)
        refused = here("images")
        assert (refused.code, refused.out, refused.err.count("\n")) == (65, "", 1)
        assert "`stylegram check" in refused.err
        assert here("add", "a.png").code == 65
        done = here("check")
        assert (done.code, done.err) == (65, "")
        assert done.out.startswith("catalog         catalog.sqlite: it ")


def test_a_repair_tells_what_it_did_and_ends_with_0_when_nothing_is_left(here: Run, album: Path) -> None:
    path = first_file(album)
    data = path.read_bytes()
    path.write_bytes(b"x" * len(data))
    done = here("check", "--repair")
    assert (done.code, done.err) == (0, "")
    first, last = done.out.splitlines()
    assert first.startswith(f"changed-bytes   files/{path.parent.name}/{path.name}: its bytes are not ")
    assert "it was set aside; " in first
    assert last.startswith("1 finding mended, 0 left; what was taken out of its place is in ")
    assert path.read_bytes() == data        # taken in again from where it was added
    assert here("check").code == 0
    assert here("check", "--repair").out == "0 findings mended, 0 left\n"


def test_a_repair_tells_itself_in_json(here: Run, album: Path) -> None:
    first_file(album).unlink()
    mended, report, summary = here("check", "--repair", "--json").lines
    assert (mended["type"], mended["kind"], report["type"], report["mended"]) == ("mended", "missing-file", "repair", 1)
    assert summary["exit_code"] == 0


def test_after_a_repair_stylize_makes_again_what_was_lost(here: Run, album: Path) -> None:
    pair = ("stylize", "--content", "1", "--style", "2", "--size", "32", "--steps", "1", "-q")
    assert here(*pair).code == 0
    with open_library(album / "library") as library:
        (result,) = library.results.find()
    assert result.path is not None
    data = result.path.read_bytes()
    os.truncate(result.path, 50)
    assert here("check", "--repair").code == 0
    assert not result.path.exists()
    assert here(*pair).code == 0
    assert result.path.read_bytes() == data
    assert here("check").code == 0


def test_a_library_that_is_none_is_not_made(here: Run, tmp_path: Path) -> None:
    done = here("--library", "nowhere", "check")
    assert (done.code, done.out) == (78, "")
    assert not (tmp_path / "nowhere").exists()


def test_a_library_is_backed_up_and_restored(here: Run, album: Path, tmp_path: Path) -> None:
    assert here("backup", "disk").out.startswith("3 files copied: ")
    again = here("backup", "disk", "--json").lines
    assert (again[-2]["type"], again[-2]["copied"], again[-2]["known"]) == ("backup", 0, 3)
    done = here("--library", "copy", "restore", "disk")
    assert (done.code, done.out, done.err) == (0, f"3 files restored to {tmp_path / 'copy'}\n", "")
    assert here("--library", "copy", "images").out == here("images").out
    refused = here("restore", "disk")
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)


def test_a_backup_of_what_is_damaged_says_so(here: Run, album: Path) -> None:
    path = first_file(album)
    path.unlink()
    done = here("backup", "disk.tar")
    assert done.code == 65
    assert done.err.startswith(f"error: files/{path.parent.name}/{path.name}: it is gone; `stylegram check --repair`")
    assert here("--library", "copy", "restore", "disk.tar").code == 65
    assert here("--library", "copy", "check", "--repair").code == 0
    assert here("--library", "copy", "images").code == 0


def test_there_is_no_backup_of_nothing(here: Run, tmp_path: Path) -> None:
    assert here("--library", "nowhere", "backup", "disk").code == 78
    assert not (tmp_path / "disk").exists()
    assert here("restore", "nowhere").code == 2
