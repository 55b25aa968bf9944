"""What says that a refresh went well is whole and durable, or not there."""

import json
from pathlib import Path

from db.success import NAME, write_success
from tests.conftest import Journal


def test_it_is_durable_before_it_takes_the_place_of_the_old_one(tmp_path: Path, journal: Journal) -> None:
    for new in (1, 2):
        write_success(tmp_path, {"images_new": new})
        assert journal.missing(tmp_path / NAME) == []
        assert json.loads((tmp_path / NAME).read_text())["images_new"] == new
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
