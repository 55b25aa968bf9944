"""What a picture is drawn towards: each image encoded once, for all of its pairs."""

import math
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
    """Encodes a content picture [1, 3, H, W] once, for all of its pairs; by the network's tiles. Raises ImageTooSmall.
    """
    pixels = pixels.to(network.device)
    height, width = pixels.shape[-2:]
    tiles = network.tiles(height, width)
    found: dict[str, Tensor] = {}
    for tile in tiles:
        features = network.features(tile.seen(pixels))
        for name, _ in recipe.content_layers:
            if len(tiles) == 1:
                found[name] = features[name]
                continue
            if name not in found:
                found[name] = features[name].new_empty(
                    *features[name].shape[:2], *network.positions(name, height, width))
            stride = network.strides[name]
            tile.of_whole(found[name], stride).copy_(tile.of_seen(features[name], stride))
    return ContentTarget(pixels, found)


@torch.no_grad()
def style_target(network: Network, recipe: Recipe, pixels: Tensor) -> StyleTarget:
    """Encodes a style picture [1, 3, H, W] once, for all of its pairs; by the network's tiles. Raises ImageTooSmall.
    """
    pixels = pixels.to(network.device)
    height, width = pixels.shape[-2:]
    found: dict[str, Tensor] = {}
    for tile in network.tiles(height, width):
        features = network.features(tile.seen(pixels))
        for name, _ in recipe.style_layers:
            sums = losses.style_sums(tile.of_seen(features[name], network.strides[name]), recipe.style_formula)
            found[name] = found[name] + sums if name in found else sums
    return StyleTarget(
        {name: sums / math.prod(network.positions(name, height, width)) for name, sums in found.items()}, pixels
    )


def stretch(pixels: Tensor, height: int, width: int) -> Tensor:
    """Pixels [B, 3, height, width] in 0..255, resampled without regard to their shape."""
    return F.interpolate(pixels, (height, width), mode="bicubic", antialias=True).clamp(0, 255)
