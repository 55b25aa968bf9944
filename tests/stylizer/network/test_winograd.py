"""The fast convolution does what the library's does, with its gradient, for every shape that it is given."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from stylizer.network.winograd import LEAST_CHANNELS, LEAST_TILES, WinogradConv2d, suits

SIDES = st.integers(1, 45)


def layer(channels: int, out_channels: int) -> nn.Conv2d:
    generator = torch.Generator().manual_seed(channels + out_channels)
    convolution = nn.Conv2d(channels, out_channels, 3, padding=1)
    for values in convolution.parameters():
        values.data = torch.randn(values.shape, generator=generator) / (9 * channels) ** 0.5
    return convolution.requires_grad_(False)


def both_ways(convolution: nn.Module, values: torch.Tensor, towards: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    leaf = values.clone().requires_grad_()
    found = convolution(leaf)
    (gradient,) = torch.autograd.grad((found * towards).sum(), leaf)
    return found.detach(), gradient


@given(batch=st.integers(1, 3), height=SIDES, width=SIDES, channels=st.sampled_from([(3, 5), (8, 8), (7, 2)]))
@settings(max_examples=40, deadline=None)
def test_it_is_the_convolution_in_float64_with_its_gradient(batch, height, width, channels):
    direct = layer(*channels)
    generator = torch.Generator().manual_seed(height * 100 + width)
    values = torch.randn(batch, channels[0], height, width, generator=generator)
    towards = torch.randn(batch, channels[1], height, width, generator=generator)
    exact = both_ways(layer(*channels).double(), values.double(), towards.double())
    fast = both_ways(WinogradConv2d(direct), values.contiguous(memory_format=torch.channels_last), towards)
    for ours, wanted in zip(fast, exact, strict=True):
        assert (ours - wanted).norm() <= 1e-5 * wanted.norm()


@pytest.mark.parametrize(("height", "width"), [(176, 40), (28, 32)])
def test_many_channels_in_several_blocks_and_in_one(height, width):
    direct = layer(LEAST_CHANNELS, LEAST_CHANNELS)
    values = torch.randn(1, LEAST_CHANNELS, height, width, generator=torch.Generator().manual_seed(1)).relu()
    towards = torch.randn(values.shape, generator=torch.Generator().manual_seed(2))
    exact = both_ways(layer(LEAST_CHANNELS, LEAST_CHANNELS).double(), values.double(), towards.double())
    fast = both_ways(WinogradConv2d(direct), values.contiguous(memory_format=torch.channels_last), towards)
    for ours, wanted in zip(fast, exact, strict=True):
        assert (ours - wanted).norm() <= 5e-6 * wanted.norm()


def test_few_tiles_go_the_direct_way():
    direct = layer(4, 4)
    side = 4 * int((LEAST_TILES - 1) ** 0.5)
    values = torch.randn(1, 4, side, side)
    assert torch.equal(WinogradConv2d(direct)(values), direct(values))


def test_only_convolutions_of_this_kind_and_of_many_channels_are_taken():
    assert suits(layer(128, 256))
    assert not suits(layer(64, 128))
    assert not suits(nn.Conv2d(256, 256, 3))
    assert not suits(nn.Conv2d(256, 256, 1))
    assert not suits(nn.Conv2d(256, 256, 3, padding=1, stride=2))
