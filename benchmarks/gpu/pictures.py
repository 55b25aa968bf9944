"""Whole pictures: sixteen pairs together in every way, and the loop that any tutorial writes, one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from PIL import Image

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.subjects import pairs
from benchmarks.judge import Judge
from benchmarks.plain import PlainLoss, PlainNetwork, when_as_good
from stylizer.compute.precision import Precision
from stylizer.errors import Diverged
from stylizer.loss.meter import meter_for
from stylizer.optim import cuda_graphs
from stylizer.recipe.model import Recipe
from stylizer.recipe.presets import GATYS
from stylizer.recipe.quality import Quality, at_quality
from stylizer.transfer.transfer import Outcome, transfer

Row = dict[str, Any]


def whole(bench: Bench) -> Iterator[Row]:
    """Pictures at 512 px by precision, and with graphs or without."""
    draft = _recipe(bench, bench.recipe, Quality.DRAFT)
    bf16, tf32, fp32 = Precision.BF16, Precision.TF32, Precision.FP32
    every = [
        (bf16, "all", False), (bf16, "all", True), (tf32, "all", False), (tf32, "all", True), (bf16, "none", False),
        (fp32, "all", False),
    ] if bench.clock.is_gpu else [(fp32, "none", False)]
    side = bench.size(512)
    for across, down, ways in ((1, 2, every),) if bench.tiny else ((4, 4, every), (1, 1, every[:1])):
        for precision, graphed, tries in ways:
            yield made(bench, draft, precision, graphed, across, down, side, tries=tries)[0]
    if bench.clock.is_gpu:
        standard = _recipe(bench, bench.recipe, Quality.STANDARD)
        for precision in (bf16, tf32):
            yield made(bench, standard, precision, "all", 4, 4, side)[0]


def large(bench: Bench) -> Iterator[Row]:
    """One pair at 1024, 2048 and 4096 px, as a run makes it on this card; the pictures are saved to be looked at."""
    precision = Precision.BF16 if bench.clock.is_gpu else Precision.FP32
    for side in (48,) if bench.tiny else (1024, 2048, 4096):
        for quality in (Quality.DRAFT, Quality.STANDARD):
            row, (one,) = made(bench, _recipe(bench, bench.recipe, quality, side), precision, "all", 1, 1, side)
            yield row | {"quality": quality.value}
            if isinstance(one, Outcome):
                picture = Image.fromarray(one.pixels.permute(1, 2, 0).contiguous().numpy())
                picture.save(bench.out / f"large-{side}-{quality}.jpg", quality=93)


def made(
    bench: Bench, recipe: Recipe, precision: Precision, graphed: str, across: int, down: int, side: int,
    *, tries: bool = False,
) -> tuple[Row, list[Outcome | Diverged]]:
    """Makes the pairs together; the losses are those of the float32 network, as shares of the start."""
    network = bench.network(precision, recipe, tries=tries)
    meter = meter_for(recipe, bench.weights, bench.device)
    ready = pairs(network, recipe, across, down, side, meter)
    row: Row = {"evaluations": recipe.steps, "size": side, "pairs": len(ready), "precision": precision.value,
                "graphs": graphed, "tries": tries}
    cuda_graphs.Refused.reason = None
    outcomes: list[Outcome | Diverged] = []
    with _graphs(graphed):
        first_s, outcomes = bench.clock.wall_s(lambda: transfer(network, recipe, ready, meter=meter))
        seconds = first_s
        if bench.clock.is_gpu:      # again, with the libraries' choices made
            torch.cuda.reset_peak_memory_stats()
            seconds, outcomes = bench.clock.wall_s(lambda: transfer(network, recipe, ready, meter=meter))
            row["peak_gib"] = torch.cuda.max_memory_allocated() / 2**30
    good = [one for one in outcomes if isinstance(one, Outcome)]
    shares = [one.total_loss / one.start_loss for one in good]
    return row | {
        "s_per_pair": seconds / len(ready), "first_s": first_s, "failed": len(outcomes) - len(good),
        "mean_share": sum(shares) / len(shares), "refused": cuda_graphs.Refused.reason,
    }, outcomes


def plain(bench: Bench) -> Iterator[Row]:
    """When the bounded plain loop is as good as ours, pair by pair: the first of each row of the matrix."""
    if not bench.clock.is_gpu and not bench.tiny:
        return
    side, count = bench.size(512), 2 if bench.tiny else 4
    for quality in (Quality.DRAFT,) if bench.tiny else (Quality.DRAFT, Quality.STANDARD):
        recipe = _recipe(bench, GATYS, quality)
        precision = Precision.BF16 if bench.clock.is_gpu else Precision.FP32
        row, outcomes = made(bench, recipe, precision, "all", count, count, side)
        yield {"who": "ours", "quality": quality.value, **row}
        for tf32 in (False, True) if bench.clock.is_gpu and quality is Quality.DRAFT else (False,):
            yield from _plain(bench, recipe, outcomes, tf32, count, side, quality, row["s_per_pair"])


def _plain(
    bench: Bench, recipe: Recipe, outcomes: list[Outcome | Diverged], tf32: bool, count: int, side: int,
    quality: Quality, ours_s: float,
) -> Iterator[Row]:
    network = PlainNetwork(bench.weights, frozenset(recipe.layers), bench.device)
    exact = bench.network(Precision.FP32, recipe)
    ready = pairs(exact, replace(recipe, scales=(1.0,)), count, count, side)
    steps = 2 if bench.tiny else 400
    for place in (0,) if bench.tiny else (0, count + 1):
        pair = ready[place]
        network.tf32 = tf32
        loop = PlainLoss(network, pair.content.pixels, pair.style.pixels)
        judge, ours = Judge(pair.content.pixels, pair.style.pixels), outcomes[place]
        if isinstance(ours, Diverged):
            continue
        share = judge.share(ours.pixels[None].float().to(bench.device))
        (reached,) = when_as_good(loop, judge, pair.content.pixels, [share], steps)
        yield {"who": "plain", "quality": quality.value, "tf32_convolutions": tf32, "pair": place,
               "share": share,
               "reached": reached.done, "seconds": reached.seconds, "evaluations": reached.evaluations,
               "times_ours": reached.seconds / ours_s}


def _recipe(bench: Bench, recipe: Recipe, quality: Quality, side: int = 512) -> Recipe:
    side = bench.size(side)
    found = at_quality(replace(recipe, size=side), quality, side)
    return replace(found, steps=2, scales=(1.0,)) if bench.tiny else found


@contextmanager
def _graphs(which: str) -> Iterator[None]:
    before = cuda_graphs.MOST_PIXELS
    cuda_graphs.MOST_PIXELS = {"none": 0, "all": before}[which]
    try:
        yield
    finally:
        cuda_graphs.MOST_PIXELS = before
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
