"""Our optimiser beside the plain loop of the sources: same network, same loss, same start, as many evaluations.

    python -m benchmarks.plain_loop CONTENT STYLE [--size 256] [--steps 300]

The plain loop is torch.optim.LBFGS as the PyTorch tutorial has it, whose picture is clamped when it is saved.
Prints one JSON object a line: the loss of the float tensor and that of the 8-bit picture, in millions and as
shares of the start.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from benchmarks.plain import plain_loop
from db.imaging.pictures import open_picture
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.vgg import Network
from stylizer.network.weights import load_weights
from stylizer.pictures.load import load_scales, to_bytes
from stylizer.recipe.presets import GATYS
from stylizer.recipe.size import Size
from stylizer.transfer.transfer import transfer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=300)
    asked = parser.parse_args()
    recipe = replace(GATYS, size=asked.size, steps=asked.steps, scales=(1.0,))
    network = Network(load_weights(), recipe.layers, edge=recipe.edge)
    pixels = []
    for path in (asked.content, asked.style):
        with open_picture(path) as picture:
            pixels += load_scales(picture, Size(asked.size), recipe.scales)
    pair = Pair(content_target(network, recipe, pixels[0]), style_target(network, recipe, pixels[1]))
    objective = Objective(network, recipe, [pair])
    start = objective.terms(pair.content.pixels).total.item()
    print(json.dumps({"type": "start", "loss": start / 1e6, "shape": list(pixels[0].shape)}), flush=True)

    def ours(bounded: bool) -> Tensor:
        (made,) = transfer(network, replace(recipe, bounded=bounded), [pair])
        if isinstance(made, Exception):
            raise made
        return made.picture[None]

    ways: dict[str, Callable[[], Tensor]] = {
        "torch.optim.LBFGS": lambda: plain_loop(objective, pair.content.pixels, asked.steps),
        "ours": lambda: ours(bounded=True),
        "ours, unbounded": lambda: ours(bounded=False),
    }
    for name, make in ways.items():
        began = time.monotonic()
        made = make()
        seconds = time.monotonic() - began
        losses = {what: objective.terms(values).total.item()
                  for what, values in (("float", made), ("saved", to_bytes(made).to(made.dtype)))}
        told = {what: {"millions": loss / 1e6, "of_start": loss / start} for what, loss in losses.items()}
        print(json.dumps({"type": "way", "name": name, "seconds": seconds, **told}), flush=True)


if __name__ == "__main__":
    main()
