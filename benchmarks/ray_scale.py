"""What a cluster leaves of its workers' time: `python -m benchmarks.ray_scale` prints the figures as JSON.

Workers do nothing for a tenth of a second a pair, which is less than any picture takes.

- `simulated`: 200 workers that are clocks (benchmarks/simulated_ray.py) under the real pool, scheduler and images.
- `real`: as many real actors of Ray as this machine holds, on nodes of `ray.cluster_utils`, each in its processes.
- `catalog`: files and rows of pictures that cost nothing, one by one as they arrive: what one driver can keep.

In the first two a tenth of the nodes is killed on the way. Busy is the share of the workers' lives (from their start to
their death or the end) that went into pairs, what was lost with a node not counted.
"""

import argparse
import io
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from benchmarks.hundred_thousand import wall_library
from benchmarks.idle_worker import SECONDS, IdleWorker
from benchmarks.simulated_ray import SimulatedRay
from console.transfer_options import RecipeOptions
from db.library import Library, open_library
from db.records import Role
from stylizer.batch import run_plan
from stylizer.engines.protocol import Batch, Job, Made, Tell, most_together, shared_out
from stylizer.engines.ray_engine import RayEngine
from stylizer.engines.ray_pool import WorkerPool
from stylizer.engines.scheduler import Scheduler
from stylizer.missing import find_missing
from stylizer.order import Order
from stylizer.pairs import pair_seed
from stylizer.plan import Plan, plan_of
from stylizer.run_config import RunConfig

THREADS = 16            # of a node, as its batches are sized
SLACK_S = 5.0           # a worker that has not answered for so long before the end is dead
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run what is asked for, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["simulated", "real", "catalog"])
    parser.add_argument("--contents", type=int, default=1_000)
    parser.add_argument("--styles", type=int, default=100)
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--batch", type=int, help="Pairs of a batch.  [default: what a node of 16 threads takes]")
    parser.add_argument("--order", type=Order, default=Order.SPREAD)
    parser.add_argument("--nodes", type=int, default=10, help="Real ones.")
    parser.add_argument("--actors", type=int, default=4, help="Of each real node.")
    parser.add_argument("--pairs", type=int, default=20_000, help="For the real ones.")
    options = parser.parse_args()
    if "real" in options.what and "RAY_AUTH_TOKEN" not in os.environ:   # Ray reads that when it is loaded, above
        environment = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "PYTHONPATH": str(ROOT),
                       "RAY_USAGE_STATS_ENABLED": "0"}
        os.execve(sys.executable, sys.orig_argv, os.environ | environment)
    figures: dict[str, Any] = {}
    for what in options.what:
        figures[what] = globals()[what](options)
        print(json.dumps({what: figures[what]}, indent=2), flush=True)


def simulated(options: argparse.Namespace) -> dict[str, Any]:
    """The real engine on machines that are not there."""
    cluster = SimulatedRay(options.workers)
    with _plan(options) as (_, plan):
        total = len(plan.pairs)
        most = options.batch or shared_out(most_together("cpu", THREADS), total, options.workers)

        def run(config: RunConfig, batches: Iterable[Batch], tell: Tell) -> Generator[Made, None, None]:
            pool = WorkerPool(cluster, config, None, use_gpus=False, actor=IdleWorker)  # type: ignore[arg-type]
            try:
                yield from pool.work(Scheduler(batches), tell)
            finally:
                pool.shut_down()

        found = _watched(plan, most, run, options.workers // 10, cluster.kill_node)
    began, ended = found.pop("began"), found.pop("ended")
    del found["killed_at"]
    return found | {
        "workers": options.workers, "busy": round(cluster.busy(total, began, ended), 4),
        "most_objects_in_flight": cluster.most_refs, "images": options.contents + options.styles,
    }


def real(options: argparse.Namespace) -> dict[str, Any]:
    """The real engine on real actors."""
    from ray.cluster_utils import Cluster

    workers = options.nodes * options.actors
    node = {"num_cpus": options.actors, "num_gpus": options.actors, "object_store_memory": 150_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False,
                                                            "object_store_memory": 500_000_000})
    nodes = [cluster.add_node(**node) for _ in range(options.nodes)]
    engine = RayEngine(None, cluster.address, actor=IdleWorker)
    try:
        with _plan(options, options.pairs) as (_, plan):
            most = options.batch or shared_out(most_together("cpu", THREADS), len(plan.pairs), workers)
            found = _watched(plan, most, engine.run, max(1, options.nodes // 10),
                             lambda: cluster.remove_node(nodes.pop(), allow_graceful=False))
    finally:
        cluster.shutdown()
    ended, killed_at, workers_seen = found.pop("ended"), found.pop("killed_at"), found.pop("workers")
    lives = 0.0
    for born, last in workers_seen.values():
        death = next((at for at in killed_at if at > last - SLACK_S), ended) if last < ended - SLACK_S else ended
        lives += max(death, last) - born
    first = min(born for born, _ in workers_seen.values())
    return found | {
        "workers": len(workers_seen), "busy": round(found["pairs"] * SECONDS / lives, 4),
        "started_in_s": round(max(born for born, _ in workers_seen.values()) - found.pop("began"), 1),
        "first_to_last_s": round(ended - first, 1),
    }


def catalog(options: argparse.Namespace) -> dict[str, Any]:
    """Pictures that cost nothing, kept as they come: what a driver takes for each beside the making."""
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    found = {}
    for side in (256, 512, 1024):
        drawn = Pillow.fromarray(noise).resize((side, side * 3 // 4), Pillow.Resampling.BICUBIC)
        pixels = np.asarray(drawn).astype(np.int16) + generator.integers(-9, 9, (*drawn.size[::-1], 3))
        engine = _Instant(Pillow.fromarray(pixels.clip(0, 255).astype(np.uint8)))
        with tempfile.TemporaryDirectory() as folder, _plan(options, 200, Path(folder)) as (library, plan):
            began = time.monotonic()
            report = run_plan(library, plan, lambda event: None, engine)
            seconds = time.monotonic() - began - engine.drawing_s
        found[f"{side} px"] = {"pictures": report.done, "a_second": round(report.done / seconds, 1)}
    return found


def _watched(
    plan: Plan, most: int, run: Callable[[RunConfig, Iterable[Batch], Tell], Generator[Made, None, None]],
    deaths: int, kill: Callable[[], Any],
) -> dict[str, Any]:
    """Every pair once, while nodes are killed at even distances; of each worker its birth and its last answer."""
    total = len(plan.pairs)
    seen = bytearray(total)
    killed_at: list[float] = []
    workers: dict[int, tuple[float, float]] = {}
    batches = (tuple(_job(plan, number) for number in numbers) for numbers in plan.batches(most))
    began_cpu, began = time.process_time(), time.monotonic()
    for count, made in enumerate(run(plan.config, batches, lambda event: None), start=1):
        if seen[made.number]:
            raise SystemExit(f"pair {made.number} twice")
        seen[made.number] = True
        if made.details:
            workers[made.details["worker"]] = made.details["born"], time.monotonic()
        if count * (deaths + 1) // total > len(killed_at) and len(killed_at) < deaths:
            kill()
            killed_at.append(time.monotonic())
    ended = time.monotonic()
    if not all(seen):
        raise SystemExit(f"{seen.count(0)} pairs were never made")
    return {
        "pairs": total, "each_once": True, "batch": most, "nodes_killed": len(killed_at), "killed_at": killed_at,
        "seconds": round(ended - began, 1), "pairs_a_second": round(total / (ended - began), 1),
        "driver_cpu_share": round((time.process_time() - began_cpu) / (ended - began), 3),
        "driver_peak_mb": _peak_mb(), "began": began, "ended": ended, "workers": workers,
    }


def _job(plan: Plan, number: int) -> Job:
    content, style = plan.pairs[number]
    return Job(number, content, style, pair_seed(0, content, style))


class _Instant:
    """An engine whose pictures are there at once, each of other bytes."""

    def __init__(self, picture: Pillow.Image) -> None:
        self._picture = picture
        self.drawing_s = 0.0

    def most_together(self, config: RunConfig, jobs: int) -> int:
        return THREADS

    def run(self, config: RunConfig, batches: Iterable[Batch], tell: Tell) -> Generator[Made, None, None]:
        for batch in batches:
            for job in batch:
                began = time.monotonic()
                self._picture.putpixel((job.number % self._picture.width, 0), (job.number % 251, 2, 3))
                held = io.BytesIO()
                self._picture.save(held, "PNG")
                self.drawing_s += time.monotonic() - began
                yield Made(job.number, held.getvalue(), None, {"trace": [1.0] * 170}, SECONDS)


@contextmanager
def _plan(
    options: argparse.Namespace, limit: int | None = None, folder: Path | None = None
) -> Iterator[tuple[Library, Plan]]:
    """The wall of small files, or a copy of it in a folder, and its plan."""
    root = wall_library(options.contents, options.styles, results=0)
    if folder is not None:
        root = Path(shutil.copytree(root, folder / "library"))
    with open_library(root, create=False) as library:
        recipe = RecipeOptions().resolve()
        contents, styles = (library.images.find(role) for role in (Role.CONTENT, Role.STYLE))
        missing = find_missing(library, contents, styles, recipe, limit=limit, order=options.order)
        yield library, plan_of(library, missing)


def _peak_mb() -> int:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) // 1024


if __name__ == "__main__":
    main()
