"""Reading, making and writing at once: the same pictures as one after the other, and an end when nobody listens."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from db.records import Image, Role
from stylizer.engines import overlap
from stylizer.engines.local import LocalEngine
from stylizer.engines.overlap import overlapped
from stylizer.engines.protocol import Batch, Event, Job, Stepped
from stylizer.network.vgg import Weights
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
        return Image(number, f"{number:064d}", path, role, 48, 40)

    contents, styles = [image(n, Role.CONTENT) for n in (1, 2, 5)], [image(n, Role.STYLE) for n in (3, 4)]
    contents[2].path.write_bytes(b"no image")
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
            reads.append((image.sha256[-1], threading.current_thread().name.partition("_")[0]))
            return super().content(image)

        style = content

    monkeypatch.setattr(overlap, "FileImages", Reading)
    list(overlapped(config, weights, batches[:2], lambda event: None))
    assert sorted(reads) == [(number, "files") for number in "1234"]


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
        raise overlap_storage("the disk is full")

    from db.errors import StorageFailed as overlap_storage
    from stylizer.engines import worker

    monkeypatch.setattr(worker, "transfer", full)
    with pytest.raises(overlap_storage, match="full"):
        list(overlapped(config, weights, batches, lambda event: None))
