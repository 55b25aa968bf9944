"""How many threads the network runs on is no part of a picture."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from stylizer.recipes import GATYS
from stylizer.targets import Pair, content_target, style_target
from stylizer.transfer import Outcome, transfer
from stylizer.vgg import Network


def test_another_number_of_threads_changes_no_pixel_by_more_than_one_step(
    network: Network, blobs: Callable[[int, int, int], Tensor]
) -> None:
    recipe = replace(GATYS, steps=6)

    def made(threads: int) -> Tensor:
        torch.set_num_threads(threads)
        pair = Pair(content_target(network, recipe, blobs(1, 80, 112)), style_target(network, recipe, blobs(9, 96, 96)))
        (outcome,) = transfer(network, recipe, [pair])
        assert isinstance(outcome, Outcome)
        return outcome.pixels.int()

    try:
        alone = made(1)
        assert torch.equal(alone, made(1))
        assert (made(2) - alone).abs().max() <= 1
    finally:
        torch.set_num_threads(1)
