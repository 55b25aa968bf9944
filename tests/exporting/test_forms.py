"""Each form, read by those whom it is made for: the right splits, columns and pictures."""

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from db.library import open_library
from exporting.columns import COLUMNS
from exporting.parquet import _array
from exporting.request import SPLITS, Form, Subject
from tests.exporting.conftest import Collection, noise
from tests.sharing import made_once

READER = Path(__file__).with_name("reading.py")
SPLIT = (40.0, 30.0, 30.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports of one library: every form with splits, a shard of two rows each, and what is made of two images."""
    return made_once(tmp_path_factory, "forms", _export_all) / "sets"


def _export_all(root: Path) -> None:
    with open_library(root / "library") as library:
        collection = Collection(library, root)
        # Names that a reader could take for splits, dates and numbers; texts that are missing here and there.
        for number in range(9):
            collection.post("test.train", f"Code{number}AAAAAA", caption=f"2024-05-0{number + 1}" if number else None,
                            alt_text="two boats" if number == 5 else None)
        # the first rows of a shard, which readers tell the columns by, are of one format, and then comes another
        styles = [collection.own(f"Ölbild {number}.png", noise(50 + number, "PNG")) for number in range(3)]
        library.marks.tag_images([1, 2, 3], ["2024-05-01", "sea"])
        contents = library.images.find()
        for number in range(6):
            collection.result(contents[number], styles[number % 3], number)
        for form in Form:
            for subject in Subject:
                collection.export(f"sets/{form}-{subject}", form=form, subject=subject, split=SPLIT, per_shard=2)
        collection.export("sets/parquet-paths", form=Form.PARQUET, paths=True)


@pytest.fixture(scope="module")
def read(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the others found in them."""
    def fill(kept: Path) -> None:
        done = subprocess.run(
            [sys.executable, READER, folder], capture_output=True, text=True, timeout=110, check=False)
        assert done.returncode == 0, done.stderr
        (kept / "found.json").write_text(done.stdout)

    found: dict[str, Any] = json.loads((made_once(tmp_path_factory, "forms-read", fill) / "found.json").read_text())
    return found


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, dict[str, list[int]]]:
    """Ids by subject and split, of the table."""
    found: dict[str, dict[str, list[int]]] = {}
    for subject in Subject:
        rows = table(folder / f"csv-{subject}")
        found[subject] = {}
        for row in rows:
            found[subject].setdefault(row["split"], []).append(int(row["id"]))
    return found


def table(export: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((export / "table.csv").read_bytes().decode(), newline="")))


@pytest.mark.parametrize("subject", list(Subject))
@pytest.mark.parametrize("form", [Form.IMAGEFOLDER, Form.PARQUET])
def test_datasets_reads_folders_and_parquet_with_all_columns(
    read: dict[str, Any], expected: dict[str, dict[str, list[int]]], form: Form, subject: Subject
) -> None:
    told = read[f"{form}-{subject}"]
    assert told["datasets"] == told["by form"]
    pictures = ["image", "content", "style"] if subject is Subject.PAIRS else ["image"]
    kinds = {column.name: f"Value('{column.kind}')" for column in COLUMNS[subject]}
    assert told["datasets"].keys() == expected[subject].keys()
    for split, found in told["datasets"].items():
        columns = dict(found["columns"])
        for name in pictures:
            assert columns.pop(name).startswith("Image(")
        assert columns == kinds
        assert [row["id"] for row in found["rows"]] == expected[subject][split]
        for row in found["rows"]:
            assert all(row[name][:2] == [48, 32] for name in pictures)


@pytest.mark.parametrize("subject", list(Subject))
def test_both_readers_of_shards_find_picture_table_and_text(
    read: dict[str, Any], expected: dict[str, dict[str, list[int]]], subject: Subject
) -> None:
    told = read[f"webdataset-{subject}"]
    ids = expected[subject]
    picture = "jpg" if subject is Subject.IMAGES else "png"
    assert told["datasets"] == told["by form"]
    for split, found in told["datasets"].items():
        assert found["columns"][picture].startswith("Image(")
        assert [row["json"]["id"] for row in found["rows"]] == ids[split]
    samples = told["webdataset"]
    assert sorted(sample["json"]["id"] for sample in samples) == sorted(chain(*ids.values()))
    assert all(sample[picture] == [48, 32, "RGB"] for sample in samples)
    assert {sample["txt"] for sample in samples} >= {"", "2024-05-02"}
    if subject is Subject.PAIRS:
        assert all(sample["content.jpg"][:2] == sample["style.png"][:2] == [48, 32] for sample in samples)


def test_croissant_is_valid_and_its_records_are_the_rows(
    read: dict[str, Any], expected: dict[str, dict[str, list[int]]]
) -> None:
    for name, told in read.items():
        croissant = told["croissant"]
        assert (croissant["errors"], croissant["warnings"]) == ([], []), name
        form, _, subject = name.partition("-")
        if form != "webdataset":
            rows = sum(map(len, expected["images" if subject == "paths" else subject].values()))
            assert sum(croissant["rows"].values()) == rows, name


def test_a_table_of_paths_leads_to_the_pictures(read: dict[str, Any]) -> None:
    rows = read["parquet-paths"]["datasets"]["train"]["rows"]
    assert len(rows) == 12
    assert all(row["image"][:2] == [48, 32] for row in rows)


def test_what_is_not_known_is_none_in_parquet_and_empty_where_readers_guess(read: dict[str, Any]) -> None:
    def rows(name: str) -> list[dict[str, Any]]:
        return sorted(
            (row for split in read[name]["datasets"].values() for row in split["rows"]), key=lambda row: row["id"])

    for parquet, folder in zip(rows("parquet-images"), rows("imagefolder-images"), strict=True):
        for name, value in parquet.items():
            assert folder[name] == ({"slide": 0, "slides": 0}.get(name, "") if value is None else value) or (
                folder[name] == f"{value} ")     # which keeps a column of dates a column of texts
    assert rows("parquet-images")[0]["caption"] is None


def test_sums_are_those_of_all_files(folder: Path) -> None:
    for export in folder.glob("[!.]*"):
        lines = (export / "SHA256SUMS").read_text().splitlines()
        sums = {path: sha256 for sha256, path in (line.split("  ") for line in lines)}
        files = {
            path.relative_to(export).as_posix() for path in export.rglob("*") if path.is_file()
        } - {"SHA256SUMS", ".stylegram-export.jsonl"}
        assert set(sums) == files
        assert all(hashlib.sha256((export / path).read_bytes()).hexdigest() == sums[path] for path in files)


def test_tars_are_of_nobody_at_no_time(folder: Path) -> None:
    with tarfile.open(next((folder / "webdataset-images/data").glob("*.tar"))) as tar:
        for member in tar:
            assert (member.uid, member.gid, member.uname, member.gname, member.mtime, member.mode) == (
                0, 0, "", "", 0, 0o644)
            assert member.name.count(".") == 1


def test_a_formula_in_a_caption_is_text_in_the_table(small: Collection) -> None:
    small.post("harbour.light", "EeeeeeeeeeE", caption="=HYPERLINK(1)")
    small.export(form=Form.CSV)
    rows = table(small.folder / "out")
    assert rows[-1]["caption"] == "'=HYPERLINK(1)"
    assert Path(rows[0]["file_name"]).is_file()


@pytest.mark.parametrize("subject", list(Subject))
@pytest.mark.parametrize("form", list(Form))
def test_every_number_and_column_of_the_card_is_that_of_the_data(
    folder: Path, read: dict[str, Any], expected: dict[str, dict[str, list[int]]], form: Form, subject: Subject
) -> None:
    card = (folder / f"{form}-{subject}/README.md").read_text()
    rows = table(folder / f"csv-{subject}")
    noun = {"images": "images", "results": "stylised pictures", "pairs": "style-transfer pairs"}[subject]
    assert f"\n# {len(rows)} {noun}\n" in card
    splits = ", ".join(f"{split} {len(ids)}" for split, ids in sorted(
        expected[subject].items(), key=lambda each: SPLITS.index(each[0])))
    assert f"- Splits: {splits}.\n" in card
    own = [row for row in rows if subject is not Subject.IMAGES or not row["profile"]]
    others = [row for row in rows if subject is not Subject.IMAGES or row["profile"]]
    assert f"| no profile: added as files | {len(own)} |" in card
    assert f"| `@test.train` ([profile](https://www.instagram.com/test.train/)) | {len(others)} |" in card
    told = re.findall(r"^\| (\w+) \| (?:string|int64|float64|bool|image) \|", card, re.MULTILINE)
    if form is Form.CSV:
        assert told == list(rows[0])
    elif form is Form.WEBDATASET:
        assert sorted(told) == sorted(read[f"{form}-{subject}"]["webdataset"][0]["json"])
    else:
        columns = next(iter(read[f"{form}-{subject}"]["datasets"].values()))["columns"]
        assert sorted(told) == sorted(columns)


def test_the_card_tells_sources_and_how_to_have_something_removed(small: Collection) -> None:
    small.export(split=(40, 30, 30))
    card = (small.folder / "out/README.md").read_text()
    for words in ("license: unknown", "`@harbour.light`", "no profile", "stylegram forget", "2024-05-02"):
        assert words in card
    assert "Boats" not in card


@pytest.mark.parametrize(("kind", "values"), [
    ("string", ["a", None, "", "ж✓"]), ("binary", [b"a", b"", b"\0\xff"]), ("binary", [None, None]),
    ("int64", [1, None, -(2**62), 0]), ("float64", [None, 0.5, 0.0]),
    ("bool", [True, None, False, True, False, True, True, None, True, False]),
])
def test_a_column_is_what_arrow_itself_would_make_of_it(kind: str, values: list[Any]) -> None:
    made = _array(values, pyarrow.type_for_alias(kind), pyarrow)
    made.validate(full=True)
    assert made.equals(pyarrow.array(values, kind))


def test_an_export_loads_nothing_that_it_has_no_use_for(folder: Path) -> None:
    heavy = {"alembic", "numpy", "pandas", "fontTools", "torch"}
    code = (
        "import sys, cli; code = cli.run(['-q', '--library', sys.argv[1], 'export', sys.argv[2]]); "
        f"sys.exit(str(sorted({heavy} & set(sys.modules))) if code == 0 else code)")
    target = folder.parent / "light"
    command = [sys.executable, "-c", code, str(folder.parent / "library"), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.stderr.strip() == "[]"
