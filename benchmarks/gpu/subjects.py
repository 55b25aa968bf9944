"""The pictures of the benchmark: photographs of scikit-image and the demo's painted styles, at any size."""

from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from demo import photographs
from demo.paintings import PAINTINGS
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.vgg import Network
from stylizer.pictures.load import fit, to_tensor
from stylizer.recipe.model import Recipe
from stylizer.recipe.size import Measure, Size

PHOTOGRAPHS = (photographs.COFFEE, photographs.ASTRONAUT, photographs.CHELSEA, photographs.ROCKET)


@cache
def _photograph(number: int) -> Image.Image:
    picture = PHOTOGRAPHS[number % len(PHOTOGRAPHS)].draw()
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number // len(PHOTOGRAPHS) % 2 else picture


@cache
def _painting(number: int) -> Image.Image:
    picture = PAINTINGS[number % len(PAINTINGS)].picture.draw()
    return picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if number // len(PAINTINGS) % 2 else picture


def content(number: int, width: int, height: int) -> Image.Image:
    """A photograph of exactly this size, others for other numbers; from the ninth on with some noise of their own."""
    picture = fit(_photograph(number), Size(width, Measure.EXACT, height, upscale=True))
    if number < 2 * len(PHOTOGRAPHS):
        return picture
    noise = np.random.default_rng(number).normal(0, 6, (height, width, 3))
    return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))


def style(number: int, side: int) -> Image.Image:
    """A painting whose longer side is this."""
    return fit(_painting(number), Size(side, upscale=True))


def pairs(network: Network, recipe: Recipe, contents: int, styles: int, side: int) -> list[Pair]:
    """Square contents with styles, every one with every one, at each scale of the recipe."""
    encoder = network.exact
    drawn = [content(number, side, side) for number in range(contents)]
    painted = [style(number, side) for number in range(styles)]

    def at(scale: float) -> tuple[list[Tensor], list[Tensor]]:
        length = round(side * scale)
        return ([to_tensor(fit(picture, Size(length))) for picture in drawn],
                [to_tensor(fit(picture, Size(round(max(picture.size) * scale)))) for picture in painted])

    stages = []
    for scale in recipe.scales:
        photographs_there, paintings_there = at(scale)
        targets = [content_target(encoder, recipe, pixels) for pixels in photographs_there]
        style_targets = [style_target(encoder, recipe, pixels) for pixels in paintings_there]
        stages.append([Pair(target, features_of, seed=7) for target in targets for features_of in style_targets])
    return [Pair(full.content, full.style, full.seed, tuple(coarser))
            for *coarser, full in zip(*stages, strict=True)]


def somewhere(pair: Pair) -> Tensor:
    """A picture that is neither: the content with some noise, [1, 3, H, W]."""
    generator = torch.Generator().manual_seed(3)
    pixels = pair.content.pixels
    noise = 12 * torch.randn(pixels.shape, generator=generator)
    return (pixels + noise.to(pixels.device)).clamp(0, 255)
