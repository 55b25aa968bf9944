import numpy as np
import pytest
import torch
from torch import Tensor

from stylizer import losses
from stylizer.recipes import ContentFormula, StyleFormula

SHAPES = [(2, 3, 4, 5), (1, 64, 17, 9), (3, 8, 1, 6)]


def features(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator) * 40


def test_the_gram_matrix_of_a_hand_made_example() -> None:
    # Two channels on one row of two positions: F = [[1, 2], [3, 4]], F F^T = [[5, 11], [11, 25]].
    example = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    assert losses.gram(example).tolist() == [[[5.0, 11.0], [11.0, 25.0]]]
    assert losses.gram_per_position(example).tolist() == [[[2.5, 5.5], [5.5, 12.5]]]


def test_the_losses_of_hand_made_examples() -> None:
    example = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    target = torch.tensor([[[[0.0, 2.0]], [[3.0, 2.0]]]])
    assert losses.content(example, target, ContentFormula.MEAN_SQUARE).tolist() == [(1 + 4) / 4]
    grams = torch.tensor([[[2.5, 5.5], [4.5, 9.5]]])
    assert losses.style(example, grams, StyleFormula.MEAN_SQUARE).tolist() == [(1 + 9) / 4]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_content_loss_agrees_with_a_float64_evaluation(
    shape: tuple[int, ...], generator: torch.Generator,
) -> None:
    ours, target = features(shape, generator), features(shape, generator)
    exact = [((f - p) ** 2).mean() for f, p in zip(ours.double().numpy(), target.double().numpy(), strict=True)]
    np.testing.assert_allclose(losses.content(ours, target, ContentFormula.MEAN_SQUARE), exact, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_style_loss_agrees_with_a_float64_evaluation(
    shape: tuple[int, ...], generator: torch.Generator,
) -> None:
    ours, style = features(shape, generator), features((*shape[:2], 7, 7), generator) * 2
    exact = []
    for f, s in zip(ours.double().numpy(), style.double().numpy(), strict=True):
        g = np.einsum("cij,dij->cd", f, f) / (f.shape[1] * f.shape[2])
        a = np.einsum("cij,dij->cd", s, s) / 49
        exact.append(((g - a) ** 2).sum() / shape[1] ** 2)
    target = losses.gram_per_position(style)
    np.testing.assert_allclose(losses.style(ours, target, StyleFormula.MEAN_SQUARE), exact, rtol=1e-5)


def test_gradients_agree_with_finite_differences(generator: torch.Generator) -> None:
    ours = torch.rand(2, 3, 2, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    other = torch.rand(2, 3, 2, 3, generator=generator, dtype=torch.float64)
    grams = losses.gram_per_position(other)
    assert torch.autograd.gradcheck(lambda f: losses.content(f, other, ContentFormula.MEAN_SQUARE), ours)
    assert torch.autograd.gradcheck(lambda f: losses.style(f, grams, StyleFormula.MEAN_SQUARE), ours)


def test_grams_are_accumulated_in_float32_whatever_the_features_are() -> None:
    large = torch.full((1, 2, 64, 64), 300.0, dtype=torch.bfloat16)
    assert losses.gram(large).dtype == torch.float32
    assert losses.gram_per_position(large).flatten().tolist() == [300.0**2] * 4


def test_a_sample_does_not_see_the_rest_of_its_batch(generator: torch.Generator) -> None:
    ours, style = features((3, 8, 6, 5), generator), features((3, 8, 6, 5), generator)
    grams = losses.gram_per_position(style)
    together = losses.style(ours, grams, StyleFormula.MEAN_SQUARE)
    for i in range(3):
        alone = losses.style(ours[i:i + 1], grams[i:i + 1], StyleFormula.MEAN_SQUARE)
        torch.testing.assert_close(together[i:i + 1], alone)
