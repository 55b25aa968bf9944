from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from stylizer.errors import BadRecipe, ImageTooSmall
from stylizer.network.published import bundled_path
from stylizer.network.torchvision_import import vgg as torchvision_vgg
from stylizer.network.vgg import Network, Weights, definition
from stylizer.recipe.model import Architecture
from stylizer.recipe.presets import GATYS, Flavour, Pooling

Blobs = Callable[[int, int, int], Tensor]


def test_features_are_those_of_the_published_layers_computed_by_hand(weights: Weights, blobs: Blobs) -> None:
    """The Caffe flavour: BGR minus (103.939, 116.779, 123.68), then convolution, ReLU, pooling."""
    pixels = blobs(1, 20, 24)
    bgr = pixels.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    stored = torch.load(bundled_path(), weights_only=True)

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


@pytest.mark.parametrize(("network", "configuration"), [(Architecture.VGG16, "D"), (Architecture.VGG19, "E")])
def test_the_layers_stand_where_torchvision_has_them(network: Architecture, configuration: str) -> None:
    theirs = torchvision_vgg.make_layers(torchvision_vgg.cfgs[configuration], batch_norm=False)
    assert repr(definition(network)) == repr(theirs)


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


def test_l2_pooling_is_what_it_says_and_its_gradient_is_finite_in_the_dark(weights: Weights, blobs: Blobs) -> None:
    pixels = blobs(5, 16, 16)
    top = Network(weights, ["relu1_2"]).features(pixels)["relu1_2"]
    network = Network(weights, ["pool1"], Pooling.L2)
    torch.testing.assert_close(
        network.features(pixels)["pool1"], torch.nn.functional.lp_pool2d(top, 2.0, 2) * 0.78, rtol=1e-5, atol=1e-3)
    pixels.requires_grad_()
    network.features(pixels)["pool1"].sum().backward()
    assert pixels.grad is not None
    assert pixels.grad.isfinite().all()


def test_in_another_unit_every_feature_is_the_same_but_for_one_factor(weights: Weights, blobs: Blobs) -> None:
    pixels, layers = blobs(9, 32, 32), ["conv1_1", "relu2_2", "relu4_2"]
    caffe = Network(weights, layers, flavour=Flavour.CAFFE).features(pixels)
    normalised = Network(weights, layers, flavour=Flavour.TORCHVISION).features(pixels)
    for name in layers:
        torch.testing.assert_close(normalised[name] * 57.6, caffe[name], rtol=1e-3, atol=1e-2)


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
