"""A wall from files to files: decoding, pictures, PNGs and the catalog, as `stylize --all` does it."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.subjects import content, style
from db.importing.add import add_images
from db.library import Library, open_library
from db.records import ResultStatus, Role
from stylizer import batch
from stylizer.compute.device import Device
from stylizer.compute.precision import Precision
from stylizer.engines import local, worker
from stylizer.plan import make_plan
from stylizer.recipe.quality import Quality, at_quality

Row = dict[str, Any]
WANTED = 1000


def wall(bench: Bench) -> Iterator[Row]:
    """As many photographs as paintings at 512 px, draft, with overlap and a part of them without."""
    contents, styles = (2, 1) if bench.tiny else (10, 16)
    yield _walled(bench, contents, styles, overlap=True)
    if bench.clock.is_gpu:
        yield _walled(bench, 4, 8, overlap=False)


def _walled(bench: Bench, contents: int, styles: int, *, overlap: bool) -> Row:
    side = bench.size(512)
    recipe = at_quality(replace(bench.recipe, size=side), Quality.DRAFT, side)
    if bench.tiny:
        recipe = replace(recipe, steps=2, scales=(1.0,))
    overlapping = local.overlaps
    with tempfile.TemporaryDirectory() as folder, open_library(Path(folder) / "library") as library:
        _fill(library, Path(folder), contents, styles, side)
        precision = Precision.BF16 if bench.clock.is_gpu else Precision.FP32
        began = time.monotonic()
        plan = make_plan(library, library.images.find(Role.CONTENT), library.images.find(Role.STYLE), recipe,
                         device=Device(bench.device), precision=precision)
        planned_s = time.monotonic() - began
        ends: list[float] = []

        def hear(event: batch.Event) -> None:
            if isinstance(event, batch.PairEnded):
                ends.append(time.monotonic() - began)

        local.overlaps = lambda device: overlap     # type: ignore[assignment]
        try:
            with _timed() as parts:
                report = batch.run_plan(library, plan, hear)
        finally:
            local.overlaps = overlapping
        seconds = time.monotonic() - began
        failed = [result.record.reason for result in library.results.find(ResultStatus.FAILED)]
    half = len(ends) // 2
    steady = (len(ends) - half) / (ends[-1] - ends[half - 1]) if half else len(ends) / seconds
    return {
        "parts_s": {name: round(sum(times), 3) for name, times in parts.items()},
        "transfers_s": [round(one, 2) for one in parts["transfer"]],
        "overlap": overlap, "pairs": report.done, "failed": report.failed, "reasons": failed[:2],
        "planned_s": planned_s,
        "first_picture_s": ends[0] if ends else None, "seconds": seconds, "pairs_per_s": report.done / seconds,
        "steady_pairs_per_s": steady, "thousand_s": seconds + (WANTED - report.done) / steady,
    }


@contextmanager
def _timed() -> Iterator[dict[str, list[float]]]:
    """How long each part took each time, waits for the interpreter included: where a run that is slow has its time."""
    watched: dict[str, tuple[Any, str]] = {
        "transfer": (worker, "transfer"), "encode_images": (worker.Worker, "_encode"),
        "file": (worker, "encode"), "keep": (batch, "_keep"),
    }
    times: dict[str, list[float]] = {name: [] for name in watched}
    originals = {name: getattr(*where) for name, where in watched.items()}

    def watch(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.monotonic()
            try:
                return originals[name](*args, **kwargs)
            finally:
                times[name].append(time.monotonic() - began)
        return call

    try:
        for name, where in watched.items():
            setattr(*where, watch(name))
        yield times
    finally:
        for name, where in watched.items():
            setattr(*where, originals[name])


def _fill(library: Library, folder: Path, contents: int, styles: int, side: int) -> None:
    for number in range(contents):
        height = side * 3 // 4 // 16 * 16 if number % 2 else side       # two shapes
        _add(library, folder / f"content-{number}.jpg", content(number, side, height), Role.CONTENT)
    for number in range(styles):
        _add(library, folder / f"style-{number}.jpg", style(number, side), Role.STYLE)


def _add(library: Library, path: Path, picture: Any, role: Role) -> None:
    picture.save(path, quality=92)
    for _ in add_images(library, [path], role):
        pass
