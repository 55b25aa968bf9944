"""Reading, making and writing at once: the same pictures as one after the other, and an end when nobody listens."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from torch import Tensor

from db.errors import StorageFailed
from db.records import Image, Role
from stylizer.engines import overlap, worker
from stylizer.engines.local import LocalEngine
from stylizer.engines.overlap import ReadAhead, overlapped
from stylizer.engines.protocol import Batch, Event, Job, Stepped
from stylizer.network.vgg import Network, Weights
from stylizer.pictures import load, source
from stylizer.recipe.formats import Format
from stylizer.run_config import RunConfig
from tests.stylizer.minimising import SHALLOW

RECIPE = replace(SHALLOW, size=48, steps=4, history=3)


@pytest.fixture
def batches(tmp_path: Path) -> list[Batch]:
    """Two contents and two styles, 48 x 40, and a third content that is no image."""
    def image(number: int, role: Role) -> Image:
        path = tmp_path / f"{number}.png"
        noise = np.random.default_rng(number).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).resize((48, 40)).save(path)
        if number == 5:
            path.write_bytes(b"no image")
        return Image(number, hashlib.sha256(path.read_bytes()).hexdigest(), path, role, 48, 40)

    contents, styles = [image(n, Role.CONTENT) for n in (1, 2, 5)], [image(n, Role.STYLE) for n in (3, 4)]
    return [tuple(Job(2 * i + j, content, style, i) for j, style in enumerate(styles))
            for i, content in enumerate(contents)]


@pytest.fixture
def config() -> RunConfig:
    return RunConfig(RECIPE, "hash", 0, "weights", "cpu", batch=2)


@pytest.mark.parametrize("format_", [Format.PNG, Format.JPEG])
def test_the_files_are_those_of_one_batch_after_the_other_in_order(
    format_: Format, batches: list[Batch], config: RunConfig, weights: Weights
) -> None:
    config = replace(config, recipe=replace(RECIPE, format=format_))
    threads, before = torch.get_num_threads(), threading.active_count()
    heard: list[tuple[Event, str]] = []
    there = list(overlapped(config, weights, batches, lambda e: heard.append((e, threading.current_thread().name))))
    here = list(LocalEngine(weights).run(config, batches, lambda event: None))
    assert [one.number for one in there] == [one.number for one in here] == list(range(6))
    assert [one.data for one in there] == [one.data for one in here]
    assert [one.reason for one in there] == [one.reason for one in here]
    assert [one.data is None for one in there] == [False] * 4 + [True] * 2
    assert {name for _, name in heard} == {"MainThread"}
    assert sum(isinstance(event, Stepped) for event, _ in heard) == 4 * RECIPE.steps
    assert (torch.get_num_threads(), threading.active_count()) == (threads, before)


def test_each_image_is_read_once_and_before_its_batch(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[tuple[str, str]] = []

    class Reading(overlap.FileImages):
        def content(self, image: Image) -> list[torch.Tensor]:
            reads.append((image.path.stem, threading.current_thread().name.partition("_")[0]))
            return super().content(image)

        style = content

    decoded: list[str] = []
    opening = source.open_picture
    monkeypatch.setattr(source, "open_picture", lambda path, sha256: decoded.append(path.name) or opening(path, None))
    monkeypatch.setattr(load, "open_picture", source.open_picture)
    monkeypatch.setattr(overlap, "FileImages", Reading)
    list(overlapped(config, weights, batches[:2], lambda event: None))
    assert sorted(reads) == [(number, "files") for number in "1234"]
    assert sorted(decoded) == ["1.png", "2.png", "3.png", "4.png"], "also for the opacity of each picture"


def test_the_steps_of_a_batch_reach_the_caller_together(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[object] = []

    class Counted(overlap.SimpleQueue):     # type: ignore[type-arg]
        def put(self, item: object, *args: object, **kwargs: object) -> None:
            messages.append(item)
            super().put(item)

    monkeypatch.setattr(overlap, "SimpleQueue", Counted)
    heard: list[Event] = []
    list(overlapped(config, weights, batches[:1], heard.append))
    steps = [item for item in messages if isinstance(item, tuple) and isinstance(item[0], Stepped)]
    assert [[event.number for event in item] for item in steps] == [[0, 1]] * RECIPE.steps
    assert [event.step for event in heard if isinstance(event, Stepped)] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_cudnn_tries_its_ways_only_for_a_shape_that_took_long_already(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = worker.Worker(config, weights)
    tries: list[bool] = []
    making = worker.transfer

    def noted(network: Network, *args: Any, **kwargs: Any) -> Any:
        tries.append(network.tries_ways)
        shop._spent_s = {size: seconds + 20 for size, seconds in shop._spent_s.items()}     # as if it took so long
        return making(network, *args, **kwargs)

    monkeypatch.setattr(worker, "transfer", noted)
    for batch in (*batches[:2], *batches[:2]):
        list(shop.make(batch, lambda event: None))
    assert tries == [False, False, False, True]


def test_who_stops_listening_ends_the_making(batches: list[Batch], config: RunConfig, weights: Weights) -> None:
    before = threading.active_count()

    def interrupt(event: Event) -> None:
        if isinstance(event, Stepped):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(overlapped(config, weights, batches, interrupt))
    with closing(overlapped(config, weights, batches, lambda event: None)) as made:
        next(made)
    assert threading.active_count() == before


def test_what_ends_a_run_is_raised_where_the_caller_is(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageFailed("the disk is full")

    monkeypatch.setattr(worker, "transfer", full)
    with pytest.raises(StorageFailed, match="full"):
        list(overlapped(config, weights, batches, lambda event: None))


class Reading:
    """Pictures that are none, and which of them were read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def content(self, image: Image) -> list[Tensor]:
        self.read.append(str(image.id))
        return []

    style = content


def test_a_content_is_read_ahead_each_time_that_batches_come_back_to_it_and_a_style_once(batches: list[Batch]) -> None:
    rounds = [sum(batches, ())[number] for number in (0, 2, 1, 3)]      # contents by turns: 1, 2, 1, 2
    with ThreadPoolExecutor(1) as threads:
        pictures = Reading()
        ahead = ReadAhead(pictures, threads)    # type: ignore[arg-type]
        for job in rounds:
            ahead.foresee((job,))
            ahead.content(job.content)
        assert sorted(pictures.read) == ["1", "1", "2", "2", "3", "4"]
        kept = Reading()
        ahead = ReadAhead(kept, threads, lambda content: True)  # type: ignore[arg-type]
        ahead.foresee(rounds[:2])   # type: ignore[arg-type]
    assert kept.read == ["3"]
