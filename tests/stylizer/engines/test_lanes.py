"""Pairs side by side on a CPU: the same pictures as one after the other, no lane that waits, and an end when nobody
listens."""

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

from db.errors import StorageFailed
from db.records import Image, Role
from stylizer.engines import worker
from stylizer.engines.lanes import side_by_side
from stylizer.engines.local import LocalEngine, has_lanes
from stylizer.engines.protocol import Batch, Event, Job, Made, Stepped
from stylizer.engines.worker import Worker
from stylizer.errors import Diverged
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Recolouring
from stylizer.run_config import RunConfig
from stylizer.transfer.checkpoint import Checkpoint
from stylizer.transfer.optimization import Step
from tests.stylizer.catalogued import catalogued
from tests.stylizer.minimising import SHALLOW

RECIPE = replace(SHALLOW, size=48, steps=4, history=3)
SOON_S = 30


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2, "not given back"
    torch.set_num_threads(before)


@pytest.fixture
def batches(tmp_path: Path) -> list[Batch]:
    """Contents of three shapes, one of which is no image, each with two styles."""
    def image(number: int, role: Role, width: int, height: int) -> Image:
        path = tmp_path / f"{number}.png"
        noise = np.random.default_rng(number).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).resize((width, height)).save(path)
        found = catalogued(number, path, role, width, height)
        if number == 3:
            found.path.write_bytes(b"no image")
        return found

    contents = [image(1, Role.CONTENT, 48, 40), image(2, Role.CONTENT, 32, 48), image(3, Role.CONTENT, 48, 48)]
    styles = [image(number, Role.STYLE, 48, 40) for number in (4, 5)]
    pairs = [(content, style) for content in contents for style in styles]
    return [(Job(number, content, style, number),) for number, (content, style) in enumerate(pairs)]


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    return RunConfig(RECIPE, "hash", 0, "weights", "cpu", checkpoints=tmp_path / "checkpoints")


def by_number(made: Sequence[Made]) -> dict[int, tuple[bytes | None, object]]:
    """What each file shows, and its losses or why there is none."""
    found: dict[int, tuple[bytes | None, object]] = {}
    for one in made:
        assert one.number not in found, "one was made twice"
        shown = None if one.data is None else np.asarray(PIL.Image.open(io.BytesIO(one.data))).tobytes()
        found[one.number] = shown, one.reason or (one.details["total_loss"], one.details["trace"])
    return found


def test_pictures_are_those_of_one_after_the_other_and_told_in_the_callers_thread(
    batches: list[Batch], config: RunConfig, weights: Weights
) -> None:
    # Pictures that are looked at and corrected on their way.
    config = replace(config, recipe=replace(RECIPE, strength=60.0, recolour=Recolouring.LINEAR))
    before, heard = threading.active_count(), []
    assert has_lanes(config)
    there = list(LocalEngine(weights).run(
        config, batches, lambda event: heard.append((event, threading.current_thread().name))))
    torch.set_num_threads(1)
    assert not has_lanes(config)
    here = list(LocalEngine(weights).run(config, batches, lambda event: None))
    torch.set_num_threads(2)
    assert by_number(there) == by_number(here)
    assert {one.details["device"] for one in there} == {"cpu (2 threads)"}
    assert [data is None for _, (data, _) in sorted(by_number(there).items())] == [False] * 4 + [True] * 2
    assert {name for _, name in heard} == {"MainThread"}
    steps = [event.number for event, _ in heard if isinstance(event, Stepped)]
    assert {number: steps.count(number) for number in range(6)} == dict.fromkeys(range(4), 4) | {4: 0, 5: 0}
    assert threading.active_count() == before


def test_what_one_lane_knows_of_an_image_the_other_need_not_find_out(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers: list[Worker] = []
    monkeypatch.setattr(Worker, "__init__", _noting(workers))
    list(side_by_side(config, weights, batches[:4], lambda event: None))
    first, second = workers
    assert first._encoder.encodings is second._encoder.encodings
    assert first._observer is second._observer
    assert first._network is not second._network


Transfer = Callable[..., list[Diverged]]


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., None]], None]:
    """Something else in the place of each transfer, which is given its progress and its pixels' shape."""
    def put(do: Callable[..., None]) -> None:
        def transfer(
            network: Network, recipe: object, pairs: Sequence[Any], *, progress: Callable[[Step], None], **options: Any
        ) -> list[Diverged]:
            do(tuple(pairs[0].content.pixels.shape[-2:]), lambda: progress(Step(1, 9, [1.0], lambda: torch.empty(0))))
            return [Diverged("not of interest", (1.0,)) for _ in pairs]

        monkeypatch.setattr(worker, "transfer", transfer)

    return put


def test_no_lane_waits_for_another_of_another_shape(
    batches: list[Batch], config: RunConfig, weights: Weights, instead: Callable[..., None]
) -> None:
    """While one picture is made, all the others are, in the other lane."""
    first = threading.Event()
    shapes: list[tuple[int, int]] = []

    def make(shape: tuple[int, int], step: Callable[[], None]) -> None:
        shapes.append(shape)
        if len(shapes) == 1:
            assert first.wait(SOON_S)
        if len(shapes) == 4:
            first.set()

    instead(make)
    made = list(side_by_side(config, weights, batches[:4], lambda event: None))
    assert {one.number for one in made} == {0, 1, 2, 3}
    assert made[-1].number in (0, 1)
    assert {one.reason for one in made} == {"not of interest"}
    assert sorted(shapes) == [(40, 48), (40, 48), (48, 32), (48, 32)]


def test_what_memory_holds_but_one_of_is_made_alone_by_all_threads_and_kept_encoded_once(
    batches: list[Batch], config: RunConfig, weights: Weights, instead: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Worker, "fitting", lambda self, content: 1 if content.width == 32 else 2)
    workers: list[Worker] = []
    monkeypatch.setattr(Worker, "__init__", _noting(workers))
    in_hand: list[tuple[int, int]] = []
    beside: list[set[tuple[int, int]]] = []
    threads: list[tuple[tuple[int, int], int]] = []
    lock = threading.Lock()

    def make(shape: tuple[int, int], step: Callable[[], None]) -> None:
        with lock:
            in_hand.append(shape)
            beside.append({*in_hand})
            threads.append((shape, torch.get_num_threads()))
        step()
        with lock:
            in_hand.remove(shape)

    instead(make)
    mixed = [batches[number] for number in (0, 2, 1, 3, 0, 1)]
    made = list(side_by_side(config, weights, mixed, lambda event: None))
    assert len(made) == 6
    assert all(len(shapes) == 1 for shapes in beside)
    assert {count for shape, count in threads if shape == (48, 32)} == {2}
    workers.clear()
    list(side_by_side(config, weights, [*batches[2:4], batches[2]], lambda event: None))
    assert len(workers) == 1


def _noting(made: list[Worker]) -> Callable[..., None]:
    original = Worker.__init__

    def init(self: Worker, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        made.append(self)

    return init


def test_the_last_one_gets_the_threads_of_those_that_have_nothing_left(
    batches: list[Batch], config: RunConfig, weights: Weights, instead: Callable[..., None]
) -> None:
    found: list[int] = []
    patience = threading.Event()

    def make(shape: tuple[int, int], step: Callable[[], None]) -> None:
        if shape == (48, 32):
            return
        for _ in range(SOON_S * 100):
            step()
            found.append(torch.get_num_threads())
            if found[-1] == 2:
                return
            patience.wait(0.01)

    instead(make)
    list(side_by_side(config, weights, [batches[0], batches[2]], lambda event: None))
    assert found[-1] == 2


def test_one_pair_is_made_in_the_callers_thread_by_all_of_torchs(
    batches: list[Batch], config: RunConfig, weights: Weights, instead: Callable[..., None]
) -> None:
    found: list[tuple[int, str]] = []
    instead(lambda shape, step: found.append((torch.get_num_threads(), threading.current_thread().name)))
    list(side_by_side(config, weights, batches[:1], lambda event: None))
    assert found == [(2, "MainThread")]
    assert list(side_by_side(config, weights, [], lambda event: None)) == []


def test_a_caller_that_stops_ends_the_making_at_the_next_evaluation(
    batches: list[Batch], config: RunConfig, weights: Weights
) -> None:
    before = threading.active_count()
    with closing(side_by_side(config, weights, batches, lambda event: None)) as finished:
        next(finished)
    assert threading.active_count() == before


def test_one_that_is_interrupted_goes_on_where_each_lane_was_and_ends_bit_equal(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = batches[:4]
    undisturbed = list(side_by_side(replace(config, checkpoints=None), weights, some, lambda event: None))
    monkeypatch.setattr(worker, "Checkpoint", partial(Checkpoint, every_s=0))
    steps: list[tuple[int, int]] = []

    def hear(event: Event) -> None:
        if isinstance(event, Stepped):
            steps.append((event.number, event.step))
            if event.step == 3 and not interrupted:
                interrupted.append(event.number)
                raise KeyboardInterrupt

    interrupted: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(config, weights, some, hear))
    steps.clear()
    resumed = list(side_by_side(config, weights, some, hear))
    assert by_number(resumed) == by_number(undisturbed)
    assert (interrupted[0], 1) not in steps, "it began anew"


def test_what_ends_a_run_reaches_the_caller(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Checkpoint, state: object) -> None:
        raise StorageFailed("the disk is full")

    monkeypatch.setattr(worker, "Checkpoint", partial(Checkpoint, every_s=0))
    monkeypatch.setattr(Checkpoint, "save", full)
    before = threading.active_count()
    with pytest.raises(StorageFailed, match="the disk is full"):
        list(side_by_side(config, weights, batches, lambda event: None))
    assert threading.active_count() == before


def test_a_pictures_time_is_its_part_of_the_runs(
    batches: list[Batch], config: RunConfig, weights: Weights, instead: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that the seconds of all add up to what the run took, with two lanes as with one."""
    found: list[int] = []
    making = Worker.make

    def make(self: Worker, *args: Any) -> Any:
        found.append(self.beside)
        return making(self, *args)

    monkeypatch.setattr(Worker, "make", make)
    instead(lambda shape, step: None)
    list(side_by_side(config, weights, batches[:3], lambda event: None))
    list(side_by_side(config, weights, batches[:1], lambda event: None))
    assert found == [2, 2, 2, 1]
