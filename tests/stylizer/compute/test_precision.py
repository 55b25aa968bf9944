"""How exactly the network counts: what a machine has, and what a result may lose by it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from stylizer.compute.precision import Precision, available, find_precision
from stylizer.errors import PrecisionMissing
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.presets import GATYS
from stylizer.transfer.checkpoint import Checkpoint
from stylizer.transfer.optimization import Step
from stylizer.transfer.transfer import Outcome, transfer
from tests.stylizer.minimising import SHALLOW

RECIPE = replace(SHALLOW, size=48, steps=12, scales=(0.5, 1.0))


@pytest.fixture
def rough(weights: Weights) -> Network:
    """In bfloat16, which this test's CPU may only emulate: slow, but the same numbers."""
    return Network(weights, RECIPE.layers, precision=Precision.BF16)


@pytest.fixture
def network(weights: Weights) -> Network:
    return Network(weights, RECIPE.layers)


@pytest.fixture
def pair(network: Network, blobs: Callable[[int, int, int], Tensor]) -> Pair:
    def at(divisor: int) -> Pair:
        content = content_target(network, RECIPE, blobs(1, 32 // divisor, 48 // divisor))
        return Pair(content, style_target(network, RECIPE, blobs(9, 40 // divisor, 40 // divisor)))
    return replace(at(1), coarser=(at(2),))


def test_bfloat16_is_near_float32_and_its_gradient_points_the_same_way(
    weights: Weights, blobs: Callable[[int, int, int], Tensor], generator: torch.Generator
) -> None:
    deep, rough = (Network(weights, GATYS.layers, precision=of) for of in (Precision.FP32, Precision.BF16))
    pixels = blobs(1, 32, 48)
    pair = Pair(content_target(deep, GATYS, pixels), style_target(deep, GATYS, blobs(9, 40, 40)))
    noisy = (pixels + 20 * torch.randn(pixels.shape, generator=generator)).clamp(0, 255)
    (loss, slope), (exact_loss, exact_slope) = (
        Objective(of, GATYS, [pair]).with_gradient(noisy) for of in (rough, deep))
    assert loss.dtype is slope.dtype is torch.float32
    assert loss.item() == pytest.approx(exact_loss.item(), rel=0.02)
    assert loss.item() != exact_loss.item()
    assert torch.cosine_similarity(slope.flatten(), exact_slope.flatten(), 0) > 0.99


def test_the_exact_network_is_float32_in_all(rough: Network, network: Network, blobs: Callable[..., Tensor]) -> None:
    pixels = blobs(3, 32, 48)
    assert all(values.dtype is torch.bfloat16 for name, values in rough.features(pixels).items() if name != "relu1_1")
    for name, values in rough.exact.features(pixels).items():
        assert torch.equal(values, network.features(pixels)[name])
    assert network.exact is network
    assert rough.bytes_per_pixel < 0.9 * network.bytes_per_pixel


def test_what_is_told_is_in_float32(rough: Network, network: Network, pair: Pair) -> None:
    seen: list[str] = []
    for of in (rough, rough.exact):
        _record(of, seen)
    (made,) = transfer(rough, RECIPE, [pair])
    assert isinstance(made, Outcome)
    assert seen == ["bf16"] * 12 + ["fp32"] * 2      # then the losses of start and end
    terms = Objective(network, RECIPE, [pair]).terms(made.pixels[None].float())
    assert terms.total.item() == pytest.approx(made.total_loss, rel=1e-6)
    (exact,) = transfer(network, RECIPE, [pair])
    assert isinstance(exact, Outcome)
    assert made.total_loss < 1.1 * exact.total_loss


def test_a_killed_one_goes_on(rough: Network, pair: Pair, tmp_path: Path) -> None:
    (undisturbed,) = transfer(rough, RECIPE, [pair])
    assert isinstance(undisturbed, Outcome)

    def kill(step: Step) -> None:
        if step.step == 10:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        transfer(rough, RECIPE, [pair], progress=kill, checkpoint=Checkpoint(tmp_path, ["pair"], 0))
    (resumed,) = transfer(rough, RECIPE, [pair], checkpoint=Checkpoint(tmp_path, ["pair"]))
    assert isinstance(resumed, Outcome)
    assert torch.equal(resumed.picture, undisturbed.picture)
    assert resumed.trace == undisturbed.trace


@pytest.mark.parametrize(("capabilities", "there", "auto"), [
    ({}, {Precision.FP32}, Precision.FP32),
    ({"avx512_bf16": True}, {Precision.FP32, Precision.BF16}, Precision.BF16),
    ({"amx_bf16": True, "avx512_bf16": False}, {Precision.FP32, Precision.BF16}, Precision.BF16),
])
def test_a_cpu_has_what_its_units_are_for(
    capabilities: dict[str, bool], there: set[Precision], auto: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert find_precision(Precision.AUTO, "cpu") is auto
    for wanted in set(Precision) - {Precision.AUTO}:
        assert available(wanted, "cpu") is (wanted if wanted in there else Precision.FP32)
        if wanted in there:
            assert find_precision(wanted, "cpu") is wanted
        else:
            with pytest.raises(PrecisionMissing, match=rf"no units for {wanted}: use --precision auto, or fp32"):
                find_precision(wanted, "cpu")


@pytest.mark.parametrize(("generation", "auto"), [((7, 5), Precision.FP32), ((8, 6), Precision.BF16)])
def test_a_gpu_has_more_from_ampere_on(
    generation: tuple[int, int], auto: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: generation)
    assert find_precision(Precision.AUTO, "cuda") is auto
    assert available(Precision.BF16, "cuda") is (Precision.BF16 if generation >= (8, 0) else Precision.FP32)


def _record(network: Network, seen: list[str]) -> None:
    forward: Callable[..., dict[str, Tensor]] = network.features

    def features(pixels: Tensor, upto: str | None = None) -> dict[str, Tensor]:
        seen.append(network.precision)
        return forward(pixels, upto)
    network.features = features     # type: ignore[method-assign]
