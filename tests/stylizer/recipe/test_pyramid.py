from dataclasses import replace

import pytest

from stylizer.errors import BadRecipe
from stylizer.recipe.presets import GATYS
from stylizer.recipe.pyramid import choose, evaluations, share_out, weights_of


@pytest.mark.parametrize(("text", "size_px", "scales"), [
    ("1", 256, (1.0,)),
    ("3", 256, (0.25, 0.5, 1.0)),
    ("auto", 127, (1.0,)),
    ("auto", 192, (0.5, 1.0)),
    ("auto", 255, (0.5, 1.0)),
    ("auto", 512, (0.25, 0.5, 1.0)),
    ("1/4, 0.5, 1", 256, (0.25, 0.5, 1.0)),
    ("64,128", 256, (0.25, 0.5, 1.0)),
    ("64,128,256", 256, (0.25, 0.5, 1.0)),
])
def test_scales_are_chosen_by_rule_by_count_by_share_or_by_size(
    text: str, size_px: int, scales: tuple[float, ...]
) -> None:
    assert choose(text, size_px) == scales


@pytest.mark.parametrize("text", ["", "many", "0", "-1", "9", "1/0,1", "0.5,,1"])
def test_what_names_no_scales_is_refused(text: str) -> None:
    with pytest.raises(BadRecipe, match="scales"):
        choose(text, 256)


@pytest.mark.parametrize("text", ["1,0.5", "0,1", "-0.5,1", "0.5,0.5", "512,256"])
def test_scales_that_do_not_rise_to_the_full_size_are_refused_by_the_recipe(text: str) -> None:
    with pytest.raises(BadRecipe, match="rise"):
        replace(GATYS, scales=choose(text, 256))


def test_more_scales_than_steps_are_refused() -> None:
    with pytest.raises(BadRecipe, match="3 scales need at least as many steps, not 2"):
        replace(GATYS, scales=(0.25, 0.5, 1.0), steps=2)


@pytest.mark.parametrize("steps", [3, 4, 60, 301])
def test_every_step_is_given_to_a_scale_and_coarse_ones_get_more(steps: int) -> None:
    shares = share_out(steps, weights_of((0.25, 0.5, 1.0)))
    assert sum(shares) == steps
    assert min(shares) >= 1
    assert share_out(300, weights_of((0.25, 0.5, 1.0))) == (170, 85, 45)


def test_the_last_of_several_scales_gets_the_part_that_a_recipe_wants() -> None:
    assert share_out(502, weights_of((0.5, 1.0), 0.5)) == (401, 101)
    assert share_out(40, weights_of((1.0,), 0.5)) == (40,)
    recipe = replace(GATYS, steps=40, scales=(0.5, 1.0), last_share=0.5)
    assert recipe.shares == (31, 9)
    fields = {"steps": 40, "scales": [0.5, 1.0], "last_share": 0.5}
    assert evaluations({"recipe": fields, "trace": [0.0] * 40}) == (31, 9)
    for share in (0, 1.5):
        with pytest.raises(BadRecipe, match="last_share must be above 0"):
            replace(GATYS, last_share=share)


def test_those_that_taper_off_are_the_same_at_a_scale_in_a_picture_of_any_size() -> None:
    of_largest = weights_of((1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1), tapers=True)
    assert of_largest == [1.75, 1, 0.5, 0.5, 0.25, 0.125]
    for count in range(2, 6):
        scales = [0.5**power for power in reversed(range(count))]
        assert weights_of(scales, tapers=True)[:-1] == of_largest[: count - 1]
    assert weights_of((0.5, 1), tapers=True) == [1.75, 0.5]
    assert weights_of((1,), tapers=True) == [1]
    recipe = replace(GATYS, steps=46, scales=(0.25, 0.5, 1.0), tapers=True)
    assert recipe.shares == (24, 14, 8)
    fields = {"steps": 46, "scales": [0.25, 0.5, 1.0], "tapers": True}
    assert evaluations({"recipe": fields, "trace": [0.0] * 46}) == (24, 14, 8)
