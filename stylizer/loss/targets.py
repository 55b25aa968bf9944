"""What a picture is drawn towards: each image encoded once, for all of its pairs."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.loss import colour, terms
from stylizer.network.vgg import Network
from stylizer.recipe.model import Recipe, Recolouring


@dataclass(frozen=True)
class ContentTarget:
    """A content picture: its pixels [1, 3, H, W] in 0..255 and its features [1, C, h, w] per content layer.

    `regions` [1, R, H, W] says how much of each pixel takes the style of each region; None is one style for all.
    `statistics` are a style's of this picture, [R, C, C] per style layer, where the recipe compares with them, and
    `metered` those of `strength.METER`. In the style's colours the picture is `recoloured`, and features are of that.
    """

    pixels: Tensor
    features: dict[str, Tensor]
    regions: Tensor | None = None
    statistics: dict[str, Tensor] = field(default_factory=dict)
    metered: dict[str, Tensor] = field(default_factory=dict)
    recoloured: Tensor | None = None
    kept: Tensor | None = None      # how much of each pixel is kept [1, 1, H, W], 0 to 1; None is alike everywhere

    @property
    def shown(self) -> Tensor:
        """What a picture starts from, and takes its detail from."""
        return self.pixels if self.recoloured is None else self.recoloured


@dataclass(frozen=True)
class StyleTarget:
    """A style picture: `losses.style_statistics` [R, C, C] of its regions per style layer, and its pixels [1, 3, H, W].

    Where the content has regions, there are as many here and in the same order; else there is one. `colours` are
    `colour.colour_moments`, `metered` the statistics of `strength.METER`, both where the recipe asks for them.
    """

    grams: dict[str, Tensor]
    pixels: Tensor
    metered: dict[str, Tensor] = field(default_factory=dict)
    colours: Tensor | None = None


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
def content_target(
    network: Network, recipe: Recipe, pixels: Tensor, regions: Tensor | None = None, *, is_recoloured: bool = False
) -> ContentTarget:
    """Encodes a content picture [1, 3, H, W] once, for all of its pairs; by the network's tiles. Raises ImageTooSmall.

    Where `in_colours_of` follows for each style no features are kept of it: they take 64 bytes a pixel.
    """
    pixels = pixels.to(network.device)
    features = set[str]() if is_recoloured else {name for name, _ in recipe.content_layers}
    compared = recipe.style_layers if recipe.compares_with_photograph else ()
    kept, statistics = _encoded(network, recipe, pixels, features, dict(compared), regions)
    return ContentTarget(pixels, kept, regions, _of_one(statistics))


@torch.no_grad()
def in_colours_of(
    network: Network, recipe: Recipe, content: ContentTarget, style: StyleTarget, share: float
) -> ContentTarget:
    """The content in this style's colours, or by a share of the way there."""
    assert style.colours is not None
    shown = colour.recoloured(content.pixels, style.colours, share, content.regions)
    features, _ = _encoded(network, recipe, shown, {name for name, _ in recipe.content_layers}, {}, None)
    return replace(content, features=features, recoloured=shown)


@torch.no_grad()
def style_target(network: Network, recipe: Recipe, pixels: Tensor, regions: Tensor | None = None) -> StyleTarget:
    """Encodes a style picture [1, 3, H, W] once, for all of its pairs; by the network's tiles. Raises ImageTooSmall.

    With `regions` [1, R, H, W] (shares of pixels) each region is a style of its own.
    """
    pixels = pixels.to(network.device)
    grams = style_statistics(network, recipe, pixels, regions)
    colours = colour.colour_moments(pixels, regions) if recipe.recolour is Recolouring.LINEAR else None
    return StyleTarget(_of_one(grams), pixels, colours=colours)


@torch.no_grad()
def style_statistics(
    network: Network, recipe: Recipe, pixels: Tensor, regions: Tensor | None = None
) -> dict[str, Tensor]:
    """What the recipe knows of pictures [B, 3, H, W] as styles: [B, R, C, C] per style layer. Raises ImageTooSmall."""
    return _encoded(network, recipe, pixels, set(), dict(recipe.style_layers), regions)[1]


def _encoded(
    network: Network, recipe: Recipe, pixels: Tensor, features: Collection[str], statistics: Collection[str],
    regions: Tensor | None,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The features [B, C, h, w] of these layers and the style's statistics [B, R, C, C] of those, by tiles."""
    height, width = pixels.shape[-2:]
    tiles = network.tiles(height, width, len(pixels))
    shares = {} if regions is None else network.shares(regions.to(network.device))
    kept, sums = dict[str, Tensor](), dict[str, Tensor]()
    deepest = [name for name in network.strides if name in {*features, *statistics}][-1:]
    for tile in tiles:
        seen = network.features(tile.seen(pixels), *deepest)
        for name in features:
            if len(tiles) == 1:
                kept[name] = seen[name]
                continue
            if name not in kept:
                kept[name] = seen[name].new_empty(*seen[name].shape[:2], *network.positions(name, height, width))
            stride = network.strides[name]
            tile.of_whole(kept[name], stride).copy_(tile.of_seen(seen[name], stride))
        for name in statistics:
            stride = network.strides[name]
            own = tile.of_whole(shares[name], stride) if shares else None
            part = terms.style_sums(tile.of_seen(seen[name], stride), recipe.style_formula, own)
            sums[name] = sums[name] + part if name in sums else part
    return kept, {name: total / masses(network, name, pixels, shares) for name, total in sums.items()}


def _of_one(statistics: dict[str, Tensor]) -> dict[str, Tensor]:
    """The statistics [R, C, C] of a batch of one picture."""
    return {name: values[0] for name, values in statistics.items()}


def masses(network: Network, name: str, pixels: Tensor, shares: dict[str, Tensor]) -> Tensor:
    """How many positions of a layer each region has [B, R, 1, 1], or all (1) where there are no regions."""
    if not shares:
        return pixels.new_full((1, 1, 1, 1), math.prod(network.positions(name, *pixels.shape[-2:])))
    return shares[name].sum((2, 3))[..., None, None].clamp(min=1e-6)     # a region may end above the last position


def blended(targets: Sequence[StyleTarget], weights: Sequence[float]) -> StyleTarget:
    """Several styles as one: the mean of their statistics by these weights, which sum to one; the first's pixels.

    Gram matrices and raw moments may be averaged: they are those of a picture that has of each style its share.
    """
    def mean(each: Sequence[Tensor]) -> Tensor:
        return torch.stack([one * weight for one, weight in zip(each, weights, strict=True)]).sum(0)

    return _combined(targets, mean)


def by_region(targets: Sequence[StyleTarget]) -> StyleTarget:
    """One style for each region, in their order; the pixels are those of the first."""
    return _combined(targets, torch.cat)


def _combined(targets: Sequence[StyleTarget], combine: Callable[[list[Tensor]], Tensor]) -> StyleTarget:
    """All that is known of the styles, combined; the pixels are those of the first."""
    first = targets[0]
    # One that is too small for the meter has no part in it, so that nobody can say how far the mixture is.
    metered = first.metered if all(target.metered for target in targets) else ()
    return StyleTarget(
        {name: combine([target.grams[name] for target in targets]) for name in first.grams},
        first.pixels,
        {name: combine([target.metered[name] for target in targets]) for name in metered},
        None if first.colours is None else combine([_given(target.colours) for target in targets]),
    )


def _given(colours: Tensor | None) -> Tensor:
    assert colours is not None      # of one recipe, all have them
    return colours


def stretch(pixels: Tensor, height: int, width: int) -> Tensor:
    """Pixels [B, 3, height, width] in 0..255, resampled without regard to their shape."""
    return F.interpolate(pixels, (height, width), mode="bicubic", antialias=True).clamp(0, 255)
