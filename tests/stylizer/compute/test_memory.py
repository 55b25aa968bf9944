"""Memory: what a batch is planned to take, and what happens where there is less than that."""

import io
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from db.records import Image, Role
from stylizer.compute import memory, tiling
from stylizer.compute.memory import MemoryLimits
from stylizer.compute.tiling import Tiling
from stylizer.engines import worker
from stylizer.engines.local import LocalEngine
from stylizer.engines.protocol import Batch, Job, Made, Noted
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Optimizer, Recipe
from stylizer.recipe.presets import GATYS
from stylizer.run_config import RunConfig
from tests.stylizer.catalogued import catalogued
from tests.stylizer.minimising import SHALLOW

RECIPE = replace(SHALLOW, size=48, steps=14, history=12)
SHORT = replace(RECIPE, steps=5)
Limit = Callable[[int, int], bool]      # pairs at once and steps remembered -> whether that is too much


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """Four pairs of one shape."""
    def image(number: int, role: Role) -> Image:
        path = tmp_path / f"{number}.png"
        noise = np.random.default_rng(number).integers(0, 256, (4, 6, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).resize((48, 32)).save(path)
        return catalogued(number, path, role, 48, 32)

    style = image(9, Role.STYLE)
    return tuple(Job(number, image(number, Role.CONTENT), style, number) for number in range(4))


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Callable[[Limit], None]:
    """Lets the machine's memory end where this says."""
    def set_limit(too_much: Limit) -> None:
        real = worker.transfer

        def transfer(network: object, recipe: Recipe, pairs: Sequence[object], **options: object) -> object:
            if too_much(len(pairs), recipe.history):
                raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
            return real(network, recipe, pairs, **options)      # type: ignore[arg-type]

        monkeypatch.setattr(worker, "transfer", transfer)
    return set_limit


def run(weights: Weights, batch: Batch, recipe: Recipe = RECIPE, at_once: int = 4) -> tuple[list[Made], list[str]]:
    config = RunConfig(recipe, "hash", 0, "weights", "cpu", batch=at_once)
    notes: list[str] = []

    def hear(event: object) -> None:
        if isinstance(event, Noted):
            notes.append(event.text)

    made = list(LocalEngine(weights).run(config, [batch], hear))
    assert sorted(one.number for one in made) == [job.number for job in batch]
    return made, notes


def apart(these: list[Made], those: list[Made]) -> int:
    """By how much two runs' pictures differ at most, of 255."""
    def pixels(made: list[Made]) -> NDArray[np.int16]:
        return np.stack([
            np.asarray(PIL.Image.open(io.BytesIO(one.data or b"")), dtype=np.int16)
            for one in sorted(made, key=lambda one: one.number)
        ])
    return int(np.abs(pixels(these) - pixels(those)).max())


def test_pairs_that_advance_together_are_those_made_alone(weights: Weights, batch: Batch) -> None:
    together, notes = run(weights, batch, SHORT)
    alone, _ = run(weights, batch, SHORT, at_once=1)
    assert notes == []
    assert apart(together, alone) == 0


def test_too_many_at_once_are_halved_and_come_out_the_same(
    weights: Weights, batch: Batch, limit: Callable[[Limit], None]
) -> None:
    in_peace, _ = run(weights, batch, SHORT, at_once=1)
    limit(lambda pairs, history: pairs > 1)
    made, notes = run(weights, batch, SHORT)
    assert apart(made, in_peace) == 0
    assert [note.partition("with ")[2] for note in notes] == ["2 pairs at a time", "one pair at a time"]


def test_a_shorter_history_is_told_in_the_result(
    weights: Weights, batch: Batch, limit: Callable[[Limit], None]
) -> None:
    limit(lambda pairs, history: pairs > 1 or history > 10)
    made, notes = run(weights, batch[:2])
    words = [note.partition("with ")[2] for note in notes]
    assert words == ["one pair at a time", "an L-BFGS memory of 10 steps instead of 12"]
    assert [one.details["reduced"] for one in made] == [{"history": 10}] * 2
    assert all(one.data for one in made)


def test_where_nothing_helps_the_pair_fails_and_leaves_nothing(
    weights: Weights, batch: Batch, limit: Callable[[Limit], None]
) -> None:
    limit(lambda pairs, history: True)
    made, _ = run(weights, batch[:2], recipe=replace(RECIPE, optimizer=Optimizer.ADAM))
    assert [(one.data, one.reason) for one in made] == [(None, "out of memory: try a smaller --size")] * 2


def test_less_is_fewer_pairs_then_a_shorter_history_then_tiles() -> None:
    limits, steps = MemoryLimits(5, 100), []
    pairs = 5
    while (less := limits.less(pairs, limits.tile_px or 512, has_history=True)) is not None:
        limits, pairs = less, less.most
        steps.append((limits.most, limits.history, limits.tile_px))
    assert steps == [
        (2, 100, None), (1, 100, None), (1, 50, None), (1, 25, None), (1, 12, None), (1, 10, None),
        (1, 10, 256), (1, 10, 128), (1, 10, 64),
    ]


def test_tiles_are_made_smaller_than_those_in_use(
    weights: Weights, tmp_path: Path, limit: Callable[[Limit], None]
) -> None:
    path = tmp_path / "wide.png"
    PIL.Image.effect_noise((400, 48), 50).convert("RGB").save(path)
    content, style = (catalogued(number, path, Role.BOTH, 400, 48) for number in (1, 2))
    limit(lambda pairs, history: True)
    recipe = replace(RECIPE, size=400, optimizer=Optimizer.ADAM)
    notes: list[object] = []
    config = RunConfig(recipe, "hash", 0, "weights", "cpu", tiling=Tiling(144))
    list(LocalEngine(weights).run(config, [(Job(0, content, style, 0),)], notes.append))
    assert [note.text for note in notes if isinstance(note, Noted)] == [
        "out of memory at 400 x 48 px: going on with tiles of 72 px"]


def test_no_scale_takes_more_than_a_tile_of_a_picture_that_is_seen_by_tiles(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(SHALLOW, size=320, scales=(0.5, 1.0), steps=3)
    config = RunConfig(recipe, "hash", 0, "weights", "cpu")
    a_pixel = network_for(recipe, weights).bytes_per_pixel
    monkeypatch.setattr(tiling, "_WHOLE_BYTES", int(100**2 * a_pixel))
    monkeypatch.setattr(tiling, "_TILE_BYTES", int(130**2 * a_pixel))
    config = replace(config, tiling=Tiling(memory_bytes=int(200**2 * a_pixel)))

    def image(number: int, width: int, height: int) -> Image:
        path = tmp_path / f"{number}.png"
        PIL.Image.effect_noise((width, height), 50).convert("RGB").save(path)
        return catalogued(number, path, Role.BOTH, width, height)

    large, small, style = image(1, 320, 160), image(2, 160, 160), image(3, 160, 120)
    seen: list[tuple[int, int, bool]] = []
    real = Network.tile_px

    def noted(self: Network, height: int, width: int, samples: int = 1) -> int | None:
        side = real(self, height, width, samples)
        seen.append((height, width, side is not None))
        return side

    monkeypatch.setattr(Network, "tile_px", noted)

    def run(*contents: Image) -> dict[int, bytes | None]:
        jobs = [(Job(content.id, content, style, 0),) for content in contents]
        return {made.number: made.data for made in LocalEngine(weights).run(config, jobs, lambda _: None)}

    made = run(large, small)
    assert {(160, 320, True), (80, 160, True), (160, 160, False)} <= {*seen}
    assert None not in made.values()
    # The style is encoded for each in its own way: what came before changes no bit.
    assert made == run(small, large) == run(large) | run(small)


def test_a_history_that_would_not_fit_is_cut_before_it_is_begun(
    weights: Weights, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = 48 * 32
    long = replace(RECIPE, steps=30, history=30)
    monkeypatch.setattr(memory, "for_the_optimiser", lambda *_: memory.of_the_optimiser(
        replace(RECIPE, steps=16, history=14), pixels))
    made, notes = run(weights, batch[:1], long)
    assert notes == ["48 x 32 px: memory holds 14 steps of L-BFGS, not 28"]
    assert [one.details["reduced"] for one in made] == [{"history": 14}]
    assert memory.fitting_history(long, pixels, 0) == memory.LEAST_HISTORY
    assert memory.fitting_history(replace(long, steps=5), pixels, 0) == 3
    assert memory.fitting_history(long, pixels, 1 << 40) == 28


def test_what_the_last_evaluations_bring_is_not_remembered() -> None:
    assert [memory.history_of(replace(GATYS, history=20), evaluations) for evaluations in (1, 3, 8, 22, 23, 60)] == [
        1, 1, 6, 20, 20, 20]


def test_the_optimiser_is_counted_by_its_history() -> None:
    of_long = memory.of_the_optimiser(replace(GATYS, history=100, steps=500), 512 * 512)
    assert of_long == 4 * 3 * 512 * 512 * (200 + memory.VECTORS)
    assert memory.of_the_optimiser(replace(GATYS, history=100, steps=7), 512 * 512) < of_long / 5


_UNDER_A_LIMIT = """
import json, resource, sys
from dataclasses import replace
from pathlib import Path
import torch
from db.records import Image, Role
from stylizer.engines.protocol import Job, Noted
from stylizer.engines.worker import Worker
from stylizer.run_config import RunConfig
from stylizer.compute.tiling import WHOLE
from stylizer.network.weights import load_weights
from tests.stylizer.catalogued import catalogued
from tests.stylizer.minimising import SHALLOW
torch.set_num_threads(1)
weights = load_weights()
# One evaluation is all that the time allows; the optimiser has room for a hundred.
recipe = replace(SHALLOW, size=128, steps=200, history=100, scales=(1.0,))
config = RunConfig(recipe, "hash", 0, "weights", "cpu", time_budget_s=0.001, batch=8)
worker = Worker(config, weights)
image = lambda number: catalogued(number, Path(sys.argv[1]), Role.BOTH, 128, 128)
jobs = tuple(Job(number, image(number), image(9), 0) for number in range(8))
notes = []
hear = lambda event: notes.append(event.text) if isinstance(event, Noted) else None
list(worker.make(jobs[:1], hear))     # whatever the network keeps is there now
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 170 * 2**20, -1))
made = list(worker.make(jobs, hear))
print(json.dumps([[one.reason for one in made], [len(one.data or "") for one in made], notes]))
"""


@pytest.mark.timeout(300)
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS") or sys.platform != "linux", reason="a limit that Linux keeps")
def test_a_process_that_may_not_have_more_memory_makes_fewer_at_once(tmp_path: Path) -> None:
    path = tmp_path / "1.png"
    noise = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).resize((128, 128)).save(path)
    done = subprocess.run(
        [sys.executable, "-c", _UNDER_A_LIMIT, path], capture_output=True, text=True, timeout=280,
        cwd=Path(__file__).parents[3], check=False,
    )
    assert done.returncode == 0, done.stderr
    reasons, sizes, notes = json.loads(done.stdout)
    assert reasons == [None] * 8, notes
    assert min(sizes) > 0
    assert notes[0].endswith("4 pairs at a time")
