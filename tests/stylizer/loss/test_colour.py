import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from stylizer.loss.colour import (
    colour_moments,
    match_colours,
    match_histogram,
    match_luma,
    match_moments,
    recolour,
    recoloured,
)
from stylizer.pictures.luma import grey, luma
from stylizer.recipe.model import Colour


def picture(*pixels: tuple[float, float, float]) -> Tensor:
    """Pixels [1, 3, 1, n] from their colours."""
    return torch.tensor(pixels, dtype=torch.float32).T[None, :, None].contiguous()


def noise(seed: int, height: int, width: int) -> Tensor:
    return (torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 255).round()


@st.composite
def awkward(draw: st.DrawFn) -> Tensor:
    """One colour, grey, two colours, noise: from a single pixel up."""
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    one = torch.tensor(draw(st.tuples(*[st.integers(0, 255)] * 3)), dtype=torch.float32).view(1, 3, 1, 1)
    kind = draw(st.sampled_from(["flat", "grey", "two", "noise"]))
    values = noise(draw(st.integers(0, 99)), height, width)
    return {
        "flat": one.expand_as(values),
        "grey": values[:, :1].expand_as(values),
        "two": torch.where(values[:, :1] < 128, one, 255 - one),
        "noise": values,
    }[kind].contiguous()


@settings(max_examples=60, deadline=None)
@given(style=awkward(), content=awkward(), colour=st.sampled_from(Colour))
def test_whatever_the_pictures_the_dyed_style_is_one(style: Tensor, content: Tensor, colour: Colour) -> None:
    dyed = match_colours(style, content, colour)
    assert dyed.shape == style.shape
    assert dyed.dtype == style.dtype
    assert dyed.isfinite().all()
    assert dyed.min() >= 0
    assert dyed.max() <= 255


@settings(max_examples=40, deadline=None)
@given(style=st.integers(0, 999), content=st.integers(0, 999))
def test_mean_and_covariance_become_those_of_the_content(style: int, content: int) -> None:
    wanted = noise(content, 9, 11) * torch.tensor([1.0, 0.3, 0.6]).view(1, 3, 1, 1) + 20
    matched = match_moments(noise(style, 12, 10), wanted)[0].flatten(1).numpy()
    wanted = wanted[0].flatten(1).numpy()
    np.testing.assert_allclose(matched.mean(1), wanted.mean(1), rtol=1e-3)
    np.testing.assert_allclose(np.cov(matched, ddof=0), np.cov(wanted, ddof=0), rtol=1e-3, atol=1e-3 * wanted.var())


def test_four_pixels_are_matched_as_by_hand() -> None:
    # Red varies by 10 about 100, green by 20 about 50, not together; wanted are 30 about 60 and 5 about 200.
    # So red goes to 60 + 3 (r - 100), green to 200 + (g - 50)/4, and blue, which does not vary, to the mean.
    style = picture((90, 30, 7), (110, 30, 7), (90, 70, 7), (110, 70, 7)).view(1, 3, 2, 2)
    content = picture((30, 195, 40), (90, 195, 40), (30, 205, 40), (90, 205, 40)).view(1, 3, 2, 2)
    expected = picture((30, 195, 40), (90, 195, 40), (30, 205, 40), (90, 205, 40)).view(1, 3, 2, 2)
    torch.testing.assert_close(match_moments(style, content), expected)


def test_matching_a_picture_with_itself_changes_nothing() -> None:
    same = noise(3, 8, 8)
    torch.testing.assert_close(match_moments(same, same), same, atol=1e-3, rtol=0)
    torch.testing.assert_close(match_histogram(same, same), same)


def test_a_grey_style_takes_the_light_and_dark_of_a_colourful_content_without_noise() -> None:
    shade = noise(1, 8, 8)[:, :1].expand(1, 3, 8, 8)
    rounding = (noise(2, 8, 8) / 255).round() * 0.2
    matched = match_moments(shade + rounding, noise(3, 8, 8))
    varying = torch.linalg.eigvalsh(torch.from_numpy(np.cov(matched[0].flatten(1).numpy())))
    assert varying[-1] > 1000
    assert varying[:2].max() < 1


def test_each_channel_takes_the_histogram_of_the_content() -> None:
    # Ranks: 10 < 20 < 30 = 30, so shares 1/8, 3/8 and 3/4 of the style; the content's values lie at 1/8 ... 7/8.
    style = picture((10, 0, 0), (20, 0, 0), (30, 0, 0), (30, 0, 0))
    content = picture((100, 9, 0), (140, 9, 0), (180, 9, 0), (220, 9, 0))
    assert match_histogram(style, content)[0, :, 0].tolist() == [[100, 140, 200, 200], [9] * 4, [0] * 4]


def test_the_styles_luma_takes_mean_and_deviation_of_the_contents() -> None:
    content = noise(5, 20, 20) * 0.5 + 30
    matched = match_luma(noise(4, 16, 24), content)
    assert torch.equal(matched[:, 0], matched[:, 2])
    assert luma(matched).mean().item() == pytest.approx(luma(content).mean().item(), rel=1e-4)
    assert luma(matched).std().item() == pytest.approx(luma(content).std().item(), rel=1e-3)


def test_recoloured_pixels_have_their_own_luma_and_the_contents_hue_within_the_range() -> None:
    pixels, content = noise(6, 16, 16), noise(7, 16, 16)
    result = recolour(pixels, content)
    assert result.min() >= -1e-3
    assert result.max() <= 255 + 1e-3
    torch.testing.assert_close(luma(result), luma(pixels), atol=1e-3, rtol=0)
    chroma, wanted = result - grey(result), content - grey(content)
    torch.testing.assert_close(torch.linalg.cross(chroma, wanted, dim=1), torch.zeros_like(chroma), atol=0.5, rtol=0)
    assert ((chroma * wanted).sum(1) >= -1e-3).all()


def test_a_colour_that_fits_is_kept_whole() -> None:
    content = picture((120, 80, 60))
    lighter = content + 40
    torch.testing.assert_close(recolour(grey(lighter), content), lighter, atol=1e-3, rtol=0)
    white = picture((255, 255, 255))
    torch.testing.assert_close(recolour(white, content), white, atol=1e-3, rtol=0)


@settings(max_examples=60, deadline=None)
@given(content=awkward(), style=awkward(), share=st.floats(0, 1))
def test_whatever_the_pictures_the_recoloured_content_is_one(content: Tensor, style: Tensor, share: float) -> None:
    moved = recoloured(content, colour_moments(style), share)
    assert moved.shape == content.shape
    assert moved.isfinite().all()
    assert moved.min() >= 0
    assert moved.max() <= 255
    assert torch.equal(recoloured(content, colour_moments(style), 0.0), content)


def test_a_recoloured_content_has_the_mean_and_the_covariance_of_the_style() -> None:
    content = 100 + noise(1, 40, 50) * 0.2
    style = 90 + noise(2, 30, 30) * torch.tensor([0.4, 0.1, 0.3]).view(3, 1, 1)
    found = recoloured(content, colour_moments(style), 1.0)
    own, wanted = (each[0].flatten(1).double().numpy() for each in (found, style))
    np.testing.assert_allclose(own.mean(1), wanted.mean(1), atol=1e-3)
    np.testing.assert_allclose(np.cov(own), np.cov(wanted), atol=5)     # the grain that is added to both
    half = recoloured(content, colour_moments(style), 0.5)
    torch.testing.assert_close(half, (content + found) / 2)


def test_the_grain_of_a_grey_content_does_not_become_colours() -> None:
    content = noise(1, 40, 50)[:, :1].expand(1, 3, 40, 50) + noise(3, 40, 50) / 255
    found = recoloured(content.clamp(0, 255), colour_moments(noise(2, 40, 50)), 1.0)
    away = found - found.mean(1, keepdim=True)
    assert (away - away.mean((2, 3), keepdim=True)).abs().max() < 10


def test_each_region_takes_the_colours_of_its_own_style() -> None:
    content = noise(1, 20, 40)
    shares = torch.zeros(1, 2, 20, 40)
    shares[:, 0, :, :20] = shares[:, 1, :, 20:] = 1
    dark, light = noise(2, 20, 20) * 0.3, 150 + noise(3, 20, 20) * 0.3
    found = recoloured(content, torch.cat([colour_moments(dark), colour_moments(light)]), 1.0, shares)
    left, right = (recoloured(half, colour_moments(style), 1.0) for half, style in (
        (content[..., :20], dark), (content[..., 20:], light)))
    torch.testing.assert_close(found, torch.cat((left, right), 3), rtol=1e-4, atol=1e-2)
