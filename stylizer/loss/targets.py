"""What a picture is drawn towards: each image encoded once, for all of its pairs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.loss import terms
from stylizer.network.vgg import Network
from stylizer.recipe.model import Recipe


@dataclass(frozen=True)
class ContentTarget:
    """A content picture: its pixels [1, 3, H, W] in 0..255 and its features [1, C, h, w] per content layer.

    `regions` [1, R, H, W] says how much of each pixel takes the style of each region; None is one style for all.
    """

    pixels: Tensor
    features: dict[str, Tensor]
    regions: Tensor | None = None


@dataclass(frozen=True)
class StyleTarget:
    """A style picture: `losses.style_statistics` [R, C, C] of its regions per style layer, and its pixels [1, 3, H, W].

    Where the content has regions, there are as many here and in the same order; else there is one.
    """

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
    start: Tensor | None = None     # where the picture starts instead of at the recipe's `init`; [1, 3, H, W]

    def __post_init__(self) -> None:
        """Raises ValueError when content and style differ in their number of regions."""
        regions = 1 if self.content.regions is None else self.content.regions.shape[1]
        if any(len(grams) != regions for grams in self.style.grams.values()):
            raise ValueError(f"the content has {regions} regions, the style has another number")


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
def style_target(network: Network, recipe: Recipe, pixels: Tensor, regions: Tensor | None = None) -> StyleTarget:
    """Encodes a style picture [1, 3, H, W] once, for all of its pairs; by the network's tiles. Raises ImageTooSmall.

    With `regions` [1, R, H, W] (shares of pixels) each region is a style of its own.
    """
    pixels = pixels.to(network.device)
    shares = {} if regions is None else network.shares(regions.to(network.device))
    found: dict[str, Tensor] = {}
    for tile in network.tiles(*pixels.shape[-2:]):
        features = network.features(tile.seen(pixels))
        for name, _ in recipe.style_layers:
            stride = network.strides[name]
            own = tile.of_whole(shares[name], stride) if shares else None
            sums = terms.style_sums(tile.of_seen(features[name], stride), recipe.style_formula, own)
            found[name] = found[name] + sums if name in found else sums
    grams = {name: (sums / masses(network, name, pixels, shares))[0] for name, sums in found.items()}
    return StyleTarget(grams, pixels)


def masses(network: Network, name: str, pixels: Tensor, shares: dict[str, Tensor]) -> Tensor:
    """How many positions of a layer each region has [B, R, 1, 1], or all (1) where there are no regions."""
    if not shares:
        return pixels.new_full((1, 1, 1, 1), math.prod(network.positions(name, *pixels.shape[-2:])))
    return shares[name].sum((2, 3))[..., None, None].clamp(min=1e-6)     # a region may end above the last position


def blended(targets: Sequence[StyleTarget], weights: Sequence[float]) -> StyleTarget:
    """Several styles as one: the mean of their statistics by these weights, which sum to one; the first's pixels.

    Gram matrices and raw moments may be averaged: they are those of a picture that has of each style its share.
    """
    return StyleTarget({
        name: torch.stack([target.grams[name] * weight for target, weight in zip(targets, weights, strict=True)]).sum(0)
        for name in targets[0].grams
    }, targets[0].pixels)


def by_region(targets: Sequence[StyleTarget]) -> StyleTarget:
    """One style for each region, in their order; the pixels are those of the first."""
    first = targets[0]
    return StyleTarget(
        {name: torch.cat([target.grams[name] for target in targets]) for name in first.grams}, first.pixels)


def stretch(pixels: Tensor, height: int, width: int) -> Tensor:
    """Pixels [B, 3, height, width] in 0..255, resampled without regard to their shape."""
    return F.interpolate(pixels, (height, width), mode="bicubic", antialias=True).clamp(0, 255)
