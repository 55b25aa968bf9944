"""Forgetting through the command line: first what would go, then that it went, and that it does not come back."""

import json
from pathlib import Path

from PIL import Image

from db.library import open_library
from tests.cli.conftest import Run

SIDECAR = {
    "category": "instagram", "post_id": "3976508710566680199", "post_shortcode": "DcvZZqTktaH", "count": 1, "num": 1,
    "owner_id": "5550001234", "username": "harbour.light", "media_id": "3976508710566680199",
}


def test_a_profile_is_forgotten_only_when_told_so_and_is_not_added_again(
    here: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "gallery-dl"
    folder.mkdir()
    Image.new("RGB", (40, 30), "red").save(folder / "a.jpg")
    (folder / "a.jpg.json").write_text(json.dumps(SIDECAR))
    added = here("add", folder, "--json").lines[0]
    assert (added["status"], added["post_code"]) == ("added", "DcvZZqTktaH")

    shown = here("forget", "harbour.light")
    assert "1 post, 0 results, 1 file, 0 kept pages would go" in shown.out
    assert "--yes" in shown.out
    assert len(here("images", "--json").lines) == 2

    gone = here("forget", "@harbour.light", "--yes", "--json").lines[0]
    assert (gone["what"], gone["posts"], gone["files"], gone["done"]) == ("profile", 1, 1, True)
    assert len(here("images", "--json").lines) == 1
    assert not list(tmp_path.glob("library/files/??/*"))
    assert here("add", folder, "--json").lines[0]["status"] == "forgotten"
    assert "forgotten already" in here("forget", "harbour.light", "--yes").out

    assert here("forget", "harbour.light", "--take-back", "--json").lines[0]["forgotten"] is True
    assert here("add", folder, "--json").lines[0]["status"] == "added"
    assert here("forget", "https://www.instagram.com/p/DcvZZqTktaH/", "--yes", "--json").lines[0]["posts"] == 1


def test_kept_pages_go_even_of_a_profile_that_was_never_understood(here: Run, tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.samples.keep("profile", "ana", {"kind": "profile", "name": "ana"})
        library.samples.keep("profile", "ben", {"kind": "profile", "name": "ben"})
    assert "1 kept page would go" in here("forget", "ana").out
    gone = here("forget", "ana", "--yes", "--json").lines[0]
    assert (gone["pk"], gone["samples"], gone["done"]) == (None, 1, True)
    assert [path.name for path in tmp_path.glob("library/samples/*")] == ["profile-ben.json.gz"]
    assert here("forget", "ana", "--yes").code == 2


def test_an_unknown_profile_is_a_mistake_and_changes_nothing(here: Run) -> None:
    here("follow", "ana")
    done = here("forget", "https://www.instagram.com/p/DcvZZqTktaH/", "nobody", "--yes")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert here("forget", "https://www.instagram.com/p/DcvZZqTktaH/", "--take-back").out.endswith("not forgotten\n")
