"""Finished results looked at again, one after the other by one reviewer."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import PIL.Image
import pytest

from db.records import Image, Result, ResultKey, ResultRecord, ResultStatus, Role
from stylizer.evaluation.review import Reviewer
from stylizer.recipe.model import Recipe
from stylizer.recipe.presets import GATYS
from stylizer.recipe.size import Measure
from tests.stylizer.catalogued import catalogued


@pytest.fixture
def images(tmp_path: Path) -> dict[int, Image]:
    """A wide content, a style and a picture, all noise of different kinds."""
    found = {}
    for number, (width, height) in enumerate([(128, 96), (128, 64), (64, 48)], 1):
        path = tmp_path / "noise.png"
        noise = PIL.Image.effect_noise((width // number, height // number), 60 + 20 * number)
        noise.convert("RGB").resize((width, height)).save(path)
        found[number] = catalogued(number, path, Role.BOTH, width, height)
    return found


@pytest.mark.parametrize("other", [
    replace(GATYS, size=64, style_scale=0.5),
    replace(GATYS, size=48, measure=Measure.SHORT),
], ids=["the style smaller", "another size with the same extent"])
def test_pictures_of_one_shape_are_seen_each_beside_its_own_originals(
    images: dict[int, Image], other: Recipe
) -> None:
    def result(recipe: Recipe) -> Result:
        key = ResultKey(images[1].sha256, images[2].sha256, recipe.name)
        record = ResultRecord(
            key, "gatys", 64, 1, 0, ResultStatus.DONE, details={"recipe": json.loads(recipe.canonical_json())})
        return Result(1, 1, 2, images[3].path, datetime.now(UTC), record)

    first, second = (result(recipe) for recipe in (replace(GATYS, size=64), other))
    reviewer = Reviewer(images, "bundled")
    assert [reviewer.look(one) for one in (first, second)] == [
        Reviewer(images, "bundled").look(one) for one in (first, second)]
