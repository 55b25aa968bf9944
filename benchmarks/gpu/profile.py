"""Where the time of an evaluation with its step goes: the kernels of the device by their time."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.subjects import pairs
from stylizer.compute.precision import Precision
from stylizer.loss.objective import Objective
from stylizer.transfer.optimization import _optimizer

_TOP = 28


def profiled(bench: Bench) -> Iterator[dict[str, Any]]:
    """Each of the faster precisions at 512 px, eight pairs, evaluation and step apart."""
    for precision in bench.precisions[1:][::-1] or bench.precisions:
        side, batch = bench.size(512), 2 if bench.tiny else 8
        network = bench.network(precision)
        (pair,) = pairs(network, replace(bench.recipe, scales=(1.0,)), 1, 1, side)
        objective = Objective(network, bench.recipe, [pair] * batch)
        pixels = pair.content.pixels.expand(batch, -1, -1, -1) * 0.97 + 3
        loss, gradient = objective.with_gradient(pixels)
        optimizer = _optimizer(replace(bench.recipe, history=20), pixels, 50, is_upsampled=False,
                               matrix_units=precision is not Precision.FP32)
        flat = gradient.flatten(1)
        optimizer.tell(loss, flat)
        for what, do in (("evaluation", partial(objective.with_gradient, pixels)),
                         ("step", partial(optimizer.tell, loss, flat))):
            do()
            bench.clock.wait()
            yield {"precision": precision.value, "what": what, "size": side, "batch": batch, **_kernels(bench, do)}


def _kernels(bench: Bench, do: Any) -> dict[str, Any]:
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if bench.clock.is_gpu else [])
    with profile(activities=activities) as seen:
        do()
        bench.clock.wait()
    found: dict[str, list[float]] = {}
    for event in seen.events():
        is_kernel = event.device_type == torch.autograd.DeviceType.CUDA
        if is_kernel or not bench.clock.is_gpu:
            us = event.self_device_time_total if is_kernel else event.self_cpu_time_total
            entry = found.setdefault(event.name[:120], [0.0, 0])
            entry[0] += us / 1e3
            entry[1] += 1
    top = sorted(found.items(), key=lambda item: -item[1][0])
    return {
        "kernels_ms": sum(ms for _, (ms, _) in top), "launches": int(sum(count for _, (_, count) in top)),
        "top": [{"ms": round(ms, 4), "calls": int(count), "kernel": name} for name, (ms, count) in top[:_TOP]],
    }
