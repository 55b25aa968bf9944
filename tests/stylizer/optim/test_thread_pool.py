"""How many threads the network runs on, and what else runs beside it, is no part of a picture."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.vgg import Network
from stylizer.optim import deterministic_sum
from stylizer.optim.thread_pool import thread_pool
from stylizer.recipe.presets import GATYS
from stylizer.transfer.transfer import Outcome, transfer

RECIPE = replace(GATYS, steps=4, scales=(1.0,))
Made = tuple[list[object], tuple[float, ...]]


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def made(network: Network, blobs: Callable[[int, int, int], Tensor]) -> Callable[..., list[Made]]:
    """The pictures of the pairs with these contents, made together on so many threads, with their traces."""

    def make(threads: int, *seeds: int) -> list[Made]:
        torch.set_num_threads(threads)
        size = 64, 96
        style = style_target(network, RECIPE, blobs(9, *size))
        contents = [content_target(network, RECIPE, blobs(seed, *size)) for seed in seeds]
        found = []
        for content, outcome in zip(contents, transfer(network, RECIPE, [Pair(one, style) for one in contents]),
                                    strict=True):
            assert isinstance(outcome, Outcome)
            assert not torch.equal(outcome.picture, content.pixels[0]), "nothing was painted yet"
            found.append((outcome.picture.tolist(), outcome.trace))
        return found

    return make


def test_threads_and_neighbours_change_no_bit_of_a_picture(made: Callable[..., list[Made]]) -> None:
    alone = made(1, 1) + made(1, 2)
    assert made(2, 1) == alone[:1]      # both threads for one pair
    assert made(2, 1, 2) == alone       # a thread for each, side by side


def test_lanes_share_the_threads_and_leave_them_as_they_were() -> None:
    torch.set_num_threads(4)
    with thread_pool(2) as each:
        barrier = threading.Barrier(2, timeout=30)      # passed only by two at once
        assert each(lambda i: (barrier.wait() < 2, i, torch.get_num_threads()), range(4)) == [
            (True, i, 2) for i in range(4)]
    seen: list[int] = []
    later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert [torch.get_num_threads(), *seen] == [4, 4]


def test_what_goes_wrong_in_a_thread_is_raised() -> None:
    torch.set_num_threads(2)
    with pytest.raises(ZeroDivisionError), thread_pool(2) as each:
        each(lambda i: 1 / i, [1, 0])


def test_one_problem_has_all_threads() -> None:
    torch.set_num_threads(2)
    with thread_pool(1) as each:
        assert each(lambda i: torch.get_num_threads(), range(2)) == [2, 2]


@pytest.mark.parametrize("length", [1, 4095, 8191, 8192, 300_001])
def test_sums_are_right_and_the_same_on_any_number_of_threads(length: int) -> None:
    # Several rows: of one alone another order gives the same bits by chance.
    values = torch.randn(8, length, generator=torch.Generator().manual_seed(length)) + 1
    exact = values.double().sum(1)
    torch.set_num_threads(1)
    alone, means = deterministic_sum.total(values), deterministic_sum.mean(values)
    assert torch.allclose(alone.double(), exact, rtol=1e-5)
    assert torch.allclose(means.double(), exact / length, rtol=1e-5)
    torch.set_num_threads(3)
    assert torch.equal(deterministic_sum.total(values), alone)
    for row, total, mean in zip(values, alone, means, strict=True):     # one row: what torch itself would share out
        assert deterministic_sum.total(row[None]).item() == total.item()
        assert deterministic_sum.mean(row[None]).item() == mean.item()
