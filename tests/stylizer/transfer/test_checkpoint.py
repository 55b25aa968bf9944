"""A transfer that was killed and goes on from its checkpoint, against one that was left alone."""

import os
import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from db.library import open_library
from db.store import CHECKPOINTS
from stylizer.batch import run_plan
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.vgg import Network, Weights
from stylizer.pairs import Pairs
from stylizer.plan import Plan
from stylizer.recipe.model import Edge, Optimizer, Recipe
from stylizer.run_config import RunConfig
from stylizer.transfer.checkpoint import Checkpoint, clear_stale
from stylizer.transfer.optimization import Step
from stylizer.transfer.transfer import Outcome, transfer
from tests.stylizer.minimising import SHALLOW

Blobs = Callable[[int, int, int], Tensor]
RECIPE = replace(SHALLOW, size=48, steps=14, history=5, scales=(0.5, 1.0))


class Killed(Exception):
    """Stands for a kill: what was in memory is gone."""


@pytest.fixture
def network(weights: Weights) -> Network:
    return Network(weights, SHALLOW.layers, edge=Edge.PLAIN)


def pairs(network: Network, recipe: Recipe, blobs: Blobs) -> list[Pair]:
    def at(seed: int, divisor: int) -> Pair:
        content = content_target(network, recipe, blobs(seed, 31 // divisor, 47 // divisor))
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


def test_the_time_between_two_is_at_least_twenty_times_what_one_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0

    def save_in_three_seconds(state: object, path: Path) -> None:
        nonlocal now
        now += 3.0
        write(state, path)

    write = torch.save
    monkeypatch.setattr("stylizer.transfer.checkpoint.time.monotonic", lambda: now)
    monkeypatch.setattr(torch, "save", save_in_three_seconds)
    for every_s, due_s in ((30.0, 60.0), (100.0, 100.0)):
        checkpoint = Checkpoint(tmp_path, ["a"], every_s)
        for wait_s in (every_s, due_s):         # from the start, and from the end of one
            began = now
            now = began + wait_s - 0.1
            assert not checkpoint.is_due
            now = began + wait_s
            assert checkpoint.is_due
            checkpoint.save({"x": torch.ones(1)})


def test_what_was_kept_is_gone_once_its_pairs_are_in_the_catalog(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "folder", ["a"], 0)
    checkpoint.save({"x": torch.ones(1)})
    checkpoint.discard()
    assert list((tmp_path / "folder").iterdir()) == []
    checkpoint.discard()


def test_what_nobody_came_back_for_in_a_month_and_what_is_half_written_goes(tmp_path: Path) -> None:
    for name, age_days in {"young.pt": 29, "old.pt": 31, "half.tmp": 0}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age_days * 86_400,) * 2)
    clear_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["young.pt"]
    clear_stale(tmp_path / "none")


def test_every_run_removes_what_is_stale(tmp_path: Path, weights: Weights) -> None:
    plan = Plan(RunConfig(RECIPE, "hash", 0, "weights", "cpu"), Pairs((), (), array("q")), 0, 0, 0, "bundled", weights)
    with open_library(tmp_path / "library") as library:
        left = library.root / CHECKPOINTS / "left.tmp"
        left.parent.mkdir()
        left.touch()
        run_plan(library, plan, lambda event: None)
    assert not left.exists()
