"""Row groups: their pictures lie in memory that serves again and again, and each row keeps its own."""

from pathlib import Path

import pyarrow.parquet
import pytest

from db.hashing import PIECE_BYTES, sha256_of
from exporting import parquet
from exporting.request import Copying, Form, Subject
from tests.exporting.conftest import Collection, noise


def _rows(folder: Path) -> list[dict[str, object]]:
    return [row for path in sorted(folder.glob("data/*")) for row in pyarrow.parquet.read_table(path).to_pylist()]


def test_every_row_has_its_own_picture_whichever_group_it_is_in_and_whatever_was_refused_before_it(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 3)
    posted = [image for number in range(9) for image in collection.post("harbour.light", f"Post{number}AAAAAA")]
    large = collection.own("large.png", noise(9, "PNG", size=(900, 900)))
    assert large.path.stat().st_size > PIECE_BYTES
    for victim in (posted[1], posted[5], posted[8]):    # within a group, and at either end of one
        victim.path.write_bytes(b"longer than before" + victim.path.read_bytes())
    done = collection.export(form=Form.PARQUET)
    assert set(done.failed) == {posted[1].id, posted[5].id, posted[8].id}
    rows = _rows(collection.folder / "out")
    assert len(rows) == 7
    for row in rows:
        assert sha256_of(row["image"]["bytes"]) == row["sha256"]    # type: ignore[index]
    (file,) = (collection.folder / "out/data").iterdir()
    assert pyarrow.parquet.ParquetFile(file).num_row_groups == 3


def test_a_group_ends_where_its_pictures_are_large(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [image for number in range(4) for image in collection.post("harbour.light", f"Post{number}AAAAAA")]
    sizes = [image.path.stat().st_size for image in images]
    monkeypatch.setattr(parquet, "_GROUP_BYTES", sizes[0] + sizes[1])
    collection.export(form=Form.PARQUET)
    (file,) = (collection.folder / "out/data").iterdir()
    groups = pyarrow.parquet.ParquetFile(file).metadata
    assert groups.row_group(0).num_rows == 2


def test_of_a_pair_that_lacks_a_picture_nothing_stays_in_the_group(collection: Collection) -> None:
    contents = [image for number in range(3) for image in collection.post("harbour.light", f"Post{number}AAAAAA")]
    style = collection.own("night sky.png", noise(1, "PNG"))
    for seed, content in enumerate(contents, start=1):
        collection.result(content, style, seed)
    contents[1].path.write_bytes(b"?")
    collection.export(form=Form.PARQUET, subject=Subject.PAIRS)
    rows = _rows(collection.folder / "out")
    assert [row["content_id"] for row in rows] == [contents[0].id, contents[2].id]
    for row in rows:
        for name, known in (("image", "sha256"), ("content", "content_sha256"), ("style", "style_sha256")):
            assert sha256_of(row[name]["bytes"]) == row[known]      # type: ignore[index]


def test_smaller_copies_are_put_into_groups_too(collection: Collection) -> None:
    for number in range(3):
        collection.post("harbour.light", f"Post{number}AAAAAA")
    collection.export(form=Form.PARQUET, copying=Copying(side_px=16))
    collection.export("folder", copying=Copying(side_px=16))
    found = {sha256_of(path.read_bytes()) for path in (collection.folder / "folder/train").glob("*.jpg")}
    assert {sha256_of(row["image"]["bytes"]) for row in _rows(collection.folder / "out")} == found  # type: ignore[index]
