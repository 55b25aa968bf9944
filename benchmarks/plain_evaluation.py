"""How long a plain evaluation takes at the moment: the loss of `gatys` and its gradient by `benchmarks.plain`.

    python -m benchmarks.plain_evaluation CONTENT STYLE [--steps N]

prints as JSON its seconds by the clock with all threads, and those of a processor with one: the fastest of some. With
`--steps` the same two of so many steps of the plain loop, with all threads. A process of its own, for this program asks
for memory and threads in another way than a plain one.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.plain import PlainLoss, PlainNetwork, plain_loop, read
from benchmarks.processes import be_a_peer
from stylizer.network.weights import load_weights
from stylizer.recipe.presets import GATYS

_REPEATS = 3
_Seconds = tuple[float, float]      # by the clock, and of processors


def main() -> None:
    """Measure and print."""
    be_a_peer()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--steps", type=int)
    asked = parser.parse_args()
    content = read(asked.content).contiguous()      # as torch.optim.LBFGS wants it
    loss = PlainLoss(PlainNetwork(load_weights(), frozenset(GATYS.layers)), content, read(asked.style))
    if asked.steps:
        plain_loop(loss, content, 1)        # does not count
        print(json.dumps(_timed(lambda: plain_loop(loss, content, asked.steps))))
        return
    clock_s, _ = _fastest(lambda: loss.with_gradient(content))
    torch.set_num_threads(1)        # threads that wait for each other take a processor's time, too
    _, processor_s = _fastest(lambda: loss.with_gradient(content))
    print(json.dumps((clock_s, processor_s)))


def _fastest(do: Callable[[], object]) -> _Seconds:
    """Of some, after one that does not count."""
    do()
    times = [_timed(do) for _ in range(_REPEATS)]
    return min(clock for clock, _ in times), min(processor for _, processor in times)


def _timed(do: Callable[[], object]) -> _Seconds:
    began = time.monotonic(), time.process_time()
    do()
    return time.monotonic() - began[0], time.process_time() - began[1]


if __name__ == "__main__":
    main()
