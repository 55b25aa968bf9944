"""A quality sets scales and steps, whatever else is said stands above it, and what is minimised stays."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from console.transfer_options import RecipeOptions
from stylizer.recipe.model import Recipe
from stylizer.recipe.presets import BALANCED, GATYS, find
from stylizer.recipe.quality import Quality, at_quality


@pytest.mark.parametrize("quality", Quality)
@pytest.mark.parametrize("side_px", [48, 127, 256, 512, 2000])
def test_each_coarser_scale_has_twice_the_evaluations_of_the_next(quality: Quality, side_px: int) -> None:
    recipe = at_quality(GATYS, quality, side_px)
    shares = recipe.shares
    assert all(abs(coarse - 2 * fine) <= 2 * len(shares) for coarse, fine in pairwise(shares))
    assert replace(recipe, steps=GATYS.steps, scales=GATYS.scales, history=GATYS.history) == GATYS


def test_a_recipe_that_wants_less_of_the_full_size_has_all_of_the_coarser_ones() -> None:
    recipe = replace(GATYS, last_share=0.5)
    assert at_quality(recipe, Quality.DRAFT, 256).shares == (27, 8)
    assert at_quality(recipe, Quality.DRAFT, 512).shares == (55, 28, 8)
    assert at_quality(recipe, Quality.DRAFT, 127).shares == at_quality(GATYS, Quality.DRAFT, 127).shares


@pytest.mark.parametrize(("side_px", "shares"), [
    (127, (42,)), (256, (24, 8)), (512, (24, 14, 8)), (1024, (23, 13, 7, 9)), (4096, (23, 13, 7, 7, 4, 4))])
def test_a_draft_of_balanced_tapers_off_from_its_coarsest_scale(side_px: int, shares: tuple[int, ...]) -> None:
    assert at_quality(BALANCED, Quality.DRAFT, side_px).shares == shares


@pytest.mark.parametrize("recipe", [BALANCED, GATYS], ids=lambda recipe: recipe.name)
def test_qualities_rise(recipe: Recipe) -> None:
    steps = [at_quality(recipe, quality, 512).steps for quality in Quality]
    assert steps == sorted(set(steps))


def test_recipes_of_adam_keep_their_scales() -> None:
    for name in ("weighted", "w2"):
        recipe = find(name)
        assert at_quality(recipe, Quality.STANDARD, 512) == recipe
        assert at_quality(recipe, Quality.DRAFT, 512).scales == recipe.scales
        assert at_quality(recipe, Quality.DRAFT, 512).steps < recipe.steps < at_quality(recipe, Quality.FINE, 512).steps


def test_single_options_stand_above_the_word(tmp_path: Path) -> None:
    standard = at_quality(BALANCED, Quality.STANDARD, 256)
    assert RecipeOptions(size="256").resolve() == replace(standard, size=256)
    assert RecipeOptions(size="256", quality=Quality.DRAFT, steps=30).resolve().steps == 30
    assert RecipeOptions(size="256", quality=Quality.DRAFT, scales="1/2,1").resolve().scales == (0.5, 1.0)
    assert [RecipeOptions(quality=Quality.DRAFT, history=given).resolve().history for given in (None, 33)] == [20, 33]
    # Without the word, steps or scales are those of the recipe's plain run, and a file's are its own.
    plain = RecipeOptions(size="256", steps=300).resolve()
    assert (plain.steps, plain.scales) == (300, (1.0,))
    assert RecipeOptions(size="256", scales="1").resolve().steps == GATYS.steps
    (tmp_path / "mine.toml").write_text('base = "gatys"\nsteps = 77\n')
    assert RecipeOptions(recipe=str(tmp_path / "mine.toml")).resolve().steps == 77


@pytest.mark.parametrize("recipe", [BALANCED, GATYS], ids=lambda recipe: recipe.name)
def test_a_large_picture_is_a_smaller_one_carried_on(recipe: Recipe) -> None:
    small, large = (at_quality(recipe, Quality.STANDARD, side_px) for side_px in (1024, 4096))
    of_small, of_large = small.shares, large.shares
    assert of_large[: len(of_small) - 1] == pytest.approx(of_small[:-1], abs=1)     # of 128 to 512 px
    assert of_large[-3] == pytest.approx(of_small[-1], abs=5)
    per_pixel = [sum(count * scale**2 for count, scale in zip(each.shares, each.scales, strict=True))
                 for each in (small, large)]
    assert per_pixel[1] < per_pixel[0] / 2
