"""Weights from files and from torchvision's download: small files with the shapes of the real networks."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from stylizer.errors import WeightsDamaged, WeightsMissing, WeightsUnfit
from stylizer.network import weights as sources
from stylizer.network.torchvision_import import vgg as torchvision_vgg
from stylizer.network.vgg import Network, Weights, definition
from stylizer.network.weights import load_weights
from stylizer.recipe.model import Architecture, Flavour

State = dict[str, Tensor]
# The first kernels of torchvision's published networks, R, G and B, as people have printed them.
FIRST_KERNEL = {
    Architecture.VGG16: [
        [-0.5537, 0.1427, 0.5290, -0.5831, 0.3566, 0.7657, -0.6902, -0.0480, 0.4841],
        [0.1755, 0.0099, -0.0814, 0.0441, -0.0703, -0.2604, 0.1324, -0.1728, -0.1323],
        [0.3130, -0.1659, -0.4275, 0.4752, -0.0827, -0.4870, 0.6320, 0.0193, -0.2775]],
    Architecture.VGG19: [
        [-0.053474, -0.049257, -0.067942, 0.015314, 0.045068, 0.0021444, 0.036226, 0.019999, 0.019864],
        [0.017015, 0.055403, -0.0062293, 0.14165, 0.22705, 0.13758, 0.12, 0.2003, 0.092114],
        [-0.044885, 0.01268, -0.014497, 0.059742, 0.13955, 0.054102, -0.00096141, 0.058304, -0.029663]],
}


def state_of(network: Architecture, generator: torch.Generator) -> State:
    """torchvision's layout and shapes, each layer one random filter said over and over (so that files are small)."""
    state = {}
    for i, layer in enumerate(definition(network)):
        if isinstance(layer, nn.Conv2d):
            few = torch.randn((1, 1, 3, 3), generator=generator) / (3 * layer.in_channels**0.5)
            state[f"features.{i}.weight"] = few.expand(layer.weight.shape)
            state[f"features.{i}.bias"] = torch.zeros(1).expand(layer.out_channels)
    first = torch.randn((64, 3, 3, 3), generator=generator) / 5
    first[0] = torch.tensor(FIRST_KERNEL[network]).view(3, 3, 3)
    return state | {"features.0.weight": first, "classifier.0.weight": torch.zeros(1).expand(4096, 25088)}


def caffe_state(weights: Weights) -> State:
    """The bundled weights, whole, in torchvision's layout; BGR as Caffe has it."""
    names = [name for name in Architecture.VGG19.layers if name.startswith("conv")]
    places = [i for i, layer in enumerate(definition(Architecture.VGG19)) if isinstance(layer, nn.Conv2d)]
    state = {
        f"features.{i}.{part}": weights.tensors[f"{name}.{part}"]
        for i, name in zip(places, names, strict=True) for part in ("weight", "bias")
    }
    return state | {"features.0.weight": state["features.0.weight"].flip(1)}


def saved(state: object, path: Path) -> str:
    torch.save(state, path)
    return str(path)


@pytest.mark.parametrize("network", Architecture)
def test_a_file_in_torchvisions_layout_is_recognised_and_settled_for_its_input(
    network: Architecture, tmp_path: Path, generator: torch.Generator,
) -> None:
    state = state_of(network, generator)
    path = tmp_path / "weights.pth"
    found = load_weights(saved(state, path), network)
    assert (found.network, found.flavour) == (network, Flavour.TORCHVISION)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    last = network.convolutions[-1]
    assert set(found.tensors) == {
        f"conv{block}_{i}.{part}"
        for block, count in enumerate(network.convolutions, start=1) for i in range(1, count + 1)
        for part in ("weight", "bias")
    }
    pixels = torch.rand(1, 3, 32, 32, generator=generator) * 255
    features = Network(found, ["conv1_1", f"relu5_{last}"]).features(pixels)
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (
        (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    expected = nn.functional.conv2d((pixels / 255 - mean) / deviation, state["features.0.weight"], padding=1)
    torch.testing.assert_close(features["conv1_1"], expected, rtol=1e-4, atol=1e-4)
    assert features[f"relu5_{last}"].shape == (1, 512, 2, 2)


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_the_bundled_weights_as_a_file_are_recognised_as_caffes_and_give_the_same_features(
    kind: str, weights: Weights, tmp_path: Path,
) -> None:
    path = tmp_path / f"weights.{kind}"
    if kind == "pth":
        torch.save(caffe_state(weights), path)
    else:
        save_file({name: tensor.contiguous() for name, tensor in caffe_state(weights).items()}, path)
    found = load_weights(str(path))
    assert found.flavour is Flavour.CAFFE
    assert found.mean_rgb == weights.mean_rgb
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in weights.tensors.items())


@pytest.mark.parametrize("network", Architecture)
def test_swapped_channels_are_refused(network: Architecture, tmp_path: Path, generator: torch.Generator) -> None:
    state = state_of(network, generator)
    state["features.0.weight"] = state["features.0.weight"].flip(1)
    with pytest.raises(WeightsUnfit, match="channels of the first layer are swapped for torchvision weights"):
        load_weights(saved(state, tmp_path / "weights.pth"), network)


def test_swapped_channels_of_caffes_weights_are_refused(weights: Weights, tmp_path: Path) -> None:
    state = caffe_state(weights)
    state["features.0.weight"] = state["features.0.weight"].flip(1)
    with pytest.raises(WeightsUnfit, match="swapped for caffe weights"):
        load_weights(saved(state, tmp_path / "weights.pth"))


def test_a_wrong_word_about_the_flavour_is_refused(tmp_path: Path, generator: torch.Generator) -> None:
    path = saved(state_of(Architecture.VGG16, generator), tmp_path / "weights.pth")
    with pytest.raises(WeightsUnfit, match="these are torchvision weights, not caffe"):
        load_weights(f"caffe:{path}", Architecture.VGG16)
    assert load_weights(f"torchvision:{path}", Architecture.VGG16).flavour is Flavour.TORCHVISION


def test_weights_that_nobody_knows_need_a_word_about_their_flavour(
    tmp_path: Path, generator: torch.Generator,
) -> None:
    state = state_of(Architecture.VGG16, generator)
    state["features.0.weight"] = torch.randn((64, 3, 3, 3), generator=generator)
    path = saved(state, tmp_path / "weights.pth")
    with pytest.raises(WeightsUnfit, match=r"say what input they take: --weights caffe:FILE"):
        load_weights(path, Architecture.VGG16)
    assert load_weights(f"caffe:{path}", Architecture.VGG16).flavour is Flavour.CAFFE


@pytest.mark.parametrize(("asked", "held"), [("vgg16", "vgg19"), ("vgg19", "vgg16")])
def test_one_network_is_never_taken_for_the_other(
    asked: str, held: str, tmp_path: Path, generator: torch.Generator,
) -> None:
    path = saved(state_of(Architecture(held), generator), tmp_path / "weights.pth")
    with pytest.raises(WeightsUnfit, match=f"holds {held.upper()}, and this recipe needs {asked.upper()}"):
        load_weights(path, Architecture(asked))


def test_vgg16_is_not_among_the_bundled_weights_and_the_remedy_is_said() -> None:
    with pytest.raises(WeightsMissing, match="use --weights torchvision, or --weights FILE") as caught:
        load_weights("bundled", Architecture.VGG16)
    assert caught.value.exit_code == 78


@pytest.mark.parametrize(("content", "reason"), [
    ({"model": nn.ReLU()}, "more than tensors"), ([torch.zeros(1)], "no state dict but one list"),
])
def test_a_file_of_other_things_is_refused(content: object, reason: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsDamaged, match=reason):
        load_weights(saved(content, tmp_path / "weights.pth"))


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_a_file_that_is_no_file_of_weights_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights.{kind}"
    path.write_text("<!DOCTYPE html>")
    with pytest.raises(WeightsDamaged, match="no file of weights that can be read"):
        load_weights(str(path))


def test_a_missing_file_and_a_missing_package_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsMissing, match=r"none\.pth: No such file"):
        load_weights(str(tmp_path / "none.pth"))

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    path = tmp_path / "weights.safetensors"
    path.touch()
    monkeypatch.setattr(sources.importlib, "import_module", missing)
    with pytest.raises(WeightsMissing, match="pip install safetensors"):
        load_weights(str(path))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    """The user's cache of torch, empty."""
    before = torch.hub.get_dir()
    torch.hub.set_dir(tmp_path / "cache")
    yield tmp_path / "cache/checkpoints"
    torch.hub.set_dir(before)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Says nothing: a test's output is its own."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a local web server and the folder that it serves."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("network", "entry"), [
    (Architecture.VGG16, torchvision_vgg.VGG16_Weights.IMAGENET1K_V1),
    (Architecture.VGG19, torchvision_vgg.VGG19_Weights.IMAGENET1K_V1),
])
def test_torchvisions_weights_are_downloaded_once_and_checked(
    network: Architecture, entry: object, site: tuple[str, Path], cache: Path,
    monkeypatch: pytest.MonkeyPatch, generator: torch.Generator,
) -> None:
    address, folder = site
    path = folder / "new.pth"
    torch.save(state_of(network, generator), path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    path = path.rename(folder / f"{network}-{sha256[:8]}.pth")
    monkeypatch.setattr(entry.value, "url", f"{address}/{path.name}")
    first = load_weights("torchvision", network)
    assert (first.network, first.flavour, first.sha256) == (network, Flavour.TORCHVISION, sha256)
    assert [file.name for file in cache.iterdir()] == [path.name]
    path.unlink()
    assert load_weights("torchvision", network).sha256 == sha256


@pytest.mark.usefixtures("cache")
def test_a_download_that_fails_or_is_another_file_says_so(
    site: tuple[str, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, folder = site
    entry = torchvision_vgg.VGG19_Weights.IMAGENET1K_V1.value
    monkeypatch.setattr(entry, "url", f"{address}/vgg19-00000000.pth")
    with pytest.raises(WeightsMissing, match="or give a copy of it with --weights FILE"):
        load_weights("torchvision")
    (folder / "vgg19-00000000.pth").write_text("not the weights")
    with pytest.raises(WeightsDamaged, match="not the published file"):
        load_weights("torchvision")


def test_the_bundled_weights_are_in_memory_once(weights: Weights) -> None:
    assert load_weights() is load_weights()
