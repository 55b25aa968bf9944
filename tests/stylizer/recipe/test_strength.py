"""The one number of a recipe, before any picture: what it means along its range, and what it does not go with."""

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from stylizer.errors import BadRecipe
from stylizer.recipe import strength
from stylizer.recipe.model import NEWEST_STRENGTH_SCALE, Colour, Init, Recipe, Recolouring
from stylizer.recipe.overrides import Only, alone, load_recipe, override, restore
from stylizer.recipe.presets import BALANCED, GATYS, RECIPES
from stylizer.recipe.quality import Quality, at_quality
from stylizer.recipe.strength import Look

RANGE = [*range(1, 100)]


def at(number: float, scale: int = NEWEST_STRENGTH_SCALE) -> Recipe:
    return replace(BALANCED, strength=number, strength_scale=scale)


@pytest.mark.parametrize("colour", Colour)
@pytest.mark.parametrize("scale", range(1, NEWEST_STRENGTH_SCALE + 1))
def test_more_strength_is_less_content_more_colour_and_a_farther_way(scale: int, colour: Colour) -> None:
    for less, more in pairwise(replace(at(number, scale), colour=colour) for number in RANGE):
        assert strength.content_weight(less) > strength.content_weight(more) > 0
        assert strength.target(less) < strength.target(more) < 1
        assert 0 < strength.recolouring(less) <= strength.recolouring(more) <= 1


def ends(recipe: Recipe) -> tuple[float, float, float]:
    return strength.style_weight(recipe), strength.content_weight(recipe), strength.recolouring(recipe)


def test_its_ends_are_the_photograph_and_the_texture() -> None:
    assert ends(at(0)) == (0, 1, 0)
    assert ends(at(100)) == (1, 0, 0)
    starts = [replace(GATYS, init=Init.STYLE, strength=at).start for at in (None, 0.0, 50.0, 100.0)]
    assert starts == [Init.STYLE, Init.CONTENT, Init.STYLE, Init.RANDOM]


@pytest.mark.parametrize("colour", [colour for colour in Colour if colour is not Colour.NONE])
def test_where_the_content_keeps_its_colours_their_part_of_the_way_is_not_asked_of_its_strokes(colour: Colour) -> None:
    for number in RANGE:
        plain, kept = at(number), replace(at(number), colour=colour)
        assert strength.target(kept) < strength.target(plain)
        assert strength.content_weight(kept) > strength.content_weight(plain)
        before = at(number, scale=7)
        assert strength.target(replace(before, colour=colour)) == strength.target(before) == strength.target(plain)
    # It has as strong strokes to begin with, and no wider ones.
    plain, kept = (strength.underpainting(replace(at(80), colour=each)) for each in (Colour.NONE, colour))
    assert kept.share == plain.share > 1
    assert kept.smooth_levels < plain.smooth_levels


def test_a_picture_that_is_too_far_is_held_back_and_one_that_is_not_far_enough_let_go() -> None:
    weight, aim = strength.content_weight(at(50)), strength.within_reach(at(50))
    assert strength.corrected(at(50), Look(weight, aim)) == pytest.approx(weight)
    assert strength.corrected(at(50), Look(weight, aim + 0.05)) > 1.3 * weight
    assert strength.corrected(at(50), Look(weight, aim - 0.05)) < weight / 1.3
    assert strength.corrected(at(50), Look(weight, math.nan)) == weight


def test_a_picture_that_went_too_far_back_is_let_go_by_less_and_one_that_hardly_heeded_by_no_more() -> None:
    weight, aim = strength.content_weight(at(20)), strength.within_reach(at(20))
    low = Look(weight, aim - 0.1)
    by_the_table = strength.corrected(at(20), low) / weight
    # It was let go by a factor of e, and came 0.2 farther for it: with a gain of 5 it would have arrived.
    overshot = Look(weight * math.e, aim - 0.3)
    by_itself, learned = (
        strength.corrected(at(20), low, before) / weight for before in (None, overshot))
    assert by_itself == by_the_table < learned < 1
    assert learned == pytest.approx(math.exp(5 * -0.1))
    hardly = Look(weight * 3, aim - 0.11)
    for before in (hardly, Look(weight, aim - 0.3), Look(weight * 3, math.nan), Look(weight / 3, aim - 0.3)):
        assert strength.corrected(at(20), low, before) / weight == by_the_table
    assert strength.corrected(at(20, scale=3), low, overshot) == strength.corrected(at(20, scale=3), low)


def test_with_few_evaluations_a_picture_is_to_come_less_far() -> None:
    draft, standard = (at_quality(at(50), quality, 256) for quality in (Quality.DRAFT, Quality.STANDARD))
    weight, aim = strength.content_weight(draft), strength.within_reach(draft)
    assert aim < strength.within_reach(standard) == strength.target(standard)
    assert strength.corrected(draft, Look(weight, aim)) == pytest.approx(weight)
    assert strength.corrected(standard, Look(weight, aim)) < weight
    of_scales = [strength.within_reach(replace(draft, strength_scale=scale)) for scale in (2, 3, 4, 6, 7)]
    assert of_scales == [share * strength.target(draft) for share in (0.904, 0.885, 0.9, 0.92, 0.92)]


def test_what_is_on_its_way_is_not_corrected() -> None:
    draft = at_quality(at(50), Quality.DRAFT, 512)
    assert draft.shares == (24, 14, 8)
    of_one = strength.ahead(draft, 1, 14)
    assert of_one == pytest.approx(0.06)
    assert strength.ahead(draft, 1, 7) == pytest.approx(2 * of_one)
    assert strength.ahead(draft, 0, 14) == pytest.approx(2 * of_one)
    assert strength.ahead(draft, 0, 28) == pytest.approx(1.5 * of_one)
    assert strength.ahead(draft, 2, 7) == pytest.approx(0.24 * of_one)
    assert strength.ahead(replace(draft, strength_scale=5), 2, 7) == 0
    for other in (replace(draft, strength=20), replace(draft, strength_scale=4)):
        assert {strength.ahead(other, scale, 7) for scale in range(3)} == {0}


def test_a_large_picture_comes_no_farther_at_the_scales_between_its_coarse_ones_and_the_last() -> None:
    middling, large = (at_quality(at(50), Quality.DRAFT, side) for side in (512, 2048))
    assert large.shares == (23, 13, 7, 7, 6)
    assert strength.ahead(large, 2, 7) == strength.ahead(large, 3, 7) < 0
    for scale in (0, 1):
        assert 0 < strength.ahead(large, scale, 14) < strength.ahead(middling, scale, 14)
    again = strength.ahead(large, 4, 5) - strength.ahead(middling, 2, 5)
    assert again == pytest.approx(-strength.ahead(large, 3, 7))
    of_old = [strength.ahead(replace(large, strength_scale=5), scale, 7) for scale in range(4)]
    assert of_old == sorted(of_old, reverse=True)
    assert of_old[-1] > 0


def test_one_correction_is_limited_and_between_first_and_last_gentler() -> None:
    large = at_quality(at(50), Quality.DRAFT, 2048)
    aim, own = strength.within_reach(large), strength.content_weight(large)

    def changes(off: float, scale: int) -> list[float]:
        recipe = replace(large, strength_scale=scale)
        look = Look(own, off + strength.within_reach(recipe))
        return [math.log(strength.corrected(recipe, look, scale=of) / own) for of in range(5)]

    first, *between, last = changes(0.05, 6)
    assert first == last == pytest.approx(0.05 * 16.5, rel=0.01)
    assert between == pytest.approx([first / 2] * 3)
    for off in (-0.3, 0.3):
        assert changes(off, 6) == pytest.approx([math.copysign(0.09 * 16.5, off)] * 5)
        assert changes(off, 5) == pytest.approx([math.copysign(math.log(64), off)] * 5)
    assert aim < strength.target(large)


@pytest.mark.parametrize("measured", [-1e9, 1.0])
@pytest.mark.parametrize(("scale", "most"), [(1, 16), (3, 16), (4, 64), (5, 64)])
def test_no_correction_takes_a_pair_astray(measured: float, scale: int, most: float) -> None:
    recipe = at(50, scale)
    weight = own = strength.content_weight(recipe)
    for _ in range(9):
        weight = strength.corrected(recipe, Look(weight, measured))
    assert weight in (pytest.approx(own / most), pytest.approx(own * most))


@pytest.mark.parametrize("evaluations", [(28, 14), (64, 32, 16), (500,), (1,), (1, 1), (111, 29)])
@pytest.mark.parametrize("scale", range(1, NEWEST_STRENGTH_SCALE + 1))
def test_pictures_are_looked_at_within_their_evaluations(evaluations: tuple[int, ...], scale: int) -> None:
    found = strength.metered_after(at(50, scale), evaluations)
    assert len(found) == len(evaluations)
    assert found[0]
    assert all(1 <= after <= count for count, of_scale in zip(evaluations, found, strict=True) for after in of_scale)


def test_a_picture_is_looked_at_as_often_as_its_evaluations_can_show_it() -> None:
    assert strength.metered_after(at(50), (27, 8)) == ({14, 20, 27}, {5})
    assert strength.metered_after(at(50), (55, 28, 8)) == ({28, 41, 55}, {28}, {5})
    assert strength.metered_after(at(50), (110, 55, 28, 14, 7)) == ({55, 82, 110}, {55}, {28}, {14}, {4})
    assert strength.metered_after(at(50), (111, 29)) == ({56, 83, 111}, {17, 23})
    assert strength.metered_after(at(50), (110, 55, 28, 14, 7, 5))[-1] == set()
    assert strength.metered_after(at(50), (7, 2)) == ({7}, set())
    assert strength.metered_after(at(50, scale=3), (27, 8)) == ({18, 27}, set())
    assert strength.metered_after(at(50, scale=3), (55, 28, 8)) == ({37, 55}, set(), set())
    assert strength.metered_after(at(50, scale=3), (111, 29)) == ({74, 111}, {9})
    assert strength.metered_after(at(50, scale=1), (27, 15)) == ({27}, {4})


def test_recipes_that_do_not_speak_of_it_are_what_they_were() -> None:
    for recipe in RECIPES.values():
        if recipe is not BALANCED:
            fields = set(json.loads(recipe.canonical_json()))
            assert not {"strength", "recolour", "underpaint", "detail", "self_similarity"} & fields
            assert (recipe.strength, recipe.recolour) == (None, Recolouring.NONE)


def test_a_recipe_with_a_strength_comes_back_from_its_own_words() -> None:
    for recipe in (BALANCED, override(GATYS, strength=30), override(BALANCED, strength=0)):
        assert restore(json.loads(recipe.canonical_json())) == replace(recipe, source="")


@pytest.mark.parametrize("value", [-1, 100.5, math.nan, "much", True])
def test_a_strength_that_cannot_be_is_refused(value: object) -> None:
    with pytest.raises(BadRecipe, match="strength"):
        override(GATYS, strength=value)


@pytest.mark.parametrize("only", Only)
def test_a_strength_needs_both_content_and_style(only: Only) -> None:
    assert alone(BALANCED, only).strength is None
    with pytest.raises(BadRecipe, match="one of them is alone"):
        override(alone(BALANCED, only), strength=40)


@pytest.mark.parametrize("changes", [{"content_weight": 5}, {"style_weight": 5}])
def test_who_says_a_weight_does_without_the_strength_that_would_take_its_place(changes: dict[str, object]) -> None:
    assert override(BALANCED, **changes).strength is None
    assert override(BALANCED, **changes, strength=None).strength is None
    with pytest.raises(BadRecipe, match="say one or the other"):
        override(BALANCED, **changes, strength=30)


def test_what_a_number_meant_is_kept_with_a_picture_and_told_apart_from_what_it_means_now() -> None:
    before = json.loads(replace(BALANCED, strength_scale=1).canonical_json())
    assert "strength_scale" not in before
    assert restore(before).strength_scale == 1
    assert strength.target(restore(before)) == 0.785 < strength.target(BALANCED)
    assert override(restore(before), strength=50).strength_scale == NEWEST_STRENGTH_SCALE
    assert override(BALANCED, content_weight=5).strength_scale == 1     # says nothing where there is no strength
    with pytest.raises(BadRecipe, match="strength_scale must be 1 to"):
        override(BALANCED, strength_scale=NEWEST_STRENGTH_SCALE + 1)


def test_a_file_says_a_strength(tmp_path: Path) -> None:
    (tmp_path / "mild.toml").write_text('base = "tutorial"\nstrength = 30\n')
    assert load_recipe(tmp_path / "mild.toml").strength == 30


def test_normalised_terms_keep_their_balance_at_any_size() -> None:
    assert RECIPES["gatys-paper"].depends_on_size
    assert not override(RECIPES["gatys-paper"], strength=50).depends_on_size
    assert not BALANCED.depends_on_size
