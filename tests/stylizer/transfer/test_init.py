"""What a scale begins with: the picture of the last, and of the content's fine detail as much as does it good."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.loss.targets import ContentTarget, Pair, StyleTarget
from stylizer.recipe.model import Init, Recipe
from stylizer.recipe.presets import GATYS
from stylizer.transfer.init import upsample_with_detail


def pair(pixels: Tensor) -> Pair:
    return Pair(ContentTarget(pixels, {}), StyleTarget({}, pixels))


def begun(
    content: Tensor, init: Init = Init.CONTENT, strongest: float = GATYS.detail
) -> tuple[Tensor, Tensor]:
    """What the fine scale begins with beyond the enlarged grey of the coarse one, and the content's whole detail."""
    below = F.interpolate(content, scale_factor=0.5, mode="area")
    grey = torch.full_like(below, 128.0)
    start = upsample_with_detail(replace(GATYS, init=init, detail=strongest), grey, [pair(below)], [pair(content)])
    return start - 128, content - F.interpolate(below, content.shape[-2:], mode="bicubic")


def test_faint_detail_of_the_content_comes_whole(generator: torch.Generator) -> None:
    added, detail = begun(128 + torch.randn(1, 3, 32, 48, generator=generator))
    torch.testing.assert_close(added, detail, rtol=0.02, atol=0.01)


def test_a_hard_edge_comes_as_no_more_than_a_trace() -> None:
    content = torch.zeros(1, 3, 32, 48)
    content[..., 25:] = 255.0
    added, detail = begun(content)
    assert detail.abs().max() > 60
    assert added.abs().max() <= GATYS.detail
    assert ((added * detail) >= 0).all()


def test_a_recipe_says_how_much_of_an_edge_comes() -> None:
    content = torch.full((1, 3, 32, 48), 100.0)
    content[..., 25:] = 180.0
    added, detail = begun(content, strongest=1e9)
    torch.testing.assert_close(added, detail, rtol=1e-5, atol=1e-4)
    assert begun(content, strongest=0.0)[0].abs().max() < 1e-3


def test_a_recoloured_content_gives_the_detail_of_its_new_colours() -> None:
    photograph, painted = torch.zeros(1, 3, 32, 48), 128 + torch.randn(1, 3, 32, 48)
    below = F.interpolate(painted, scale_factor=0.5, mode="area")
    coarse, fine = (
        Pair(ContentTarget(photograph[..., :h, :w], {}, recoloured=shown), StyleTarget({}, photograph))
        for (h, w), shown in (((16, 24), below), ((32, 48), painted)))
    start = upsample_with_detail(replace(GATYS, detail=1e9), below, [coarse], [fine])
    torch.testing.assert_close(start, painted, rtol=1e-5, atol=1e-3)


def test_without_the_content_as_start_nothing_of_it_comes(generator: torch.Generator) -> None:
    added, _ = begun(255 * torch.rand(1, 3, 32, 48, generator=generator), Init.RANDOM)
    assert added.abs().max() < 1e-3


def test_without_lattices_a_picture_is_enlarged_by_its_waves_and_leaves_no_lines() -> None:
    across, free = torch.arange(48) + 0.5, replace(GATYS, init=Init.RANDOM, clean=True)
    content = torch.full((1, 3, 64, 96), 100.0)
    below = (128 + 60 * torch.cos(torch.pi * 11 / 48 * across)).expand(1, 3, 32, 48)
    wave = (128 + 60 * torch.cos(torch.pi * 11 / 96 * (torch.arange(96) + 0.5))).expand(1, 3, 64, 96)

    def off(recipe: Recipe) -> float:
        start = upsample_with_detail(recipe, below, [pair(below)], [pair(content)])
        return (start - wave).abs().max().item()

    assert off(free) < 1e-3
    assert off(replace(free, clean=False)) > 1


def test_a_picture_that_has_not_changed_is_the_finer_content(generator: torch.Generator) -> None:
    content = 40 + 160 * torch.rand(2, 3, 33, 47, generator=generator)
    below = F.interpolate(content, (17, 24), mode="area")
    coarse, fine = ([pair(one[None]) for one in each] for each in (below, content))
    start = upsample_with_detail(replace(GATYS, detail=1e9, clean=True), below, coarse, fine)
    torch.testing.assert_close(start, content, rtol=1e-5, atol=1e-3)
