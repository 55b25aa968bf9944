"""A GPU's way of a convolution with its ReLU: the arithmetic is the same on any device."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from stylizer.compute.precision import Precision
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network import fused
from stylizer.network.fused import ConvReLU, SplitConvReLU
from stylizer.network.kernels import PLAIN, Kernels, kernels_for
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Recipe
from stylizer.recipe.presets import GATYS, TUTORIAL

Blobs = Callable[[int, int, int], Tensor]
FUSED = Kernels(channels_last=True, fused=True)


def loss_and_gradient(network: Network, exact: Network, recipe: Recipe, blobs: Blobs) -> tuple[Tensor, Tensor]:
    """Loss and gradient at a picture that is neither content nor style."""
    pair = Pair(content_target(exact, recipe, blobs(1, 32, 48)), style_target(exact, recipe, blobs(9, 40, 40)))
    return Objective(network, recipe, [pair]).with_gradient(blobs(5, 32, 48) * 0.9 + 0.37)


@pytest.mark.parametrize("recipe", [GATYS, TUTORIAL])
def test_a_fused_network_has_the_losses_and_gradients_of_a_plain_one(
    recipe: Recipe, weights: Weights, blobs: Blobs
) -> None:
    plain = Network(weights, recipe.layers)
    together = Network(weights, recipe.layers, kernels=FUSED)
    kinds = {name: type(module) for name, module in together._modules}
    assert kinds["conv1_2"] is (nn.Conv2d if "conv1_2" in recipe.layers else ConvReLU)
    loss, gradient = loss_and_gradient(together, plain, recipe, blobs)
    wanted, slope = loss_and_gradient(plain, plain, recipe, blobs)
    torch.testing.assert_close(loss, wanted, rtol=1e-4, atol=0)
    assert (gradient - slope).norm() < 1e-4 * slope.norm()
    assert together.bytes_per_pixel == plain.bytes_per_pixel
    assert (together.halo, together.strides) == (plain.halo, plain.strides)


def test_the_first_layer_sees_more_of_a_pixel_in_bfloat16_than_bfloat16_holds(weights: Weights) -> None:
    first = nn.Conv2d(3, 64, 3, padding=1)
    first.weight.data = weights.tensors["conv1_1.weight"].to(torch.bfloat16).float()    # no rounding of weights in this
    first.bias.data.zero_()     # type: ignore[union-attr]
    pixels = 100 + torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(3))
    wanted = first(pixels).relu().detach()
    split = SplitConvReLU(first)
    split.direct = split.direct.float()     # the sums as a GPU's units make them
    parts = fused._Split.apply(pixels).float()     # type: ignore[no-untyped-call]
    found = fused._ConvReLU.apply(parts, split.direct.weight, split.direct.bias)    # type: ignore[no-untyped-call]
    rounded = first(pixels.to(torch.bfloat16).float()).relu().detach()
    assert (found - wanted).norm() < 1e-4 * wanted.norm() < (rounded - wanted).norm()


def test_in_bfloat16_a_fused_network_is_as_near_as_a_plain_one(weights: Weights, blobs: Blobs) -> None:
    exact = Network(weights, GATYS.layers)
    rough = Network(weights, GATYS.layers, precision=Precision.BF16, kernels=FUSED)
    assert isinstance(rough._modules[0][1], SplitConvReLU)
    assert all(values.dtype is torch.bfloat16 for values in rough.features(blobs(5, 32, 48)).values())
    loss, gradient = loss_and_gradient(rough, exact, GATYS, blobs)
    wanted, slope = loss_and_gradient(exact, exact, GATYS, blobs)
    assert loss.item() == pytest.approx(wanted.item(), rel=0.02)
    assert torch.cosine_similarity(gradient.flatten(), slope.flatten(), 0) > 0.99


def test_what_a_device_does_not_have_or_computes_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    here = torch.device("cpu")
    assert fused.works(here, torch.float32, channels_last=True)
    assert fused.works(here, torch.bfloat16, channels_last=True)

    def refuse(*_: object) -> Tensor:
        raise RuntimeError("cuDNN has no engine for this")

    right = fused._ConvReLU.apply
    monkeypatch.setattr(fused._ConvReLU, "apply", lambda *values: right(*values) * torch.nan)
    assert not fused.works(here, torch.float32, channels_last=True)
    monkeypatch.setattr(fused._ConvReLU, "apply", refuse)
    assert not fused.works(here, torch.float32, channels_last=True)


@pytest.mark.parametrize("precision", list(Precision)[1:])
def test_a_cpu_has_none_of_a_gpus_kernels(precision: Precision) -> None:
    assert kernels_for("cpu", precision) is PLAIN
