"""What a picture is drawn towards: each image encoded once, for all of its pairs."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer import losses
from stylizer.recipe import Recipe
from stylizer.vgg import Network


@dataclass(frozen=True)
class ContentTarget:
    """A content picture: its pixels [1, 3, H, W] in 0..255 and its features [1, C, h, w] per content layer."""

    pixels: Tensor
    features: dict[str, Tensor]


@dataclass(frozen=True)
class StyleTarget:
    """A style picture: its `losses.style_statistics` [1, C, C] per style layer, and its pixels [1, 3, H, W]."""

    grams: dict[str, Tensor]
    pixels: Tensor


@dataclass(frozen=True)
class Pair:
    """One picture to make. `seed` fixes all of its randomness; derive it from the pair, not its place.

    `coarser` is the same pair at each of the recipe's coarser scales, the coarsest first.
    """

    content: ContentTarget
    style: StyleTarget
    seed: int = 0
    coarser: tuple["Pair", ...] = ()


@torch.no_grad()
def content_target(network: Network, recipe: Recipe, pixels: Tensor) -> ContentTarget:
    """Encodes a content picture [1, 3, H, W] once, for all of its pairs. Raises ImageTooSmall."""
    pixels = pixels.to(network.device)
    features = network.features(pixels)
    return ContentTarget(pixels, {name: features[name] for name, _ in recipe.content_layers})


@torch.no_grad()
def style_target(network: Network, recipe: Recipe, pixels: Tensor) -> StyleTarget:
    """Encodes a style picture [1, 3, H, W] once, for all of its pairs. Raises ImageTooSmall."""
    pixels = pixels.to(network.device)
    features = network.features(pixels)
    grams = {name: losses.style_statistics(features[name], recipe.style_formula) for name, _ in recipe.style_layers}
    return StyleTarget(grams, pixels)


def stretch(pixels: Tensor, height: int, width: int) -> Tensor:
    """Pixels [B, 3, height, width] in 0..255, resampled without regard to their shape."""
    return F.interpolate(pixels, (height, width), mode="bicubic", antialias=True).clamp(0, 255)
