"""A transfer that was killed and goes on from its checkpoint, against one that was left alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from stylizer.checkpoint import Checkpoint
from stylizer.descent import Step
from stylizer.recipe import Optimizer, Recipe
from stylizer.targets import Pair, content_target, style_target
from stylizer.transfer import Outcome, transfer
from stylizer.vgg import Network, Weights
from tests.stylizer.minimising import SHALLOW

Blobs = Callable[[int, int, int], Tensor]
RECIPE = replace(SHALLOW, size=48, steps=14, history=5, scales=(0.5, 1.0))


class Killed(Exception):
    """Stands for a kill: what was in memory is gone."""


@pytest.fixture
def network(weights: Weights) -> Network:
    return Network(weights, SHALLOW.layers)


def pairs(network: Network, recipe: Recipe, blobs: Blobs) -> list[Pair]:
    def at(seed: int, divisor: int) -> Pair:
        content = content_target(network, recipe, blobs(seed, 32 // divisor, 48 // divisor))
        return Pair(content, style_target(network, recipe, blobs(9, 40 // divisor, 40 // divisor)))
    return [replace(at(seed, 1), coarser=(at(seed, 2),)) for seed in (1, 2)]


def kill_at(step: int) -> Callable[[Step], None]:
    def progress(state: Step) -> None:
        if state.step == step:
            raise Killed
    return progress


@pytest.mark.parametrize("change", [
    {}, {"optimizer": Optimizer.ADAM, "averaging": 0.9}, {"bounded": False}, {"tolerance": 0.5}, {"history": 50},
    {"optimizer": Optimizer.TORCH_LBFGS},
], ids=str)
def test_a_transfer_that_goes_on_ends_bit_equal_to_one_that_never_stopped(
    network: Network, blobs: Blobs, tmp_path: Path, change: dict[str, object],
) -> None:
    recipe = replace(RECIPE, **change)      # type: ignore[arg-type]
    of_recipe = pairs(network, recipe, blobs)
    undisturbed = transfer(network, recipe, of_recipe)
    for killed_at in (5, 12) if change else (2, 5, 9, 14):
        identity = [str(killed_at)]
        with pytest.raises(Killed):
            transfer(
                network, recipe, of_recipe, progress=kill_at(killed_at), checkpoint=Checkpoint(tmp_path, identity, 0))
        passes = network.passes
        resumed = transfer(network, recipe, of_recipe, checkpoint=Checkpoint(tmp_path, identity))
        assert network.passes - passes < len(of_recipe) * (recipe.steps + 2), "it began anew"
        for before, after in zip(undisturbed, resumed, strict=True):
            assert isinstance(before, Outcome)
            assert isinstance(after, Outcome)
            assert torch.equal(before.pixels, after.pixels)
            assert before.trace == after.trace


def test_another_identity_takes_nothing_up(tmp_path: Path) -> None:
    Checkpoint(tmp_path, ["a"], 0).save({"x": torch.ones(1)})
    assert Checkpoint(tmp_path, ["b"]).load(torch.device("cpu")) is None
    assert Checkpoint(tmp_path, ["a"]).load(torch.device("cpu")) == {"x": torch.ones(1)}


@pytest.mark.parametrize("length", [0, 10, 500])
def test_a_torn_file_counts_as_none(tmp_path: Path, length: int) -> None:
    checkpoint = Checkpoint(tmp_path, ["a"], 0)
    checkpoint.save({"x": torch.ones(1000)})
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:length])
    assert checkpoint.load(torch.device("cpu")) is None


def test_the_time_between_two_is_at_least_twenty_times_what_one_takes(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, ["a"], 0)
    assert checkpoint.is_due
    checkpoint.save({"x": torch.ones(1)})
    checkpoint.discard()
    assert list(tmp_path.iterdir()) == []
