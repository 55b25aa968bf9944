"""What a picture begins with: strokes of the style where the photograph is smooth, and nothing anywhere else."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from stylizer.loss.targets import ContentTarget, Pair, StyleTarget
from stylizer.recipe.presets import BALANCED, GATYS
from stylizer.recipe.strength import underpainting
from stylizer.transfer.init import first_pictures
from stylizer.transfer.underpainting import underpainted


def noise(height: int, width: int, seed: int = 0, levels: float = 30.0) -> Tensor:
    return 128 + levels * torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def pair(content: Tensor, style: Tensor, seed: int = 0, **fields: Tensor | None) -> Pair:
    return Pair(ContentTarget(content, {}, **fields), StyleTarget({}, style), seed)     # type: ignore[arg-type]


def added(made: Pair, strength: float = 50, **fields: int) -> Tensor:
    return underpainted(replace(BALANCED, strength=strength, **fields), made) - made.content.shown


def test_what_is_smooth_gets_strokes_and_what_has_detail_is_left() -> None:
    content = torch.full((1, 3, 64, 192), 128.0)
    content[..., 96:] = noise(64, 96, levels=60)
    strokes = added(pair(content, noise(80, 100, seed=1)))
    smooth, detailed = (part.square().mean().sqrt().item() for part in (strokes[..., :64], strokes[..., 128:]))
    assert 20 < smooth < 40             # those of the style have 30 levels
    assert detailed < smooth / 4


def test_where_a_face_has_its_detail_there_is_not_even_a_trace_of_them() -> None:
    content = noise(64, 96, levels=60).clamp(0, 255)        # 35 in the mean of colours; a portrait's head has 39
    face, before = (added(pair(content, noise(64, 96, seed=1)), strength_scale=scale) for scale in (10, 9))
    assert face.square().mean().sqrt() < 0.5 < 1.5 < before.square().mean().sqrt()


def test_a_photograph_in_fog_has_them_where_the_clear_one_has() -> None:
    clear, style = torch.full((1, 3, 64, 192), 128.0), noise(80, 100, seed=1)
    clear[..., 96:] = noise(64, 96, levels=60).clamp(0, 255)
    foggy = 128 + 0.35 * (clear - 128)      # its face has 12 levels, as a clear sky may
    for content in (clear, foggy):
        strokes = added(pair(content, style)).square().mean((0, 1, 2)).sqrt()
        assert strokes[:64].mean() > 20
        assert strokes[128:].mean() < 1
    before = added(pair(foggy, style), strength_scale=9)
    assert before[..., 128:].square().mean().sqrt() > 10
    grain = added(pair(noise(64, 96, levels=2), style))     # what is plain is not faint: its grain is no detail
    assert grain.square().mean().sqrt() > 20


def test_a_stronger_picture_has_strokes_over_more() -> None:
    made = pair(noise(64, 96, levels=30).clamp(0, 255), noise(64, 96, seed=1))
    of_strengths = [added(made, strength).square().mean().item() for strength in (0, 20, 40, 45, 50, 60, 80, 99)]
    assert of_strengths[:3] == [0, 0, 0]
    assert of_strengths[2:] == sorted(of_strengths[2:])
    assert of_strengths[6] > 2 * of_strengths[4] > 4 * of_strengths[3] > 0
    at_50, at_60 = (underpainting(replace(BALANCED, strength=strength)) for strength in (50, 60))
    assert at_60.smooth_levels == at_50.smooth_levels       # a face at 50 is one at 60


def test_they_are_the_styles_waves_and_bring_no_colours() -> None:
    style = noise(64, 128, seed=1)
    style[:, 0] += 100
    strokes = added(pair(torch.full((1, 3, 64, 96), 128.0), style))
    assert strokes.mean((-2, -1)).abs().max() < 3
    assert strokes.std().item() == pytest.approx(30, rel=0.1)


def test_a_patch_is_from_its_own_height_of_the_style() -> None:
    style = torch.zeros(1, 3, 128, 128)
    style[..., :64, ::4], style[..., 64::4, :] = 60.0, 60.0       # upright lines above, level ones below
    strokes = added(pair(torch.full((1, 3, 128, 160), 128.0), style))
    along = [[part.diff(dim=dim).abs().mean().item() for dim in (-1, -2)] for part in strokes.split(64, dim=-2)]
    assert along[0][0] > 3 * along[0][1]
    assert along[1][1] > 3 * along[1][0]


def test_they_are_those_of_the_pairs_seed() -> None:
    content, style = torch.full((1, 3, 48, 64), 100.0), noise(64, 64, seed=1)
    one, again, other = (added(pair(content, style, seed)) for seed in (7, 7, 8))
    assert one.equal(again)
    assert not one.allclose(other, atol=5)


def test_they_lie_over_the_recoloured_photograph_and_by_the_detail_of_the_photograph_itself() -> None:
    smooth, painted, style = torch.full((1, 3, 48, 64), 100.0), noise(48, 64, seed=2, levels=60), noise(64, 64, seed=1)
    assert added(pair(smooth, style, recoloured=painted)).std() > 20
    assert added(pair(painted, style, recoloured=smooth)).std() < 5


def test_what_is_kept_gets_none_and_where_each_region_has_its_style_there_are_none() -> None:
    content, style, kept = torch.full((1, 3, 48, 64), 100.0), noise(64, 64, seed=1), torch.zeros(1, 1, 48, 64)
    kept[..., 32:] = 1.0
    strokes = added(pair(content, style, kept=kept))
    assert strokes[..., :32].std() > 20
    assert not strokes[..., 32:].any()
    assert not added(pair(content, style, regions=torch.ones(1, 1, 48, 64))).any()


def test_only_a_recipe_that_asks_for_them_begins_with_them() -> None:
    made = pair(torch.full((1, 3, 48, 64), 100.0), noise(64, 64, seed=1))
    assert first_pictures(BALANCED, [made]).std() > 20
    for recipe in (
        replace(BALANCED, underpaint=False), replace(BALANCED, strength=None), replace(GATYS, strength=50),
        replace(BALANCED, strength_scale=6), replace(BALANCED, strength=0),
    ):
        assert first_pictures(recipe, [made]).equal(made.content.pixels)
    own = noise(48, 64, seed=5)
    assert first_pictures(BALANCED, [replace(made, start=own)]).equal(own)


@settings(deadline=None, max_examples=40)
@given(st.tuples(*[st.integers(16, 90)] * 4), st.integers(0, 2**32))
def test_any_shapes_will_do_and_pixels_stay_in_range(sides: tuple[int, int, int, int], seed: int) -> None:
    made = pair(noise(*sides[:2], levels=2).clamp(0, 255), noise(*sides[2:], seed=1, levels=90).clamp(0, 255), seed)
    found = underpainted(BALANCED, made)
    assert found.shape == made.content.pixels.shape
    assert 0 <= found.min() <= found.max() <= 255
