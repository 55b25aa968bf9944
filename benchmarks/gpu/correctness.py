"""Whether the device computes what a CPU does in float32: losses and gradients by recipe, and pictures."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.subjects import pairs, somewhere
from stylizer.compute.precision import Precision
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair
from stylizer.network.vgg import Network
from stylizer.pictures.load import to_bytes
from stylizer.recipe.model import Architecture, Recipe
from stylizer.recipe.presets import RECIPES
from stylizer.recipe.quality import Quality, at_quality
from stylizer.transfer.transfer import Outcome, transfer

Row = dict[str, Any]


def correctness(bench: Bench) -> Iterator[Row]:
    """Relative differences from the CPU at 256 px. VGG16 is left out: its weights are not bundled."""
    side = bench.size(256)
    if bench.clock.is_gpu:
        yield {"what": "fused kernel", "nan_stays": _nan_stays()}
    for recipe in RECIPES.values():
        if recipe.network is Architecture.VGG16 or (bench.tiny and recipe.name not in ("gatys", "w2")):
            continue
        recipe = replace(recipe, scales=(1.0,))
        here = bench.network(Precision.FP32, recipe, device="cpu")
        (pair,) = pairs(here, recipe, 1, 1, side)
        pixels = somewhere(pair)
        loss, gradient = Objective(here, recipe, [pair]).with_gradient(pixels)
        for precision in bench.precisions:
            try:
                yield _compared(bench.network(precision, recipe), recipe, pixels, loss, gradient, side)
            except Exception as error:  # noqa: BLE001 - one recipe less, told
                yield {"what": "loss", "recipe": recipe.name, "precision": precision, "error": repr(error)[:300]}


def _compared(network: Network, recipe: Recipe, pixels: Tensor, loss: Tensor, gradient: Tensor, side: int) -> Row:
    (there,) = pairs(network, recipe, 1, 1, side)
    objective = Objective(network, recipe, [there, there])
    found, slope = objective.with_gradient(pixels.to(network.device).expand(2, -1, -1, -1))
    told = Objective(network.exact, recipe, [there]).terms(pixels.to(network.device)).total
    distance = (slope[:1].cpu() - gradient).norm() / gradient.norm()
    return {
        "what": "loss", "recipe": recipe.name, "precision": network.precision,
        "loss": abs(found[0].item() / loss.item() - 1), "gradient": distance.item(),
        "told": abs(told.item() / loss.item() - 1),
    }


def _nan_stays() -> bool:
    """Whether what is no number is none after a fused ReLU: a picture that is lost must be seen."""
    values = torch.full((1, 16, 8, 8), torch.nan, device="cuda")
    weight, bias = torch.ones(16, 16, 3, 3, device="cuda"), torch.zeros(16, device="cuda")
    result = torch.cudnn_convolution_relu(values, weight, bias, (1, 1), (1, 1), (1, 1), 1)
    return bool(result.isnan().all())


def looks(bench: Bench) -> Iterator[Row]:
    """A draft by each precision beside the CPU's, judged by one float32 network on the CPU; saved to be looked at."""
    side = bench.size(256)
    recipe = at_quality(replace(bench.recipe, size=side), Quality.DRAFT, side)
    if bench.tiny:
        recipe = replace(recipe, steps=2, scales=(1.0,))
    here = bench.network(Precision.FP32, recipe, device="cpu")
    (pair,) = pairs(here, recipe, 1, 1, side)
    evaluator = Objective(here, recipe, [pair])
    start = evaluator.terms(pair.content.pixels).total.item()
    pictures = [to_bytes(pair.content.pixels)[0]]
    for name, network in [("cpu", here), *((of.value, bench.network(of, recipe)) for of in bench.precisions)]:
        own: list[Pair] = [pair] if network is here else pairs(network, recipe, 1, 1, side)
        seconds, (made,) = bench.clock.wall_s(lambda n=network, p=own: transfer(n, recipe, p))
        if not isinstance(made, Outcome):
            yield {"what": "draft", "way": name, "error": str(made)}
            continue
        pictures.append(made.pixels)
        by_judge = evaluator.terms(made.pixels[None].float()).total.item()
        yield {"what": "draft", "way": name, "share_of_start": by_judge / start,
               "told_by_judge": made.total_loss / by_judge - 1, "seconds": seconds}
    _side_by_side(pictures).save(bench.out / "looks.png")


def _side_by_side(pictures: list[Tensor]) -> Image.Image:
    return Image.fromarray(torch.cat(list(pictures), 2).permute(1, 2, 0).contiguous().numpy())
