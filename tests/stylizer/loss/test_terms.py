"""Every term against hand-made examples, an independent float64 evaluation, and finite differences."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from stylizer.loss import terms
from stylizer.recipe.model import ContentFormula, StyleFormula, VariationFormula

Array = np.ndarray
SHAPES = [(2, 3, 4, 5), (1, 64, 17, 9), (3, 8, 1, 6)]
PIXELS = 300


def features(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator) * 40


def gram_of(f: Array) -> Array:
    return np.einsum("cij,dij->cd", f, f)


def positions(f: Array) -> int:
    return f.shape[1] * f.shape[2]


def matched(f: Array, s: Array) -> Array:
    """G - A, with A brought to the picture's number of positions."""
    return gram_of(f) - gram_of(s) * positions(f) / positions(s)


def wasserstein(f: Array, s: Array) -> float:
    """The distance as it is defined, by scipy's matrix root."""
    channels = len(f)
    of_picture, of_style = (np.cov(x.reshape(channels, -1), bias=True) + 1e-4 * np.eye(channels) for x in (f, s))
    root_of_style = scipy.linalg.sqrtm(of_style)
    root = scipy.linalg.sqrtm(root_of_style @ of_picture @ root_of_style).real
    means = ((f.mean((1, 2)) - s.mean((1, 2))) ** 2).sum()
    return float((means + np.trace(of_picture + of_style - 2 * root)) / channels)


def normalised_moments(f: Array, s: Array, photograph: Array) -> float:
    """Half the squared distance of the covariances and half that of the means, each by its bound."""
    (of_f, of_s, of_photograph) = (
        (x.mean((1, 2)), np.cov(x.reshape(len(x), -1), bias=True)) for x in (f, s, photograph))
    return float(sum(
        ((a - b) ** 2).sum() / ((b**2).sum() + (c**2).sum()) / 2
        for a, b, c in zip(of_f, of_s, of_photograph, strict=True)))


CONTENT: dict[ContentFormula, Callable[[Array, Array], float]] = {
    ContentFormula.MEAN_SQUARE: lambda f, p: ((f - p) ** 2).sum() / f.size,
    ContentFormula.SUM_SQUARE: lambda f, p: ((f - p) ** 2).sum(),
    ContentFormula.HALF_SUM_SQUARE: lambda f, p: ((f - p) ** 2).sum() / 2,
}
STYLE: dict[StyleFormula, Callable[[Array, Array], float]] = {
    StyleFormula.MEAN_SQUARE: lambda f, s: (matched(f, s) ** 2).sum() / len(f) ** 2 / positions(f) ** 2,
    StyleFormula.MEAN_SQUARE_PER_ELEMENT: lambda f, s: (
        (gram_of(f) / f.size - gram_of(s) / s.size) ** 2).mean(),
    StyleFormula.PAPER: lambda f, s: (matched(f, s) ** 2).sum() / (4 * f.size**2),
    StyleFormula.RAW: lambda f, s: (matched(f, s) ** 2).mean(),
    StyleFormula.PER_IMAGE: lambda f, s: (matched(f, s) ** 2).sum() / (4 * 9 * PIXELS**2),
    StyleFormula.WASSERSTEIN: wasserstein,
    StyleFormula.NORMALISED_MOMENTS: lambda f, s: normalised_moments(f, s, s),
}


def nine_point(p: Array) -> float:
    """Mean squared steps, the edge repeated: 2/3 right and down, 1/6 along each diagonal."""
    big = np.pad(p / 255, ((0, 0), (1, 1), (1, 1)), mode="edge")
    height, width = p.shape[1:]
    total = 0.0
    for down, right in ((0, 1), (1, 0)):
        steps = big[:, 1 + down:1 + down + height, 1 + right:1 + right + width] - p / 255
        total += (steps**2).mean() * 2 / 3
    for first, second in ((big[:, 1:, 1:], big[:, :-1, :-1]), (big[:, 1:, :-1], big[:, :-1, 1:])):
        total += ((first - second) ** 2).mean() / 6
    return total


def steps_squared(p: Array) -> Array:
    return (p[:, :-1, 1:] - p[:, :-1, :-1]) ** 2 + (p[:, 1:, :-1] - p[:, :-1, :-1]) ** 2


VARIATION: dict[VariationFormula, Callable[[Array], float]] = {
    VariationFormula.HALF_SUM_SQUARE: lambda p: steps_squared(p).sum() / 2,
    VariationFormula.SUM_POWER: lambda p: (steps_squared(p) ** 1.25).sum(),
    VariationFormula.NINE_POINT: nine_point,
}


def test_every_formula_has_its_own_evaluation_here() -> None:
    assert (set(CONTENT), set(STYLE), set(VARIATION)) == (
        set(ContentFormula), set(StyleFormula), set(VariationFormula))


def test_the_gram_matrix_of_a_hand_made_example() -> None:
    # Two channels on one row of two positions: F = [[1, 2], [3, 4]], F F^T = [[5, 11], [11, 25]].
    example = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    assert terms.gram(example).tolist() == [[[5.0, 11.0], [11.0, 25.0]]]
    assert terms.gram_per_position(example).tolist() == [[[2.5, 5.5], [5.5, 12.5]]]
    assert terms.moments(example).tolist() == [[[2.5, 5.5, 1.5], [5.5, 12.5, 3.5], [1.5, 3.5, 1.0]]]


@pytest.mark.parametrize(("formula", "expected"), [
    (ContentFormula.MEAN_SQUARE, (1 + 4) / 4),
    (ContentFormula.SUM_SQUARE, 1 + 4),
    (ContentFormula.HALF_SUM_SQUARE, (1 + 4) / 2),
])
def test_the_content_losses_of_a_hand_made_example(formula: ContentFormula, expected: float) -> None:
    example = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    target = torch.tensor([[[[0.0, 2.0]], [[3.0, 2.0]]]])
    assert terms.content(example, target, formula).tolist() == [expected]


@pytest.mark.parametrize(("formula", "expected"), [
    # G/M - A/M = [[0, 0], [1, 3]] with C = 2 channels, M = 2 positions, in a picture of N = 8 pixels.
    (StyleFormula.MEAN_SQUARE, 10 / 4),
    (StyleFormula.MEAN_SQUARE_PER_ELEMENT, 10 / 4 / 4),
    (StyleFormula.PAPER, 10 * 4 / (4 * 4 * 4)),
    (StyleFormula.RAW, 10 * 4 / 4),
    (StyleFormula.PER_IMAGE, 10 * 4 / (4 * 9 * 64)),
])
def test_the_style_losses_of_a_hand_made_example(formula: StyleFormula, expected: float) -> None:
    example = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    grams = torch.tensor([[[2.5, 5.5], [4.5, 9.5]]])
    assert terms.style(example, grams, formula, 8).item() == pytest.approx(expected)


def test_the_wasserstein_distance_of_a_hand_made_example() -> None:
    # One channel: means 3 and 1, deviations 2 and 5; (3 - 1)^2 + (2 - 5)^2 = 13.
    picture, style = torch.tensor([[[[1.0, 5.0]]]]), torch.tensor([[[[-4.0, 6.0]]]])
    found = terms.wasserstein(terms.moments(picture), terms.moments(style), floor=1e-12)
    assert found.item() == pytest.approx(13)


@pytest.mark.parametrize(("formula", "expected"), [
    # [[10, 13], [14, 99]]: dx = 3, dy = 4, so 25; the fourth pixel is only a neighbour.
    (VariationFormula.HALF_SUM_SQUARE, 3 * 25 / 2),
    (VariationFormula.SUM_POWER, 3 * 25**1.25),
])
def test_the_variation_of_a_hand_made_example(formula: VariationFormula, expected: float) -> None:
    pixels = torch.tensor([[10.0, 13.0], [14.0, 99.0]]).expand(1, 3, 2, 2)
    assert terms.variation(pixels, formula).item() == pytest.approx(expected)


def test_the_nine_point_variation_of_a_slope_is_its_steepness_squared() -> None:
    slope = torch.arange(400.0).expand(1, 3, 400, 400) / 400 * 255     # 1/400 a pixel, edges aside
    found = terms.variation(slope, VariationFormula.NINE_POINT).item()
    assert found == pytest.approx((2 / 3 + 2 * 1 / 6) / 400**2, rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("formula", ContentFormula)
def test_each_content_loss_agrees_with_a_float64_evaluation(
    formula: ContentFormula, shape: tuple[int, ...], generator: torch.Generator,
) -> None:
    ours, target = features(shape, generator), features(shape, generator)
    exact = [CONTENT[formula](f, p) for f, p in zip(ours.double().numpy(), target.double().numpy(), strict=True)]
    np.testing.assert_allclose(terms.content(ours, target, formula), exact, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("formula", StyleFormula)
def test_each_style_loss_agrees_with_a_float64_evaluation(
    formula: StyleFormula, shape: tuple[int, ...], generator: torch.Generator,
) -> None:
    ours, style = features(shape, generator), features((*shape[:2], 9, 9), generator) * 2
    exact = [STYLE[formula](f, s) for f, s in zip(ours.double().numpy(), style.double().numpy(), strict=True)]
    found = terms.style(ours, terms.style_statistics(style, formula), formula, PIXELS)
    np.testing.assert_allclose(found, exact, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_are_normalised_by_those_of_the_photograph(
    shape: tuple[int, ...], generator: torch.Generator,
) -> None:
    ours, photograph = features(shape, generator), features((*shape[:2], 5, 8), generator) + 5
    style = features((*shape[:2], 9, 9), generator) * 2
    exact = [
        normalised_moments(*(x.double().numpy() for x in sample))
        for sample in zip(ours, style, photograph, strict=True)]
    of = StyleFormula.NORMALISED_MOMENTS
    target = terms.style_statistics(style, of)
    bounds = terms.moment_bounds(target, terms.style_statistics(photograph, of))
    found = terms.style_distance(terms.style_statistics(ours, of), target, of, 1, 1, bounds)
    np.testing.assert_allclose(found, exact, rtol=1e-5)


def test_the_gradient_of_normalised_moments_agrees_with_float64_where_they_are_near(
    generator: torch.Generator,
) -> None:
    """Covariances are what is left of squares that are twenty times as large."""
    style = 30 + features((1, 16, 40, 40), generator)
    ours, of, found = style + torch.randn(style.shape, generator=generator), StyleFormula.NORMALISED_MOMENTS, []
    for dtype in (torch.float32, torch.float64):
        at = ours.to(dtype).contiguous(memory_format=torch.channels_last).requires_grad_()
        loss = terms.style(at, terms.style_statistics(style.to(dtype), of), of, PIXELS)
        found.append(torch.autograd.grad(loss.sum(), at)[0].double())
    assert (found[0] - found[1]).norm() < 2e-3 * found[1].norm()


@pytest.mark.parametrize("kind", ["flat", "no light", "one position"])
def test_normalised_moments_are_finite_where_features_do_not_vary(kind: str, generator: torch.Generator) -> None:
    ours, of = features((1, 16, 6, 6), generator), StyleFormula.NORMALISED_MOMENTS
    style = {"flat": torch.full((1, 16, 5, 5), 30.0), "no light": torch.zeros(1, 16, 5, 5), "one position":
             ours[..., :1, :1].clone()}[kind]
    for picture in (ours.clone(), style.clone()):
        loss = terms.style(picture.requires_grad_(), terms.style_statistics(style, of), of, PIXELS)
        (gradient,) = torch.autograd.grad(loss.sum(), picture)
        assert loss.isfinite().all()
        assert gradient.isfinite().all()
    assert loss.item() < 1e-6


@pytest.mark.parametrize("formula", VariationFormula)
def test_each_variation_agrees_with_a_float64_evaluation(
    formula: VariationFormula, generator: torch.Generator,
) -> None:
    pixels = torch.rand(2, 3, 7, 9, generator=generator) * 255
    exact = [VARIATION[formula](p) for p in pixels.double().numpy()]
    np.testing.assert_allclose(terms.variation(pixels, formula), exact, rtol=1e-5)


@pytest.mark.parametrize("formula", ContentFormula)
def test_the_gradient_of_each_content_loss_agrees_with_finite_differences(
    formula: ContentFormula, generator: torch.Generator,
) -> None:
    ours = torch.rand(2, 3, 2, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    other = torch.rand(2, 3, 2, 3, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda f: terms.content(f, other, formula), ours)


@pytest.mark.parametrize("formula", StyleFormula)
def test_the_gradient_of_each_style_loss_agrees_with_finite_differences(
    formula: StyleFormula, generator: torch.Generator,
) -> None:
    ours = torch.rand(2, 3, 3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    other = torch.rand(2, 3, 2, 3, generator=generator, dtype=torch.float64)
    target = terms.style_statistics(other, formula)
    assert torch.autograd.gradcheck(lambda f: terms.style(f, target, formula, PIXELS), ours)


@pytest.mark.parametrize("formula", VariationFormula)
def test_the_gradient_of_each_variation_agrees_with_finite_differences(
    formula: VariationFormula, generator: torch.Generator,
) -> None:
    pixels = torch.rand(2, 3, 4, 3, generator=generator, dtype=torch.float64) * 9
    assert torch.autograd.gradcheck(lambda p: terms.variation(p, formula), pixels.requires_grad_())


@pytest.mark.parametrize("formula", VariationFormula)
def test_a_flat_picture_has_no_variation_and_no_gradient(formula: VariationFormula) -> None:
    pixels = torch.full((1, 3, 4, 5), 77.0, requires_grad=True)
    found = terms.variation(pixels, formula)
    found.sum().backward()
    assert found.item() == 0
    assert pixels.grad is not None
    assert pixels.grad.abs().max() == 0


@pytest.mark.parametrize("kind", ["constant", "one position", "equal channels", "dead channel", "no light"])
def test_the_wasserstein_distance_and_its_gradient_are_finite_where_features_hardly_vary(
    kind: str, generator: torch.Generator,
) -> None:
    ours, style = features((1, 16, 6, 6), generator), features((1, 16, 5, 5), generator)
    match kind:
        case "constant":
            ours = torch.full_like(ours, 30.0)
        case "one position":
            ours = ours[..., :1, :1].clone()
        case "equal channels":
            ours = ours[:, :1].repeat(1, 16, 1, 1)
        case "dead channel":
            ours[:, 3] = 0
            style[:, 5] = 0
        case "no light":
            ours, style = ours * 0, style * 0
    ours.requires_grad_()
    target = terms.style_statistics(style, StyleFormula.WASSERSTEIN)
    found = terms.style(ours, target, StyleFormula.WASSERSTEIN, PIXELS)
    found.sum().backward()
    assert ours.grad is not None
    assert ours.grad.isfinite().all()
    exact = wasserstein(ours.detach().double().numpy()[0], style.double().numpy()[0])
    assert found.item() == pytest.approx(exact, rel=1e-5, abs=1e-6)


def test_a_style_is_at_no_distance_from_itself(generator: torch.Generator) -> None:
    style = features((2, 16, 9, 9), generator)
    for formula in StyleFormula:
        target = terms.style_statistics(style, formula)
        assert terms.style(style, target, formula, PIXELS).abs().max() < 1e-6


def test_grams_are_accumulated_in_float32_whatever_the_features_are() -> None:
    large = torch.full((1, 2, 64, 64), 300.0, dtype=torch.bfloat16)
    assert terms.gram(large).dtype == torch.float32
    assert terms.gram_per_position(large).flatten().tolist() == [300.0**2] * 4


@pytest.mark.parametrize("formula", StyleFormula)
def test_a_sample_does_not_see_the_rest_of_its_batch(formula: StyleFormula, generator: torch.Generator) -> None:
    ours, style = features((3, 8, 6, 5), generator), features((3, 8, 6, 5), generator)
    target = terms.style_statistics(style, formula)
    together = terms.style(ours, target, formula, PIXELS)
    for i in range(3):
        alone = terms.style(ours[i:i + 1], target[i:i + 1], formula, PIXELS)
        torch.testing.assert_close(together[i:i + 1], alone)


@pytest.mark.parametrize("formula", StyleFormula)
def test_features_that_are_no_number_spoil_their_own_sample_alone(
    formula: StyleFormula, generator: torch.Generator,
) -> None:
    ours, style = features((2, 8, 6, 5), generator), features((2, 8, 6, 5), generator)
    ours[0, 1, 2, 3] = torch.nan
    found = terms.style(ours, terms.style_statistics(style, formula), formula, PIXELS)
    assert found.isfinite().tolist() == [False, True]
