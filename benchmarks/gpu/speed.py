"""Seconds of one evaluation and pair by kernels, precision, batch and size; what it is of the floor; its memory."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.floor import floor_of
from benchmarks.gpu.subjects import pairs
from stylizer.compute.memory import is_exhausted
from stylizer.compute.precision import Precision
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair
from stylizer.network.kernels import PLAIN, Kernels, kernels_for
from stylizer.network.vgg import Network
from stylizer.transfer.optimization import _optimizer

Row = dict[str, Any]
_LAST = Kernels(channels_last=True)
_FUSED = Kernels(channels_last=True, fused=True)
_WAYS = [       # and whether cuDNN tries its own
    (Precision.BF16, _FUSED, False),
    (Precision.BF16, _FUSED, True),
    (Precision.TF32, replace(_FUSED, matrix_units=True), False),
    (Precision.TF32, replace(_FUSED, matrix_units=True), True),
    (Precision.TF32, _FUSED, True),
    (Precision.FP32, Kernels(fused=True), False),
    (Precision.FP32, Kernels(fused=True), True),
    (Precision.FP32, _LAST, True),
    (Precision.BF16, _LAST, True),
    (Precision.BF16, PLAIN, True),
    (Precision.TF32, _LAST, True),
    (Precision.TF32, PLAIN, True),
    (Precision.FP32, PLAIN, True),
]


def ways(bench: Bench) -> Iterator[Row]:
    """Every precision with every kind of kernels, at 512 px, eight pairs together."""
    side, batch = bench.size(512), 2 if bench.tiny else 8
    for precision, kernels, tries in _WAYS[-4:] if bench.tiny else _WAYS:
        if precision in bench.precisions:
            yield evaluated(bench, precision, kernels, side, batch, tries=tries)


def sizes(bench: Bench) -> Iterator[Row]:
    """The best kernels of each precision at each size, one pair and more."""
    for side, batches in ((256, (1, 4, 16, 64)), (512, (1, 4, 16)), (1024, (1, 4, 16))):
        for batch in (2,) if bench.tiny else batches:
            for precision in bench.precisions[::-1]:
                if precision is Precision.FP32 and batch * side**2 > 4 * 512**2:
                    continue        # takes too long to be of interest
                yield evaluated(bench, precision, None, bench.size(side), batch)
        if bench.tiny:
            return


def most(bench: Bench) -> Iterator[Row]:
    """Twice as many pairs again and again, to the end of memory."""
    batch = 32
    while bench.clock.is_gpu and batch <= 256:
        row = evaluated(bench, Precision.BF16, None, 512, batch)
        yield row
        if "error" in row:
            return
        batch *= 2


def evaluated(
    bench: Bench, precision: Precision, kernels: Kernels | None, side: int, batch: int, *, tries: bool = True
) -> Row:
    """One evaluation of so many pairs, and the optimiser's step after it."""
    kernels = kernels or kernels_for(bench.device, precision)
    row: Row = {"precision": precision.value, "kernels": _in_words(kernels), "tries": tries, "size": side,
                "batch": batch}
    try:
        network = bench.network(precision, kernels=kernels, tries=tries)
        (pair,) = pairs(network, replace(bench.recipe, scales=(1.0,)), 1, 1, side)
        row |= _timed(bench, network, pair, batch)
    except Exception as error:  # noqa: BLE001 - one row less, told
        if bench.clock.is_gpu:
            torch.cuda.empty_cache()
        if not is_exhausted(error):
            return row | {"error": repr(error)[:300]}
        return row | {"error": "out of memory"}
    return row


def _timed(bench: Bench, network: Network, pair: Pair, batch: int) -> Row:
    clock = bench.clock
    height, width = pair.content.pixels.shape[-2:]
    objective = Objective(network, bench.recipe, [pair] * batch)
    pixels = pair.content.pixels.expand(batch, -1, -1, -1) * 0.97 + 3
    first_s, (loss, gradient) = clock.wall_s(lambda: objective.with_gradient(pixels))
    seconds = clock.median_s(lambda: objective.with_gradient(pixels)) / batch
    peak = clock.peak_gib(lambda: objective.with_gradient(pixels))
    optimizer = _optimizer(replace(bench.recipe, history=20), pixels, 50, is_upsampled=False,
                           matrix_units=network.precision is not Precision.FP32)
    flat = gradient.flatten(1)
    step_s = clock.median_s(lambda: optimizer.tell(loss, flat), warm_up=4) / batch
    floor = floor_of(network, bench.recipe, height, width)
    rate = floor.operations / seconds
    width_bytes = 2 if network.precision is Precision.BF16 else 4
    ceiling = bench.ceilings[network.precision.value]
    return {
        "ms_per_pair": 1e3 * seconds, "step_ms_per_pair": 1e3 * step_s, "first_s": first_s, "peak_gib": peak,
        "tflops": rate / 1e12, "of_ceiling": rate / ceiling,
        "floor_ms": 1e3 * max(floor.operations / ceiling, floor.moved * width_bytes / bench.ceilings["bytes"]),
    }


def compiled(bench: Bench) -> Iterator[Row]:
    """The network through PyTorch's compiler, which fuses what lies between convolutions."""
    if not bench.clock.is_gpu:
        return
    for precision in (Precision.BF16, Precision.TF32):
        network = bench.network(precision, kernels=_LAST)
        (pair,) = pairs(network, replace(bench.recipe, scales=(1.0,)), 1, 1, 512)
        network._through = torch.compile(network._through, dynamic=False)    # type: ignore[method-assign]
        yield {"precision": precision.value, "kernels": "compiled", "size": 512, "batch": 8,
               **_timed(bench, network, pair, 8)}


def _in_words(kernels: Kernels) -> str:
    said = [name for name, on in vars(kernels).items() if on]
    return " ".join(said) or "plain"
