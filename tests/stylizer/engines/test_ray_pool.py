"""The pool of a cluster on machines that are not there: each pair once whoever dies, and in flight no more for more.

Real nodes are in tests/cli/test_cluster.py.
"""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.idle_worker import IdleWorker
from benchmarks.simulated_ray import SimulatedRay
from db.records import Image, Role
from stylizer.engines import ray_pool
from stylizer.engines.protocol import Batch, Event, Job, Made, Noted
from stylizer.engines.ray_pool import SentImages, WorkerPool
from stylizer.engines.scheduler import Scheduler
from stylizer.recipe.presets import GATYS
from stylizer.run_config import RunConfig

CONFIG = RunConfig(GATYS, "hash", 0, "weights", "cpu")
PAIR_S = 0.004
CONTENTS, STYLES = 6, 5


class Blank:
    """Images of 4 x 4 pixels, and which were read."""

    read: list[str]

    def __init__(self, *_: object) -> None:
        Blank.read = []

    def content(self, image: Image) -> list[Tensor]:
        Blank.read.append(image.sha256)
        return [torch.zeros(1, 3, 4, 4)]

    style = content

    def opacity(self, content: Image) -> None:
        return None


@pytest.fixture(autouse=True)
def blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_pool, "FileImages", Blank)


def job(number: int) -> Job:
    content, style = (Image(1, f"{name}{at}", Path(), Role.BOTH, 4, 4)
                      for name, at in (("c", number % CONTENTS), ("s", number // CONTENTS % STYLES)))
    return Job(number, content, style, 0)


def stream(pairs: int, most: int) -> Iterator[Batch]:
    for first in range(0, pairs, most):
        yield tuple(map(job, range(first, min(first + most, pairs))))


def run(cluster: SimulatedRay, pairs: int, most: int = 3, events: list[Event] | None = None) -> Iterator[Made]:
    pool = WorkerPool(cluster, CONFIG, cluster.put(None), use_gpus=False, actor=IdleWorker)
    told: list[Event] = [] if events is None else events
    return pool.work(Scheduler(stream(pairs, most)), told.append)


def test_every_pair_is_made_once_whichever_nodes_die_on_the_way() -> None:
    cluster, events = SimulatedRay(5, PAIR_S), list[Event]()
    numbers = []
    for made in run(cluster, 120, events=events):
        numbers.append(made.number)
        if len(numbers) in (20, 50):
            cluster.kill_node()
    assert sorted(numbers) == list(range(120))
    assert sum(isinstance(event, Noted) for event in events) == 2


def test_no_more_is_in_flight_for_more_pairs() -> None:
    most = []
    for pairs in (120, 480):
        cluster = SimulatedRay(4, PAIR_S)
        assert len(list(run(cluster, pairs))) == pairs
        most.append(cluster.most_refs)
    images, in_hand, news, births, weights = CONTENTS + STYLES, 4 * ray_pool.MOST_IN_HAND, 4, 4, 1
    assert max(most) <= images + in_hand + news + births + weights + 4      # those that were just answered


def test_a_worker_goes_on_while_the_driver_is_busy() -> None:
    cluster = SimulatedRay(2, PAIR_S)
    made = run(cluster, 60, most=2)
    numbers = [next(made).number for _ in range(11)]    # the first of a batch: its worker has answered
    waiting = sum(ref.is_unread_batch for ref in cluster.refs)
    assert waiting >= len(cluster.actors)       # each still has one, so nobody waits for the next to be handed over
    assert sorted([*numbers, *(each.number for each in made)]) == list(range(60))


def test_images_in_the_store_are_bounded_and_come_again_when_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = SimulatedRay(1)
    images = SentImages(cluster, CONFIG)
    size = 3 * 4 * 4
    monkeypatch.setattr(ray_pool, "SENT_BYTES", 3 * size)
    for number in range(CONTENTS):
        held = images.of(job(number))
    assert set(held) == {f"content c{CONTENTS - 1}", "style s0"}
    assert Blank.read == ["c0", "s0", *(f"c{number}" for number in range(1, CONTENTS))]
    gc.collect()
    assert len(cluster.refs) == 3
    assert images.has_content(f"c{CONTENTS - 1}")
    assert not images.has_content("c0")
    images.of(job(0))
    assert Blank.read[-1] == "c0"


def test_an_image_that_cannot_be_read_fails_its_pairs_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Blank, image: Image) -> list[Tensor]:
        if image.sha256 == "c1":
            raise ValueError("no picture")
        return [torch.zeros(1, 3, 4, 4)]

    monkeypatch.setattr(Blank, "content", refuse)
    made = list(run(SimulatedRay(2, PAIR_S), 24))
    assert sorted(each.number for each in made) == list(range(24))
    assert {each.number % CONTENTS for each in made if each.reason} == {1}
