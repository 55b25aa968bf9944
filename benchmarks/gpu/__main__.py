"""The program on a GPU, measured in one short run: is it right, how fast, where does the time go.

    python -m benchmarks.gpu [-o FOLDER] [--only SECTION,...] [--without SECTION,...] [--limit-s 420]

Sections, in this order: whole (sixteen pictures in every way), ways (one evaluation by kernels and precision), profile,
correctness (losses and gradients against the CPU in float32), plain (the loop of any tutorial), wall (files to files),
looks (pictures beside the CPU's), large (one pair to 4096 px), sizes, most (to the end of memory), compiled (PyTorch's
compiler). One that fails leaves its traceback in the answer; one that would begin after `--limit-s` is left out, and
said so. Writes gpu.json after every row, looks.png, the large pictures, and at the end gpu.md.

`--device cpu --tiny` runs all of it in seconds, to see that it runs.
"""

import argparse
import json
import platform
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.bench import Bench, recipe_named
from benchmarks.gpu.clock import Clock, ceilings
from benchmarks.gpu.correctness import correctness, looks
from benchmarks.gpu.floor import floor_of
from benchmarks.gpu.pictures import large, plain, whole
from benchmarks.gpu.profile import profiled
from benchmarks.gpu.speed import compiled, most, sizes, ways
from benchmarks.gpu.tables import tables
from benchmarks.gpu.wall import wall
from stylizer.compute.precision import Precision
from stylizer.network.weights import load_weights

Row = dict[str, Any]
SECTIONS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "whole": whole, "ways": ways, "profile": profiled, "correctness": correctness, "plain": plain, "wall": wall,
    "looks": looks, "large": large, "sizes": sizes, "most": most, "compiled": compiled,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the sections; 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--recipe", default="gatys")
    parser.add_argument("--only", default="", metavar="SECTION,...")
    parser.add_argument("--without", default="", metavar="SECTION,...")
    parser.add_argument("--limit-s", type=float, default=420.0)
    parser.add_argument("-o", "--out", type=Path, default=Path("build/bench"))
    asked = parser.parse_args(arguments)
    wanted = [name for name in asked.only.split(",") if name] or list(SECTIONS)
    wanted = [name for name in wanted if name not in asked.without.split(",")]
    if unknown := set(wanted) - set(SECTIONS):
        parser.error(f"no section {', '.join(unknown)}: there is {', '.join(SECTIONS)}")
    asked.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    bench = Bench(Clock(asked.device), load_weights(), asked.out, recipe_named(asked.recipe), asked.tiny)
    bench.ceilings = ceilings(bench.clock, 256 if asked.tiny else 8192)
    answer: Row = {"machine": _machine(bench), "sections": {}}
    print(json.dumps(answer["machine"]), flush=True)

    def save() -> None:
        (asked.out / "gpu.json").write_text(json.dumps(answer, indent=1))

    for name in wanted:
        if time.monotonic() - began > asked.limit_s:
            answer["sections"][name] = {"left_out": "no time left"}
        else:
            answer["sections"][name] = section = {"rows": []}
            _run(bench, name, section, save)
        save()
    (asked.out / "gpu.md").write_text(tables(answer))
    return int(any("error" in section for section in answer["sections"].values()))


def _run(bench: Bench, name: str, section: Row, save: Callable[[], None]) -> None:
    """One section, whatever becomes of it."""
    began = time.monotonic()
    try:
        for row in SECTIONS[name](bench):
            section["rows"].append(row)
            save()
            short = {key: value for key, value in row.items() if key != "top"}
            print(f"{time.monotonic() - began:6.1f} {name} {json.dumps(short)}", flush=True)
    except Exception:  # noqa: BLE001 - the others go on, and this one is told
        section["error"] = traceback.format_exc()
        print(section["error"], flush=True)
    section["seconds"] = time.monotonic() - began
    if bench.clock.is_gpu:
        torch.cuda.empty_cache()


def _machine(bench: Bench) -> Row:
    told: Row = {
        "python": platform.python_version(), "torch": torch.__version__, "threads": torch.get_num_threads(),
        "recipe": bench.recipe.name, "ceilings": bench.ceilings,
    }
    for side in (256, 512, 1024):
        floor = floor_of(bench.network(Precision.FP32, device="cpu"), bench.recipe, side, side)
        told[f"floor_{side}"] = {"gflop": floor.operations / 1e9, "gb_in_bf16": 2 * floor.moved / 1e9}
    if bench.clock.is_gpu:
        properties = torch.cuda.get_device_properties(0)
        told |= {
            "device": properties.name, "memory_gib": properties.total_memory / 2**30,
            "multiprocessors": properties.multi_processor_count, "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
        }
    return told


if __name__ == "__main__":
    raise SystemExit(main())
