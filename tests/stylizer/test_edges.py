"""Pictures whose sides are no multiple of what the poolings halve."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.vgg import Network
from stylizer.recipe.presets import GATYS
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]


@pytest.mark.parametrize(("height", "width"), [(47, 63), (33, 48), (16, 17)])
def test_the_network_sees_an_odd_picture_mirrored_to_whole_windows(
    network: Network, blobs: Blobs, height: int, width: int
) -> None:
    pixels = blobs(1, height, width)
    mirrored = torch.cat((pixels, pixels.flip(2)[:, :, 1 : 1 - height % -16]), 2)
    mirrored = torch.cat((mirrored, mirrored.flip(3)[..., 1 : 1 - width % -16]), 3)
    assert all(side % 16 == 0 for side in mirrored.shape[-2:])
    alone, whole = network.features(pixels), network.features(mirrored)
    assert all(torch.equal(alone[name], whole[name]) for name in alone)


def test_the_last_rows_and_columns_are_painted_like_the_others(network: Network, blobs: Blobs) -> None:
    """Where poolings drop them they keep the smooth content: a fifth to a third of the grain that the rest has."""
    recipe = replace(GATYS, steps=22, history=10)
    place = torch.arange(64.0)
    stripes = 128 + 100 * ((place[:, None] + place) / 3).sin()
    style = stripes * torch.tensor([1.0, 0.8, 0.6]).view(1, 3, 1, 1)
    pair = Pair(content_target(network, recipe, blobs(1, 79, 63)), style_target(network, recipe, style))
    (outcome,) = transfer(network, recipe, [pair])
    assert isinstance(outcome, Outcome)
    picture = outcome.pixels.float()
    for view in (picture, picture.mT):
        grain = (view[..., 1:] - view[..., :-1]).abs().mean((0, 2))
        share = grain[-4:] / grain[8:-8].median()
        assert share.min() > 0.5
        assert share.max() < 1.5
