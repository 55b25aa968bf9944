"""The measures of quality: their known extremes, other people's figures, and pictures for which they do not exist."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage import data
from skimage.metrics import structural_similarity
from torch import Tensor

from stylizer.errors import ImageTooSmall
from stylizer.evaluation import measures
from stylizer.evaluation.looks import SEEN_PX
from stylizer.evaluation.metrics import Evaluator, Metrics
from stylizer.loss.targets import stretch
from stylizer.network.vgg import Weights
from stylizer.pictures.luma import luma
from stylizer.recipe.presets import RECIPES

Blobs = Callable[[int, int, int], Tensor]


@pytest.fixture(scope="module")
def evaluator(weights: Weights) -> Evaluator:
    return Evaluator(weights)


def photograph(pixels: np.ndarray, height: int, width: int) -> Tensor:
    whole = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None]
    return stretch(whole, height, width).round()


def measured(evaluator: Evaluator, picture: Tensor, content: Tensor, style: Tensor) -> Metrics:
    return evaluator.compare(*(evaluator.features_of(pixels) for pixels in (picture, content, style)))


def test_the_content_itself_has_all_of_the_content_and_none_of_the_style(evaluator: Evaluator, blobs: Blobs) -> None:
    content, style = blobs(1, 64, 80), blobs(2, 72, 56)
    quality = measured(evaluator, content, content, style)
    assert (quality.content_loss, quality.style_loss) == (0.0, 1.0)
    assert quality.cf == pytest.approx(1)
    assert quality.ssim == pytest.approx(1)
    assert quality.cfsd == pytest.approx(0, abs=1e-9)
    assert quality.tv_ratio == 1


def test_the_style_itself_has_all_of_the_style_and_none_of_the_content(evaluator: Evaluator, blobs: Blobs) -> None:
    content, style = blobs(1, 64, 64), blobs(2, 64, 64)
    quality = measured(evaluator, style, content, style)
    assert quality.content_loss == pytest.approx(1, rel=1e-5)
    assert quality.style_loss == 0
    assert quality.ge == pytest.approx(1)
    assert quality.lp == pytest.approx(1, abs=1e-6)


def test_between_a_photograph_and_another_every_measure_moves_towards_what_there_is_more_of(
    evaluator: Evaluator,
) -> None:
    content, style = photograph(data.chelsea(), 64, 64), photograph(data.coffee(), 64, 64)
    ends = evaluator.features_of(content), evaluator.features_of(style)
    between = [torch.lerp(content, style, share) for share in (0.1, 0.4, 0.7)]
    steps = [evaluator.compare(evaluator.features_of(picture), *ends) for picture in between]
    for name, direction in {"content_loss": 1, "style_loss": -1, "cf": -1, "ge": 1, "cfsd": 1, "ssim": -1}.items():
        values = [getattr(quality, name) * direction for quality in steps]
        assert values == sorted(values), name
    assert steps[0].lp < steps[2].lp


def test_noise_on_a_photograph_shows_in_the_variation_and_the_structure(evaluator: Evaluator) -> None:
    content, style = photograph(data.chelsea(), 48, 64), photograph(data.coffee(), 48, 64)
    ends = evaluator.features_of(content), evaluator.features_of(style)
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(1))
    pictures = [(content + spread * noise).clamp(0, 255) for spread in (0, 10, 40)]
    noisy = [evaluator.compare(evaluator.features_of(picture), *ends) for picture in pictures]
    for name, direction in {"tv_ratio": 1, "ssim": -1, "content_loss": 1, "cfsd": 1}.items():
        values = [getattr(quality, name) * direction for quality in noisy]
        assert values == sorted(set(values)), name


def test_ssim_is_that_of_scikit_image() -> None:
    one, other = photograph(data.chelsea(), 60, 90), photograph(data.coffee(), 60, 90)
    mixed = torch.lerp(one, other, 0.3)
    theirs = structural_similarity(
        luma(one)[0, 0].double().numpy(), luma(mixed)[0, 0].double().numpy(), gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, data_range=255)
    assert measures.ssim(one[0], mixed[0]) == pytest.approx(theirs, abs=1e-6)


def test_the_nearest_patches_are_those_of_a_search_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(3)
    features, style = torch.rand(5, 7, 6, generator=generator), torch.rand(5, 4, 9, generator=generator)

    def patches(values: Tensor) -> Tensor:
        flat = torch.nn.functional.unfold(values[None], 3)[0].T
        return flat / flat.norm(dim=1, keepdim=True)

    expected = (patches(features) @ patches(style).T).max(1)
    for chunk_bytes in (1, 4 * 6 * 36 * 4, 2**20):      # one row at a time, two, all
        monkeypatch.setattr(measures, "_CHUNK_BYTES", chunk_bytes)
        values, places = measures.nearest_patches(features, style)
        torch.testing.assert_close(values, expected.values)
        assert places.equal(expected.indices)


def test_half_of_local_patterns_is_the_share_of_the_style_that_is_used() -> None:
    style = torch.eye(6).view(6, 1, 6).repeat(1, 3, 1)      # four different patches in a row
    assert measures.distinct_patches(style) == 4
    assert measures.local_patterns(style, style, 4) == pytest.approx(1)
    one_patch_four_times = torch.cat([style[:, :, :3]] * 4, 2)[:, :, [0, 1, 2, 0, 1, 2]]
    found = measures.local_patterns(one_patch_four_times, style, 4)
    best, places = measures.nearest_patches(one_patch_four_times, style)
    assert found == pytest.approx((best.mean().item() + places.unique().numel() / 4) / 2)
    assert found < 0.9


def test_structure_is_that_of_the_published_code() -> None:
    generator = torch.Generator().manual_seed(4)
    content, picture = torch.rand(8, 5, 6, generator=generator), torch.rand(8, 5, 6, generator=generator)

    def rows(features: Tensor) -> Tensor:
        flat = features.flatten(1).T.double() / 8
        return (flat @ flat.T).softmax(1)

    p, q = rows(content), rows(picture)
    assert measures.structure_distance(content, picture) == pytest.approx((p * (p / q).log()).sum().item(), rel=1e-9)


def test_variation_by_hand() -> None:
    pixels = torch.tensor([[[0.0, 10], [20, 254.6]], [[9, 9], [9, 9]], [[9, 9], [9, 9]]])
    assert measures.variation(pixels) == pytest.approx(((10 + 234.6) + (20 + 244.6)) / 6)


def test_one_colour_has_no_variation_to_compare_with_and_nothing_is_a_nan(evaluator: Evaluator, blobs: Blobs) -> None:
    black, style, other = (evaluator.features_of(pixels) for pixels in (
        torch.zeros(1, 3, 32, 32), blobs(2, 32, 40), blobs(3, 32, 32)))
    quality = evaluator.compare(other, black, style)
    assert quality.tv_ratio is None
    alike = evaluator.compare(black, black, black)
    assert (alike.content_loss, alike.style_loss) == (None, None)
    for found in (quality, alike, evaluator.compare(black, other, style)):
        assert all(value is None or math.isfinite(value) for value in dataclasses.asdict(found).values())


def test_a_tiny_picture_lacks_measures_and_a_smaller_one_is_refused(evaluator: Evaluator, blobs: Blobs) -> None:
    quality = measured(evaluator, blobs(1, 16, 16), blobs(2, 16, 16), blobs(3, 16, 40))
    assert quality.lp is None
    assert quality.cf is not None
    with pytest.raises(ImageTooSmall):
        evaluator.features_of(blobs(1, 15, 40))


def test_a_large_picture_is_seen_at_512_pixels(evaluator: Evaluator, blobs: Blobs) -> None:
    features_of = evaluator.features_of(blobs(1, 80, SEEN_PX * 2))
    assert features_of.pixels.shape[-1] == SEEN_PX * 2
    assert features_of.features["relu4_1"].shape[-1] == SEEN_PX / 8


def test_no_recipe_optimises_a_held_out_layer() -> None:
    from stylizer.evaluation.metrics import HELD_OUT_CONTENT, HELD_OUT_STYLE

    optimised = {name for recipe in RECIPES.values() for name in recipe.layers}
    assert not optimised & {*HELD_OUT_CONTENT, *HELD_OUT_STYLE}
