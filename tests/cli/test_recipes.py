"""The command `recipes`, and recipes as `stylize` takes them."""

from pathlib import Path

import pytest

from console.recipes import CONTENT, STYLE, VARIATION
from stylizer.recipe.model import ContentFormula, StyleFormula, VariationFormula
from stylizer.recipe.presets import RECIPES
from tests.cli.conftest import CLI, Run


def test_every_formula_has_its_words() -> None:
    assert (set(CONTENT), set(STYLE), set(VARIATION)) == (
        set(ContentFormula), set(StyleFormula), set(VariationFormula))


def test_all_recipes_are_listed_and_each_is_in_the_docs(here: Run) -> None:
    lines = here("recipes", "--json").lines
    assert [line["name"] for line in lines[:-1]] == list(RECIPES)
    page = (CLI.parent / "docs/recipes.md").read_text()
    assert all(f"`{name}`" in page for name in RECIPES)


def test_a_recipe_is_explained_with_its_layers_formulas_weights_and_source(here: Run) -> None:
    out = here("recipes", "johnson").out
    for words in ("relu4_2", "5 x sum of mean (F - P)^2", "100 x", "0.001 x", "lbfgs", "jcjohnson/neural-style"):
        assert words in out


def test_a_recipe_of_the_users_own_is_explained_too(here: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "w2"\ntv_weight = 7\n')
    assert "7 x mean squared steps" in here("recipes", "mine.toml").out


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["recipes", "jonson"], 2, "did you mean 'johnson'"),
    (["recipes", "none.toml"], 2, "cannot read the recipe none.toml"),
    (["stylize", "--all", "--recipe", "none.toml"], 2, "cannot read the recipe none.toml"),
    (["stylize", "--all", "--pooling", "min"], 2, "--pooling"),
    (["stylize", "--all", "--style-weight", "-1"], 2, "--style-weight"),
    (["stylize", "--all", "--style-weight", "inf"], 2, "--style-weight"),
    (["stylize", "--all", "--only", "both"], 2, "--only"),
    (["stylize", "--all", "--tile", "large"], 2, "say auto, off, or the side of a tile"),
    (["stylize", "--all", "--tile", "8"], 2, "at least 32 pixels"),
])
def test_a_mistake_is_one_clear_line(here: Run, arguments: list[str], code: int, words: str) -> None:
    done = here(*arguments)
    assert (done.code, done.err.count("\n")) == (code, 1), done.err
    assert words in done.err
