"""The same plan by each engine: every pair once, the same pictures, whatever dies on the way."""

import io
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from db.records import Image, Role
from stylizer.engines import worker
from stylizer.engines.local import LocalEngine
from stylizer.engines.processes import ProcessEngine
from stylizer.engines.protocol import Batch, Event, Job, Made, Stepped
from stylizer.errors import Diverged
from stylizer.network.published import BUNDLED
from stylizer.network.vgg import Network, Weights
from stylizer.pairs import batches as batches_of
from stylizer.recipe.model import Recolouring
from stylizer.run_config import RunConfig
from stylizer.transfer.checkpoint import Checkpoint
from tests.stylizer.catalogued import catalogued
from tests.stylizer.minimising import SHALLOW

RECIPE = replace(SHALLOW, size=48, steps=4, history=3)
Events = list[Event]


@pytest.fixture
def batches(tmp_path: Path) -> list[Batch]:
    """Two contents and two styles, 48 x 40."""
    def image(number: int, role: Role) -> Image:
        path = tmp_path / f"{number}.png"
        noise = np.random.default_rng(number).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).resize((48, 40)).save(path)
        return catalogued(number, path, role, 48, 40)

    contents = [image(number, Role.CONTENT) for number in (1, 2)]
    styles = [image(number, Role.STYLE) for number in (3, 4)]
    return [
        (Job(number, content, style, number),)
        for number, (content, style) in enumerate((content, style) for content in contents for style in styles)
    ]


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    return RunConfig(RECIPE, "hash", 0, "weights", "cpu", checkpoints=tmp_path / "checkpoints")


def pixels(made: Sequence[Made]) -> dict[int, bytes]:
    """What each file shows; each job is in `made` once."""
    found = {}
    for one in made:
        assert one.data is not None, one.reason
        assert one.number not in found
        found[one.number] = np.asarray(PIL.Image.open(io.BytesIO(one.data))).tobytes()
    return found


def test_processes_make_what_one_makes_also_when_a_worker_is_killed(
    batches: list[Batch], config: RunConfig, weights: Weights, descendants: Callable[[], set[int]]
) -> None:
    # A picture that is corrected on its way, so that a worker has to look at it as this process does.
    config = replace(config, recipe=replace(RECIPE, strength=60.0, recolour=Recolouring.LINEAR))
    here = pixels(list(LocalEngine(weights).run(config, batches, lambda event: None)))
    before = descendants()
    killed: list[int] = []
    notes: Events = []

    def hear(event: Event) -> None:
        if isinstance(event, Stepped) and event.step == 2 and not killed:
            killed.append(max(descendants() - before))
            os.kill(killed[0], signal.SIGKILL)
        if not isinstance(event, Stepped):
            notes.append(event)

    there = pixels(list(ProcessEngine(BUNDLED, 2).run(config, batches, hear)))
    assert there == here
    assert any("SIGKILL" in str(note) for note in notes)
    assert descendants() == before


def test_a_batch_that_is_killed_goes_on_and_ends_bit_equal(
    batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = replace(config, batch=4)
    whole: Batch = sum(batches, ())
    without = replace(together, checkpoints=None)
    undisturbed = pixels(list(LocalEngine(weights).run(without, [whole], lambda event: None)))
    monkeypatch.setattr(worker, "Checkpoint", partial(Checkpoint, every_s=0))
    steps: list[int] = []

    def hear(event: Event) -> None:
        if isinstance(event, Stepped):
            steps.append(event.step)
            if event.step == 3 and len(steps) < 4 * 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(LocalEngine(weights).run(together, [whole], hear))
    steps[:] = [0] * 20
    resumed = list(LocalEngine(weights).run(together, [whole], hear))
    assert min(steps[20:]) > 1, "it began anew"
    assert pixels(resumed) == undisturbed
    assert [one.checkpoint is None for one in resumed] == [True, True, True, False]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_n_contents_and_m_styles_are_encoded_once_in_batches_too(
    at_once: int, batches: list[Batch], config: RunConfig, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_transfer(network: Network, recipe: object, pairs: Sequence[object], **options: object) -> list[Diverged]:
        return [Diverged("not of interest", (1.0,)) for _ in pairs]

    monkeypatch.setattr(worker, "transfer", no_transfer)
    cut = batches_of(sum(batches, ()), lambda job: 0, at_once)
    here = worker.Worker(replace(config, batch=at_once), weights)
    assert len([made for batch in cut for made in here.make(batch, lambda event: None)]) == 4
    assert here._network.passes == 2 + 2


def test_an_engine_that_is_closed_leaves_no_process(
    batches: list[Batch], config: RunConfig, descendants: Callable[[], set[int]]
) -> None:
    before = descendants()
    with closing(ProcessEngine(BUNDLED, 2).run(config, batches, lambda event: None)) as finished:
        next(finished)
        assert descendants() - before
    assert descendants() == before


@pytest.fixture
def descendants() -> Callable[[], set[int]]:
    """Which processes this one has started that compute; multiprocessing's own keeper of resources stays."""
    def found() -> set[int]:
        mine = set()
        for path in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == os.getpid() and b"resource_tracker" not in (path / "cmdline").read_bytes():
                    mine.add(int(path.name))
            except OSError:
                continue
        return mine
    return found
