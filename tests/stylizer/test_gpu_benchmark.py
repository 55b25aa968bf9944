"""`benchmarks.gpu` where there is no GPU: all of it runs, and a section that fails does not end the others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import __main__ as gpu
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.floor import floor_of
from stylizer.compute.precision import Precision
from stylizer.network.kernels import Kernels
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.presets import GATYS


def test_every_section_runs_on_a_cpu_and_leaves_its_rows(tmp_path: Path) -> None:
    without = "whole,sizes"     # more of what others measure
    assert gpu.main(["--device", "cpu", "--tiny", "--without", without, "-o", str(tmp_path)]) == 0
    answer = json.loads((tmp_path / "gpu.json").read_text())
    sections = answer["sections"]
    assert list(sections) == [name for name in gpu.SECTIONS if name not in without.split(",")]
    for name, section in sections.items():
        rows = section["rows"]
        assert not [row for row in rows if "error" in row], name
        assert rows or name in ("most", "compiled")     # which a CPU has no use for
    assert all(row["loss"] < 1e-3 and row["gradient"] < 1e-3 for row in sections["correctness"]["rows"])
    assert sections["wall"]["rows"][0]["pairs"] == 2
    assert sections["wall"]["rows"][0]["failed"] == 0
    assert (tmp_path / "looks.png").stat().st_size > 1000
    assert "## wall" in (tmp_path / "gpu.md").read_text()


def test_a_section_that_fails_is_told_and_the_next_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(bench: Bench) -> Iterator[dict[str, Any]]:
        yield {"what": "first"}
        raise RuntimeError("no kernel image is available")

    monkeypatch.setattr(gpu, "SECTIONS", {"ways": breaks, "sizes": lambda bench: iter([{"what": "second"}])})
    assert gpu.main(["--device", "cpu", "--tiny", "--only", "ways,sizes", "-o", str(tmp_path)]) == 1
    sections = json.loads((tmp_path / "gpu.json").read_text())["sections"]
    assert sections["ways"]["rows"] == [{"what": "first"}]
    assert "no kernel image" in sections["ways"]["error"]
    assert sections["sizes"]["rows"] == [{"what": "second"}]
    assert gpu.main(["--device", "cpu", "--tiny", "--only", "sizes", "--limit-s", "-1", "-o", str(tmp_path)]) == 0
    assert "left_out" in json.loads((tmp_path / "gpu.json").read_text())["sections"]["sizes"]


def test_the_floor_counts_what_a_networks_own_convolutions_count(weights: Weights) -> None:
    """VGG19 up to conv5_1 at 512 px: 189 GFLOP there and as many back, and 18 for Gram matrices and their gradients."""
    plain = floor_of(Network(weights, GATYS.layers), GATYS, 512, 512)
    assert plain.operations == pytest.approx(397e9, rel=0.01)
    fused = Network(weights, GATYS.layers, precision=Precision.BF16, kernels=Kernels(channels_last=True, fused=True))
    assert floor_of(fused, GATYS, 512, 512) == plain
    assert floor_of(fused, GATYS, 256, 256).operations == pytest.approx(plain.operations / 4)
