"""Where weights come from: bundled, torchvision's download, or a file in torchvision's layout.

Invariant: the network that is asked for is the one that is returned. Nothing is read but tensors.
"""

import importlib
import pickle
from pathlib import Path
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn

from db.hashing import sha256_of_file
from stylizer.errors import WeightsDamaged, WeightsMissing, WeightsUnfit
from stylizer.network.bundled import load_bundled
from stylizer.network.flavours import normalise_first_layer, recognise
from stylizer.network.published import BUNDLED
from stylizer.network.vgg import Weights, definition
from stylizer.recipe.model import Architecture, Flavour

TORCHVISION = "torchvision"

# 50 MB that never change, and that many plans of one run ask for: shared for as long as anybody holds them.
_bundled: "WeakValueDictionary[str, Weights]" = WeakValueDictionary()


def load_weights(source: str = BUNDLED, network: Architecture = Architecture.VGG19) -> Weights:
    """The weights of `network` from "bundled", "torchvision" or a file, whose flavour may stand before a colon.

    Raises WeightsMissing, WeightsDamaged or WeightsUnfit, each with what to do about it.
    """
    if source == BUNDLED:
        if network is not Architecture.VGG19:
            raise WeightsMissing(f"the bundled weights are those of VGG19, and this recipe needs {network.upper()}: "
                                 f"use --weights torchvision, or --weights FILE with {network.upper()} in it")
        weights = _bundled.get(BUNDLED) or load_bundled()
        _bundled[BUNDLED] = weights
        return weights
    if source == TORCHVISION:
        return from_file(_downloaded(network), network)
    said, colon, name = source.partition(":")
    if colon and said in list(Flavour):
        return from_file(Path(name), network, Flavour(said))
    return from_file(Path(source), network)


def from_file(path: Path, network: Architecture, said: Flavour | None = None) -> Weights:
    """Weights of a state dict in torchvision's layout (.pth or .safetensors); see `recognise` for `said`."""
    try:
        if path.exists() and not path.is_file():    # a pipe would be waited on for ever
            raise WeightsMissing(f"the weights {path} are not a file")
        sha256 = sha256_of_file(path)
    except OSError as error:
        raise WeightsMissing(f"cannot read the weights {path}: {error.strerror}") from error
    tensors = _convolutions(_state_dict(path), network, path)
    flavour = recognise(tensors["conv1_1.weight"], network, str(path), said)
    return normalise_first_layer(tensors, network, flavour, sha256)


def _state_dict(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        try:
            reader = importlib.import_module("safetensors.torch")
        except ModuleNotFoundError as error:
            raise WeightsMissing(f"{path} needs the package safetensors: run `pip install safetensors`") from error
        read = reader.load_file
    else:
        def read(name: Path) -> object:
            return torch.load(name, map_location="cpu", weights_only=True)
    try:
        state = read(path)
    except Exception as error:
        reason = "it holds more than tensors" if isinstance(error, pickle.UnpicklingError) else type(error).__name__
        raise WeightsDamaged(f"{path} is no file of weights that can be read ({reason})") from error
    if not isinstance(state, dict):
        raise WeightsDamaged(f"{path} holds no state dict but one {type(state).__name__}")
    return state


def _convolutions(state: dict[str, Tensor], network: Architecture, path: Path) -> dict[str, Tensor]:
    """The tensors by our names, their shapes checked. Raises WeightsUnfit for another network."""
    found = {}
    names = [name for name in network.layers if name.startswith("conv")]
    places = [(i, layer) for i, layer in enumerate(definition(network)) if isinstance(layer, nn.Conv2d)]
    for name, (i, layer) in zip(names, places, strict=True):
        for part, shape in (("weight", layer.weight.shape), ("bias", (layer.out_channels,))):
            tensor = state.get(f"features.{i}.{part}")
            if not isinstance(tensor, Tensor) or tensor.shape != shape:
                raise WeightsUnfit(_not_this_network(state, network, path))
            found[f"{name}.{part}"] = tensor.float()
    if _count_convolutions(state) != len(names):
        raise WeightsUnfit(_not_this_network(state, network, path))
    return found


def _count_convolutions(state: dict[str, Tensor]) -> int:
    return sum(getattr(value, "ndim", 0) == 4 for value in state.values())


def _not_this_network(state: dict[str, Tensor], network: Architecture, path: Path) -> str:
    convolutions = _count_convolutions(state)
    held = {13: "VGG16", 16: "VGG19"}.get(convolutions, f"a network of {convolutions} convolutions")
    if held == network.upper():
        held = "another layout than torchvision's"
    return (f"{path} holds {held}, and this recipe needs {network.upper()}: "
            f"give a file of {network.upper()} in torchvision's layout, or use --weights torchvision")


def _downloaded(network: Architecture) -> Path:
    """torchvision's file of this network in the user's cache, downloaded (with a progress bar) if need be."""
    from stylizer.network.torchvision_import import vgg as torchvision_vgg  # takes two seconds, and only this needs it

    entry = {
        Architecture.VGG16: torchvision_vgg.VGG16_Weights.IMAGENET1K_V1,
        Architecture.VGG19: torchvision_vgg.VGG19_Weights.IMAGENET1K_V1,
    }[network]
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(entry.url).name
    if path.exists():
        return path
    try:
        entry.get_state_dict(progress=True, check_hash=True, weights_only=True)
    except OSError as error:
        raise WeightsMissing(f"cannot download {entry.url} ({getattr(error, 'reason', error)}): try again when "
                             "online, or give a copy of it with --weights FILE") from error
    except RuntimeError as error:
        raise WeightsDamaged(f"what {entry.url} sent is not the published file: {error}") from error
    return path
