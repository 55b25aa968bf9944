"""Files without a row: a repair takes in again what their bytes and hashes prove them to be."""

import hashlib
import json
import os
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from db.library import CATALOG, open_library
from db.records import ResultKey, Role
from tests.db.checking.conftest import execute, picture
from tests.db.checking.damage import files, old
from tests.db.checking.mending import repaired, rows


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
