"""Pictures on the way: which are kept, that keeping them changes nothing, and that a kill loses none."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from stylizer.errors import BadRecipe
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.snapshots import SnapshotSchedule, parse
from stylizer.transfer import camera
from stylizer.transfer.camera import Snapshots
from stylizer.transfer.checkpoint import Checkpoint
from stylizer.transfer.transfer import Outcome, transfer
from tests.stylizer.transfer.test_checkpoint import RECIPE, Blobs, Killed, kill_at, pairs


@pytest.fixture
def network(weights: Weights) -> Network:
    return Network(weights, RECIPE.layers)


def pixels(data: bytes) -> Tensor:
    with Image.open(io.BytesIO(data)) as picture:
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def films(outcomes: list[object]) -> list[Snapshots]:
    return [outcome.film for outcome in outcomes if isinstance(outcome, Outcome)]


def test_spacing_by_hand() -> None:
    assert sorted(SnapshotSchedule(10).wanted(35)) == [1, 10, 20, 30, 35]
    assert sorted(SnapshotSchedule(50).wanted(3)) == [1, 3]
    automatic = sorted(SnapshotSchedule().wanted(300))
    assert (automatic[:6], automatic[-1]) == ([1, 2, 3, 4, 5, 6], 300)
    steps = np.diff(automatic)
    assert (np.diff(steps) >= -1).all()     # ever later, but for rounding
    assert 20 <= len(automatic) <= 30
    assert SnapshotSchedule().wanted(1) == {1}


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "often", "", "1e2"])
def test_a_mistake_is_told(text: str) -> None:
    with pytest.raises(BadRecipe, match="say auto"):
        parse(text)


def test_too_many_are_refused_with_what_would_do() -> None:
    with pytest.raises(BadRecipe, match="keep one in 11 or fewer"):
        parse("1").wanted(5000)
    assert len(parse("11").wanted(5000)) <= 500


def test_frames_change_nothing_and_end_with_the_result_all_in_one_size(network: Network, blobs: Blobs) -> None:
    of_recipe = pairs(network, RECIPE, blobs)
    without = transfer(network, RECIPE, of_recipe)
    filmed = transfer(network, RECIPE, of_recipe, frames=SnapshotSchedule(4))
    for before, after in zip(without, filmed, strict=True):
        assert isinstance(before, Outcome)
        assert isinstance(after, Outcome)
        assert torch.equal(before.pixels, after.pixels)
        assert before.trace == after.trace
        assert [evaluation for evaluation, _ in after.film] == [1, 4, 8, 12, 14]
        assert {tuple(pixels(data).shape) for _, data in after.film} == {(3, 31, 47)}
        assert pixels(after.film[-1][1]).equal(after.pixels)
        assert before.film == ()


def test_a_killed_run_goes_on_with_the_frames_it_had(network: Network, blobs: Blobs, tmp_path: Path) -> None:
    of_recipe = pairs(network, RECIPE, blobs)
    undisturbed = films(list(transfer(network, RECIPE, of_recipe, frames=SnapshotSchedule(3))))
    with pytest.raises(Killed):
        transfer(network, RECIPE, of_recipe, progress=kill_at(9), checkpoint=Checkpoint(tmp_path, ["a"], 0),
                 frames=SnapshotSchedule(3))
    passes = network.passes
    resumed = transfer(network, RECIPE, of_recipe, checkpoint=Checkpoint(tmp_path, ["a"]), frames=SnapshotSchedule(3))
    assert network.passes - passes < len(of_recipe) * (RECIPE.steps + 2), "it began anew"
    assert films(list(resumed)) == undisturbed


def test_frames_do_not_begin_in_the_middle_of_a_run_that_kept_none(
    network: Network, blobs: Blobs, tmp_path: Path
) -> None:
    of_recipe = pairs(network, RECIPE, blobs)[:1]
    with pytest.raises(Killed):
        transfer(network, RECIPE, of_recipe, progress=kill_at(9), checkpoint=Checkpoint(tmp_path, ["a"], 0))
    (film,) = films(list(transfer(
        network, RECIPE, of_recipe, checkpoint=Checkpoint(tmp_path, ["a"]), frames=SnapshotSchedule(10))))
    assert [evaluation for evaluation, _ in film] == [1, 10, 14]


def test_a_pair_that_settles_early_ends_with_its_own_last_picture(network: Network, blobs: Blobs) -> None:
    recipe = replace(RECIPE, steps=30, scales=(1.0,), tolerance=0.9)
    pair = replace(pairs(network, RECIPE, blobs)[0], coarser=())
    (outcome,) = transfer(network, recipe, [pair], frames=SnapshotSchedule(2))
    assert isinstance(outcome, Outcome)
    assert outcome.film[-1][0] == outcome.evaluations < 30
    assert pixels(outcome.film[-1][1]).equal(outcome.pixels)


def test_frames_of_a_large_picture_are_smaller(
    network: Network, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "LONGEST_PX", 24)
    recipe = replace(RECIPE, steps=2)
    (film,) = films(list(transfer(network, recipe, pairs(network, recipe, blobs)[:1], frames=SnapshotSchedule())))
    assert {tuple(pixels(data).shape) for _, data in film} == {(3, 16, 24)}
