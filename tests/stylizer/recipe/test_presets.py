import json
import subprocess
import sys
from dataclasses import replace

import pytest

from stylizer.errors import BadRecipe, UnknownRecipe
from stylizer.recipe.presets import GATYS, RECIPES, find, recipe_hash


def test_gatys_has_the_layers_and_weights_of_its_source() -> None:
    assert GATYS.content_layers == (("relu4_2", 1.0),)
    assert {name: GATYS.style_weight * weight for name, weight in GATYS.style_layers} == {
        "relu1_1": 1e3 / 64**2, "relu2_1": 1e3 / 128**2, "relu3_1": 1e3 / 256**2,
        "relu4_1": 1e3 / 512**2, "relu5_1": 1e3 / 512**2,
    }


def test_every_recipe_is_found_by_its_name_and_says_where_it_is_from() -> None:
    for name, recipe in RECIPES.items():
        assert find(name) is recipe
        assert recipe.name == name
        assert recipe.source


@pytest.mark.parametrize("typed", ["gatis", "Gatys", "gaty"])
def test_an_unknown_recipe_is_answered_with_the_nearest_name(typed: str) -> None:
    with pytest.raises(UnknownRecipe, match="did you mean 'gatys'"):
        find(typed)


def test_a_recipe_near_to_none_is_answered_with_all_names() -> None:
    with pytest.raises(UnknownRecipe, match="there is balanced, gatys"):
        find("zzzzzz")


@pytest.mark.parametrize("change", [
    {"steps": 0}, {"size": 8}, {"history": 0}, {"style_layers": (("relu1_1", float("nan")),)},
    {"content_layers": (("relu4_2", -1.0),)}, {"content_layers": (), "style_layers": ()},
    {"content_weight": 0.0, "style_weight": 0.0}, {"content_weight": 0.0, "style_weight": 1e-40},
    {"content_layers": (), "style_layers": (("relu4_1", 0.0),)},
])
def test_a_recipe_that_cannot_run_is_refused_when_it_is_made(change: dict[str, object]) -> None:
    with pytest.raises(BadRecipe, match="recipe gatys"):
        replace(GATYS, **change)


def test_canonical_json_is_sorted_complete_and_without_the_text_for_people() -> None:
    fields = json.loads(GATYS.canonical_json())
    assert list(fields) == sorted(fields)
    assert fields["steps"] == GATYS.steps
    assert "source" not in fields


def test_the_hash_changes_with_everything_that_shapes_the_picture_and_nothing_else() -> None:
    def hashed(recipe: object = GATYS, seed: int = 0, weights: str = "aa") -> str:
        return recipe_hash(recipe, seed=seed, weights_sha256=weights)

    changed = [
        hashed(replace(GATYS, steps=7)), hashed(replace(GATYS, size=64)), hashed(replace(GATYS, bounded=False)),
        hashed(replace(GATYS, content_layers=(("relu4_2", 2.0),))), hashed(seed=1), hashed(weights="bb"),
    ]
    assert len({hashed(), *changed}) == len(changed) + 1
    assert hashed(replace(GATYS, source="other words")) == hashed()


@pytest.mark.parametrize("module", ["recipe.model", "recipe.presets", "recipe.overrides", "recipe.quality", "errors"])
def test_the_light_modules_do_not_load_torch(module: str) -> None:
    code = f"import sys, stylizer.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
