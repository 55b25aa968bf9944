"""Where a picture starts: at its first scale from the recipe's choice, at each finer one from the last."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.compute.waves import enlarged
from stylizer.loss.targets import Pair, stretch
from stylizer.recipe.model import Init, Recipe
from stylizer.transfer.underpainting import underpainted

PIXEL_RANGE = (0.0, 255.0)


def first_pictures(recipe: Recipe, pairs: Sequence[Pair]) -> Tensor:
    """The first pictures [B, 3, H, W]."""
    return torch.cat([_first_picture(recipe, pair) for pair in pairs])


def _first_picture(recipe: Recipe, pair: Pair) -> Tensor:
    """The first picture [1, 3, H, W]. Random ones come from the pair's own generator, on the CPU always."""
    if pair.start is not None and recipe.strength != 0:
        return pair.start
    match recipe.start:
        case Init.CONTENT:
            return underpainted(recipe, pair)
        case Init.STYLE:
            return stretch(pair.style.pixels, *pair.content.pixels.shape[-2:])
        case Init.RANDOM:
            generator = torch.Generator().manual_seed(pair.seed)
            noise = torch.rand(pair.content.pixels.shape, generator=generator) * PIXEL_RANGE[1]
            return noise.to(pair.content.pixels.device)


def upsample_with_detail(recipe: Recipe, pictures: Tensor, coarse: Sequence[Pair], fine: Sequence[Pair]) -> Tensor:
    """Pictures of a coarser scale as the start [B, 3, H, W] of the next.

    What they lack is the finest detail. Where the recipe starts from the content it is taken from there (a level
    of the Laplacian pyramid of Burt and Adelson, IEEE Trans. Communications 31, 1983): the loss is then lower
    than from the plain enlargement, which keeps a grid of the coarse pixels. Of sharp edges only a part is
    taken, which `detail` says (from 10 up to no limit the loss after 18 evaluations is the same): whole, a few
    evaluations do not take them back, and the rim of a plate stays as a bright wire.
    """
    below = torch.cat([pair.content.shown for pair in coarse])
    above = torch.cat([pair.content.shown for pair in fine])
    larger = _enlarged(recipe, pictures, above)
    if recipe.start is Init.CONTENT and recipe.detail:
        detail = above - _enlarged(recipe, below, above)
        larger += detail / (1 + (detail / recipe.detail).square()).sqrt()
    return larger.clamp(*PIXEL_RANGE)


def _enlarged(recipe: Recipe, pictures: Tensor, like: Tensor) -> Tensor:
    """Pictures of a coarser scale in the size of others; each by itself, so that none depends on its neighbours."""
    if not recipe.clean:
        return F.interpolate(pictures, like.shape[-2:], mode="bicubic")
    return torch.cat([enlarged(picture[None], *like.shape[-2:]) for picture in pictures])
