from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.network.weights import load_weights
from stylizer.recipe.presets import GATYS


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Pictures this small gain nothing from more, and on a busy machine threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def weights() -> Weights:
    return load_weights()


@pytest.fixture
def network(weights: Weights) -> Network:
    return network_for(GATYS, weights)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(20)


@pytest.fixture
def blobs() -> Callable[[int, int, int], Tensor]:
    """Makes (seed, height, width) into soft coloured blobs [1, 3, H, W], whole numbers in 0..255."""
    def make(seed: int, height: int, width: int) -> Tensor:
        coarse = torch.rand(1, 3, 5, 5, generator=torch.Generator().manual_seed(seed)) * 255
        return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 255).round()
    return make
