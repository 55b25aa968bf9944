"""What is said of the machine, and what may be gone on with where."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from db.records import Image, Role
from stylizer.compute.device import Processor, processor
from stylizer.compute.memory import MemoryLimits
from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.engines.protocol import Job
from stylizer.engines.worker import Worker
from stylizer.network.vgg import Weights
from stylizer.run_config import RunConfig
from tests.stylizer.minimising import SHALLOW

IMAGE = Image(1, "a" * 64, Path("a.png"), Role.BOTH, 640, 480)


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    return RunConfig(SHALLOW, "hash", 0, "weights", "cpu", checkpoints=tmp_path)


def test_a_processor_is_told_by_its_name_and_what_torch_uses_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = processor("cpu")
    assert here.name.strip()
    assert here.instructions == torch.backends.cpu.get_cpu_capability()
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "NVIDIA H200")
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda: (9, 0))
    assert str(processor("cuda")) == "NVIDIA H200, compute capability 9.0"


@pytest.mark.parametrize(("tiling", "learned", "tiles"), [
    (WHOLE, None, {"side_px": None, "memory_bytes": None}),
    (Tiling(64), None, {"side_px": 64, "memory_bytes": None}),
    (Tiling(memory_bytes=10**12), None, {"side_px": None, "memory_bytes": 10**12}),
    (Tiling(memory_bytes=10**12), 128, {"side_px": 128, "memory_bytes": None}),     # where memory ran out
], ids=str)
def test_tiles_are_told_as_the_network_sees_them(
    weights: Weights, config: RunConfig, tiling: Tiling, learned: int | None, tiles: dict[str, int | None]
) -> None:
    worker = Worker(replace(config, tiling=tiling), weights)
    assert worker._seen(IMAGE, MemoryLimits(4, 10, learned)) == {"tiles": tiles}


def test_a_picture_larger_than_memory_says_the_side_of_its_tiles(weights: Weights, config: RunConfig) -> None:
    worker = Worker(replace(config, tiling=Tiling(memory_bytes=10**6)), weights)
    seen = worker._seen(replace(IMAGE, width=48, height=40), MemoryLimits(1, 10))["tiles"]
    assert seen == {"side_px": worker._network.tile_px(40, 48), "memory_bytes": 10**6}
    assert 32 <= seen["side_px"] <= 48


def test_what_was_begun_goes_on_with_the_same_tiles_and_processor_alone(
    weights: Weights, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(tiling: Tiling, learned: int | None = None) -> Path:
        checkpoint = Worker(replace(config, tiling=tiling), weights)._checkpoint(
            [Job(0, IMAGE, IMAGE, 0)], MemoryLimits(1, 10, learned))
        assert checkpoint is not None
        return checkpoint.path

    same = kept(Tiling(64))
    assert same == kept(Tiling(64))
    others = {kept(WHOLE), kept(Tiling(96)), kept(Tiling(memory_bytes=10**9))}
    monkeypatch.setattr("stylizer.compute.device.processor", lambda _: Processor("another", "AVX2"))
    others.add(kept(Tiling(64)))
    assert len(others | {same}) == 5
