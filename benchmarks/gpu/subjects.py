"""The pictures of the benchmark: photographs of scikit-image and the demo's painted styles, at any size."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from db.records import Image as Record
from db.records import Role
from demo import photographs
from demo.paintings import PAINTINGS
from stylizer.loss.encoder import Encoder
from stylizer.loss.meter import Meter
from stylizer.loss.targets import Pair
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


class _Drawn:
    """The images of a run, of which a record's number says what is drawn."""

    def __init__(self, recipe: Recipe, side: int) -> None:
        self._recipe = recipe
        self._side = side

    def content(self, image: Record) -> list[Tensor]:
        picture = content(image.id, self._side, self._side)
        return [to_tensor(fit(picture, Size(round(self._side * scale)))) for scale in self._recipe.scales]

    def style(self, image: Record) -> list[Tensor]:
        picture = style(image.id, self._side)
        return [to_tensor(fit(picture, Size(round(max(picture.size) * scale)))) for scale in self._recipe.scales]

    def opacity(self, content: Record) -> None:
        return None

    def start(self) -> None:
        return None


def pairs(
    network: Network, recipe: Recipe, contents: int, styles: int, side: int, meter: Meter | None = None
) -> list[Pair]:
    """Square contents with styles, every one with every one, at each scale of the recipe, as a run has them."""
    encoder = Encoder(network.exact, recipe, pictures=_Drawn(recipe, side), meter=meter)
    return [
        encoder.pair(_record(content_, Role.CONTENT, side), _record(style_, Role.STYLE, side), seed=7)
        for content_ in range(contents) for style_ in range(styles)
    ]


def _record(number: int, role: Role, side: int) -> Record:
    return Record(id=number, sha256=f"{role} {number}", path=Path(), role=role, width=side, height=side)


def somewhere(pair: Pair) -> Tensor:
    """A picture that is neither: the content with some noise, [1, 3, H, W]."""
    generator = torch.Generator().manual_seed(3)
    pixels = pair.content.pixels
    noise = 12 * torch.randn(pixels.shape, generator=generator)
    return (pixels + noise.to(pixels.device)).clamp(0, 255)
