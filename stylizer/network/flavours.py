"""The two flavours of VGG weights: how each is recognised, and how its first layer is made to take RGB.

Caffe's (Simonyan and Zisserman's own) take BGR in 0..255 minus a mean; torchvision's take RGB in 0..1 minus a
mean and divided by a deviation. Invariant: weights leave here for RGB in 0..255 minus `mean_rgb`.
"""

import torch
from torch import Tensor

from stylizer.errors import WeightsUnfit
from stylizer.network.vgg import Weights
from stylizer.recipe.model import Architecture, Flavour

CAFFE_MEAN_RGB = (123.68, 116.779, 103.939)
TORCHVISION_MEAN_RGB = (0.485 * 255, 0.456 * 255, 0.406 * 255)
TORCHVISION_DEVIATION_RGB = (0.229 * 255, 0.224 * 255, 0.225 * 255)

# What the published networks' first filter answers to a unit impulse in the first channel (a known activation: it
# is the kernel, flipped), row by row of the kernel.
_KNOWN = {
    (Architecture.VGG19, Flavour.CAFFE): (
        0.3412, 0.3400, -0.0448, 0.2322, 0.0898, -0.3033, -0.0726, -0.2467, -0.3368),
    (Architecture.VGG16, Flavour.CAFFE): (
        0.4295, 0.3735, -0.0614, 0.2748, 0.0387, -0.3672, -0.0575, -0.2622, -0.3501),
    (Architecture.VGG19, Flavour.TORCHVISION): (
        -0.0535, -0.0493, -0.0679, 0.0153, 0.0451, 0.0021, 0.0362, 0.0200, 0.0199),
    (Architecture.VGG16, Flavour.TORCHVISION): (
        -0.5537, 0.1427, 0.5290, -0.5831, 0.3566, 0.7657, -0.6902, -0.0480, 0.4841),
}
_TOLERANCE = 2e-3       # of 8-bit quantised weights


def recognise(first_layer: Tensor, network: Architecture, name: str, said: Flavour | None = None) -> Flavour:
    """The flavour of a network by the weights [64, 3, 3, 3] of its first layer, as they are stored.

    Weights that are none of the published ones need `said`, the user's word. Raises WeightsUnfit when the
    channels are swapped, when the flavour is not the one that was said, or when nobody knows it.
    """
    first, _, last = (kernel.flatten() for kernel in first_layer[0].float())
    for (known_network, flavour), values in _KNOWN.items():
        known = torch.tensor(values)
        if known_network is network and (last - known).abs().max() < _TOLERANCE:
            raise WeightsUnfit(f"{name}: the channels of the first layer are swapped for {flavour} weights")
        if known_network is network and (first - known).abs().max() < _TOLERANCE:
            if said not in (None, flavour):
                raise WeightsUnfit(f"{name}: these are {flavour} weights, not {said}")
            return flavour
    if said is None:
        raise WeightsUnfit(f"{name}: these are none of the published {network.upper()} weights; say what input "
                           "they take: --weights caffe:FILE (BGR in 0..255) or torchvision:FILE (RGB in 0..1)")
    return said


def normalise_first_layer(tensors: dict[str, Tensor], network: Architecture, flavour: Flavour, sha256: str) -> Weights:
    """Weights for RGB in 0..255, from `tensors` as they are stored."""
    first = tensors["conv1_1.weight"]
    if flavour is Flavour.CAFFE:
        return Weights(network, flavour, sha256, tensors | {"conv1_1.weight": first.flip(1)}, CAFFE_MEAN_RGB)
    scaled = first / torch.tensor(TORCHVISION_DEVIATION_RGB).view(1, 3, 1, 1)
    return Weights(network, flavour, sha256, tensors | {"conv1_1.weight": scaled}, TORCHVISION_MEAN_RGB)
