"""Evaluations that a GPU is given as one graph: the same course, and nothing asked of the device on the way."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.vgg import Network, Weights
from stylizer.optim import cuda_graphs
from stylizer.optim.adam import Adam
from stylizer.optim.cuda_graphs import Refused, Replay, suits
from stylizer.optim.lbfgs import LBFGS
from stylizer.optim.preconditioner import InverseFrequency
from stylizer.recipe.presets import GATYS
from stylizer.transfer.init import PIXEL_RANGE
from tests.stylizer.minimising import rosenbrock

Minimiser = LBFGS | Adam


@pytest.fixture(autouse=True)
def nothing_refused_yet() -> Iterator[None]:
    yield
    Refused.reason = None


def lbfgs() -> LBFGS:
    start = torch.randn(3, 10, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return LBFGS(start, history=4, bounds=(-1.5, 1.5))


def adam() -> Adam:
    start = torch.randn(3, 10, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return Adam(start, learning_rate=0.1, averaging=0.5, bounds=(-1.5, 1.5))


def advance(one: Minimiser) -> Callable[[], Tensor]:
    def call() -> Tensor:
        x = one.trial.clone().requires_grad_()
        loss = rosenbrock(x)
        (gradient,) = torch.autograd.grad(loss.sum(), x)
        one.tell(loss.detach(), gradient)
        return loss.detach()
    return call


class Tape:
    """As a graph: what is captured is not run, and a replay writes where the capture wrote."""

    def __init__(self, held: object) -> None:
        self._held = held
        self.replays = 0

    def __call__(self, once: Callable[[], None]) -> Callable[[], Any]:
        tensors = {name: value for name, value in vars(self._held).items() if isinstance(value, Tensor)}
        places = {name: value.data_ptr() for name, value in tensors.items()}
        before = {name: value.clone() for name, value in tensors.items()}
        once()
        for name, value in before.items():
            getattr(self._held, name).copy_(value)

        def replay() -> None:
            self.replays += 1
            assert {name: getattr(self._held, name).data_ptr() for name in places} == places
            once()
            assert {name: getattr(self._held, name).data_ptr() for name in places} == places

        return replay


@pytest.mark.parametrize("make", [lbfgs, adam])
def test_replays_take_the_course_that_calls_take_bit_for_bit(make: Callable[[], Minimiser]) -> None:
    called, replayed = make(), make()
    tape = Tape(replayed)
    call, replay = advance(called), Replay(replayed, advance(replayed), tape)
    losses = []
    for _ in range(25):
        assert torch.equal(call(), losses.append(replay()) or losses[-1])   # type: ignore[func-returns-value]
        assert torch.equal(called.best, replayed.best)
        assert torch.equal(called.trial, replayed.trial)
    assert tape.replays == 25 - cuda_graphs.WARM_UP
    assert len({loss.data_ptr() for loss in losses}) == 25, "a later replay would overwrite an earlier loss"


@pytest.mark.parametrize("after", [1, 10])
def test_a_graph_goes_on_from_where_it_was_put(after: int) -> None:
    """Before it is captured, and after: the function changes, and with it what an optimiser knows of its best point."""
    called, replayed = lbfgs(), lbfgs()
    tape = Tape(replayed)
    call, replay = advance(called), Replay(replayed, advance(replayed), tape)
    for step in range(25):
        if step == after:
            called.reassess()
            replayed.reassess()
            replay.take_over()
        assert torch.equal(call(), replay())
        assert torch.equal(called.best, replayed.best)
        assert torch.equal(called.trial, replayed.trial)
    assert tape.replays == 25 - cuda_graphs.WARM_UP


def test_what_cannot_be_captured_goes_on_as_calls_and_is_not_tried_again() -> None:
    tries = []

    def refuse(once: Callable[[], None]) -> Callable[[], Any]:
        tries.append(once)
        once()
        raise RuntimeError("operation not permitted when stream is capturing")

    called, replayed = lbfgs(), lbfgs()
    call, replay = advance(called), Replay(replayed, advance(replayed), refuse)
    for _ in range(cuda_graphs.WARM_UP):
        assert torch.equal(call(), replay())
    before = replayed.best_loss.clone()
    replay()
    assert len(tries) == 1
    assert Refused.reason is not None
    assert "capturing" in Refused.reason
    assert (replayed.best_loss <= before).all()
    other = lbfgs()
    again = Replay(other, advance(other), refuse)
    for _ in range(cuda_graphs.WARM_UP + 2):
        again()
    assert len(tries) == 1


def test_graphs_are_for_gpus_small_batches_and_what_is_called_often() -> None:
    cuda = torch.device("cuda")
    assert suits(cuda, 512 * 512, 40)
    assert not suits(torch.device("cpu"), 512 * 512, 40)
    assert not suits(cuda, 512 * 512, 4)
    assert not suits(cuda, 64 * 1024 * 1024, 40)


class NoQuestions(TorchDispatchMode):
    """Fails where a host waits for its device: a number is read, or a tensor made on one goes to the other."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(function)
        assert "_local_scalar_dense" not in name, "a number is read"
        assert "nonzero" not in name, "a count is read"
        assert "masked_select" not in name, "a count is read"
        assert not ("_to_copy" in name and (kwargs or {}).get("device", torch.device("meta")).type != "meta"), "moved"
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("optimizer", ["lbfgs", "unbounded", "adam"])
def test_an_evaluation_and_its_step_never_wait_for_the_device(optimizer: str, weights: Weights) -> None:
    """On the device meta, which has shapes and no numbers: it cannot answer, as a GPU cannot without a wait."""
    network = Network(weights, GATYS.layers, device="meta")
    pixels = torch.empty(1, 3, 32, 48, device="meta")
    pair = Pair(content_target(network, GATYS, pixels), style_target(network, GATYS, pixels))
    objective = Objective(network, GATYS, [pair, pair])
    start = pixels.expand(2, -1, -1, -1)
    flat, one = start.flatten(1), None
    if optimizer == "adam":
        one = Adam(flat, learning_rate=1.0, averaging=0.9, bounds=PIXEL_RANGE)
    elif optimizer == "lbfgs":
        one = LBFGS(flat, history=5, bounds=PIXEL_RANGE, precondition=InverseFrequency(start))
    else:
        one = LBFGS(flat, history=5)
    with NoQuestions():
        for _ in range(3):
            loss, gradient = objective.with_gradient(one.trial.view(start.shape))
            one.tell(loss, gradient.flatten(1))
