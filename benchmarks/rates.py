"""How fast this machine is at the parts of a transfer, and how near an evaluation comes to its matrix products."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.plain import read
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.bundled import load_bundled
from stylizer.network.vgg import Network
from stylizer.network.winograd import WinogradConv2d
from stylizer.optim.thread_pool import thread_pool
from stylizer.pictures.encode import encode
from stylizer.recipe.formats import Format
from stylizer.recipe.presets import GATYS

_SIDE = 2048


def rates(content: Path, style: Path, repeats: int = 5) -> dict[str, Any]:
    """Seconds (the least of the repeats) and FLOP/s for images of a size, as plain JSON values.

    `nominal` counts every convolution as a direct one does, there and back; `done` counts the products that are made.
    """
    weights_s, weights = _least(load_bundled, 1)      # not `load_weights`, which shares what is in memory already
    network = Network(weights, GATYS.layers, edge=GATYS.edge)
    decode_s, (pixels, painted) = _least(lambda: [read(path) for path in (content, style)], repeats)
    encode_s, target = _least(lambda: content_target(network, GATYS, pixels), repeats)
    pair = Pair(target, style_target(network, GATYS, painted))
    save_s, _ = _least(lambda: encode(pixels[0], Format.PNG, quality=GATYS.file_quality), repeats)
    side_by_side = torch.get_num_threads()
    objectives = [Objective(network, GATYS, [pair]) for _ in range(side_by_side)]
    with thread_pool(side_by_side) as each:
        evaluation_s, _ = _least(lambda: each(lambda one: one.with_gradient(pixels), objectives), repeats)
    evaluation_s /= side_by_side
    with FlopCounterMode(display=False) as counter:
        objectives[0].with_gradient(pixels)
    done, nominal = counter.get_total_flops(), _nominal(network, *pixels.shape[-2:])
    peak = matrix_rate(repeats)
    return {
        "size": max(pixels.shape[-2:]), "shape": list(pixels.shape[-2:]),
        "weights_s": weights_s, "decode_s": decode_s / 2,
        "encode_s": encode_s, "save_s": save_s, "evaluation_s": evaluation_s, "pairs_side_by_side": side_by_side,
        "matrix_products_gflops": peak / 1e9, "done_gflops": done / evaluation_s / 1e9,
        "done_of_peak": done / evaluation_s / peak, "nominal_gflops": nominal / evaluation_s / 1e9,
        "nominal_of_peak": nominal / evaluation_s / peak,
    }


def matrix_rate(repeats: int) -> float:
    """FLOP/s of products of large square matrices on all threads."""
    left, right = torch.randn(2, _SIDE, _SIDE)
    seconds, _ = _least(lambda: left @ right, repeats)
    return 2 * _SIDE**3 / seconds


def _nominal(network: Network, height: int, width: int) -> float:
    """The operations of one evaluation with direct convolutions: each there and back, each Gram matrix, too."""
    total, stride, channels = 0.0, 1, 0
    for name, module in network._modules:
        positions = math.prod(-(-side // stride) for side in (height, width))
        if isinstance(module, nn.Conv2d | WinogradConv2d):
            direct = module.direct if isinstance(module, WinogradConv2d) else module
            total += 2 * 2 * direct.weight.numel() * positions
            channels = direct.out_channels
        elif name.startswith("pool"):
            stride *= 2
        if name in dict(GATYS.style_layers):
            total += 2 * 2 * channels**2 * positions
    return total


def _least(do: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """The shortest time of several, after one that does not count; and what came of it."""
    made = do()
    times = []
    for _ in range(repeats):
        began = time.monotonic()
        made = do()
        times.append(time.monotonic() - began)
    return min(times), made
