"""The loss of a batch of pictures against the targets of their pairs, with its gradient. Per sample throughout.

Pictures larger than memory are gone through in tiles, twice. The style loss depends on the features only through
sums over all positions: the first pass gathers these, which gives the loss and its derivative by each sum; with
these known, the second finds each tile's share of the gradient by itself. Apart from rounding the result is that
of the whole picture, so tiles are no part of a recipe.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from stylizer.loss import terms
from stylizer.loss.self_similarity import SelfSimilarity
from stylizer.loss.targets import Pair, masses
from stylizer.network.tiles import Tile
from stylizer.network.vgg import Network
from stylizer.optim.protocol import Evaluation
from stylizer.pictures.keep import TIMES
from stylizer.recipe import strength as strengths
from stylizer.recipe.model import Recipe

# Below this share of all that it could be, the style loss of a photograph is rounding.
_SAME = 1e-6
_NOTHING = 1e-30


class Terms(NamedTuple):
    """The parts of the loss, each [B] with its weights included."""

    content: Tensor
    style: Tensor
    tv: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised, [B]."""
        return self.content + self.style + self.tv


class Sums(NamedTuple):
    """What a part of the pictures adds: per content layer its loss [B] and what its grid of parts has of it, per style
    layer its `losses.style_sums`.
    """

    content: dict[str, Tensor]
    style: dict[str, Tensor]
    parts: dict[str, Tensor]

    def plus(self, other: "Sums") -> "Sums":
        """Both parts together."""
        return Sums(*(
            {name: sums + others[name] for name, sums in own.items()}
            for own, others in zip(self, other, strict=True)
        ))


class Objective:
    """The loss of a batch of pictures against the targets of their pairs, by the network's tiles.

    Where the recipe has a strength, the terms of each pair are divided by their size in its own images; the content's
    are then multiplied by `balance` [B], or by what the strength says.
    """

    def __init__(
        self, network: Network, recipe: Recipe, pairs: Sequence[Pair], balance: Tensor | None = None
    ) -> None:
        self._network = network
        self._recipe = recipe
        self._features = {
            name: _batch([pair.content.features[name] for pair in pairs]) for name, _ in recipe.content_layers
        }
        regions = [pair.content.regions for pair in pairs if pair.content.regions is not None]
        if len(regions) not in (0, len(pairs)) or len({len(shares[0]) for shares in regions}) > 1:
            raise ValueError("pairs with different numbers of regions cannot be made together")
        self._grams = {
            name: torch.stack([pair.style.grams[name] for pair in pairs]) for name, _ in recipe.style_layers
        }
        self._shares = network.shares(_batch(regions).to(network.device)) if regions else {}
        self._kept = _kept(network, pairs)
        height, width = pairs[0].content.pixels.shape[-2:]
        self._tiles = network.tiles(height, width, len(pairs))
        photographs = {
            name: torch.stack([pair.content.statistics[name] for pair in pairs])
            for name, _ in (recipe.style_layers if recipe.compares_with_photograph else ())
        }
        self._bounds = {
            name: terms.moment_bounds(self._grams[name].flatten(0, 1), own.flatten(0, 1))
            for name, own in photographs.items() if recipe.style_formula.needs_photograph
        }
        self._similarities = {
            name: SelfSimilarity(target, self._kept.get(name))
            for name, target in self._features.items() if recipe.self_similarity
        }
        # What a picture without any features has of each content term, twice.
        self._wholes = {
            name: 2 * terms.content_of_nothing(target, recipe.content_formula)
            for name, target in self._features.items() if recipe.self_similarity or recipe.strength is not None
        }
        self._style_share = self._content_share = None
        if recipe.strength is not None:
            pixels = _batch([pair.content.pixels for pair in pairs])
            if balance is None:
                balance = pixels.new_full((len(pairs),), strengths.content_weight(recipe))
            self._style_share, self._content_sizes, self._of_photograph = self._sizes_of(photographs, pixels)
            self._content_share = balance.to(pixels) / self._content_sizes

    def rebalance(self, balance: Tensor) -> None:
        """From now on the content's terms are multiplied by `balance` [B]; in place, for graphs that hold it."""
        assert self._content_share is not None      # only a recipe with a strength has any
        torch.div(balance.to(self._content_share), self._content_sizes, out=self._content_share)

    @property
    def is_whole(self) -> bool:
        """Whether the network sees the pictures in one piece."""
        return len(self._tiles) == 1

    def with_gradient(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Total loss [B] and its gradient, shaped like `pixels`."""
        with self._network.kernels.products(self._network.device.type):
            if not self.is_whole:
                return self._by_tiles(pixels.detach())
            # The sum's gradient is every sample's own: no sample's loss depends on another's pixels.
            pixels = pixels.detach().requires_grad_()
            loss = self._terms(pixels).total
            (gradient,) = torch.autograd.grad(loss.sum(), pixels)
        return loss.detach(), gradient

    def evaluate(self, pixels: Tensor) -> Evaluation:
        """What an optimiser is told about `pixels` [B, 3, H, W]."""
        return Evaluation(*self.with_gradient(pixels))

    def state(self) -> dict[str, Any]:
        """What evaluations remember: nothing."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from the `state()` of the same pairs."""

    @property
    def of_photograph(self) -> Tensor:
        """The loss [B] of the photographs themselves, which a recipe with a strength measures others by: so it is known
        without a look at them.
        """
        return self._of_photograph

    @torch.no_grad()
    def _sizes_of(self, photographs: dict[str, Tensor], pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the style of each pair is multiplied by, what its content is divided by, and what its photograph has
        of the loss, each [B].

        The style loss of the photograph becomes 1, and twice the content loss of a picture without any features. A
        photograph that is its own style has none: what it could have at all takes its place.
        """
        recipe = self._recipe
        own = _sum(self._style(photographs, pixels), pixels)
        nothing = {name: torch.zeros_like(statistics) for name, statistics in photographs.items()}
        most = _sum(self._style(nothing, pixels), pixels)
        content = _sum({
            name: recipe.content_weight * weight * self._wholes[name] for name, weight in recipe.content_layers
        }, pixels)
        share = strengths.style_weight(recipe) / own.maximum(_SAME * most).clamp(min=_NOTHING)
        return share, content.clamp(min=_NOTHING), share * own + self._variation(pixels)

    @torch.no_grad()
    def terms(self, pixels: Tensor) -> Terms:
        """The parts of the loss of `pixels` [B, 3, H, W] in 0..255."""
        return self._terms(pixels)

    @torch.no_grad()
    def by_layer(self, pixels: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What each content layer and each style layer adds to the loss of `pixels`, each [B] with its weights."""
        sums = self._gather(pixels)
        return self._content_of(sums.content, sums.parts), self._style_of(sums.style, pixels)

    def _by_tiles(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            content, style_sums, part_sums = self._gather(pixels)
        style, parts = (
            {name: sums.requires_grad_() for name, sums in found.items()} for found in (style_sums, part_sums))
        whole = pixels.detach().requires_grad_()    # for the variation, which is cheap
        loss = Terms(
            _sum(self._content_of(content, parts), pixels), _sum(self._style_of(style, pixels), pixels),
            self._variation(whole)).total
        if loss.requires_grad:
            *slopes, gradient = torch.autograd.grad(
                loss.sum(), (*style.values(), *parts.values(), whole), allow_unused=True, materialize_grads=True)
        else:       # content alone: each tile has all of its own gradient
            slopes, gradient = [], torch.zeros_like(pixels)
        for tile in self._tiles:
            seen = tile.seen(pixels).clone().requires_grad_()
            part = self._part(seen, tile)
            share = _sum(part.content, seen).sum()
            for slope, sums in zip(slopes, (*part.style.values(), *part.parts.values()), strict=True):
                share = share + (slope * sums).sum()
            tile.seen(gradient).add_(*torch.autograd.grad(share, seen))
        return loss.detach(), gradient

    def _terms(self, pixels: Tensor) -> Terms:
        return self._of_sums(self._gather(pixels), pixels)._replace(tv=self._variation(pixels))

    def _of_sums(self, sums: Sums, pixels: Tensor) -> Terms:
        """The terms of the layers that are there, without variation."""
        content = _sum(self._content_of(sums.content, sums.parts), pixels)
        style = _sum(self._style_of(sums.style, pixels), pixels)
        return Terms(content, style, torch.zeros_like(content))

    def _gather(self, pixels: Tensor) -> Sums:
        first, *others = self._tiles
        found = self._part(first.seen(pixels), first)
        for tile in others:
            found = found.plus(self._part(tile.seen(pixels), tile))
        return found

    def _part(self, seen: Tensor, tile: Tile) -> Sums:
        """What a tile adds; `seen` is the tile with its margin."""
        return self._of_features(self._network.features(seen), tile)

    def _of_features(self, seen: dict[str, Tensor], tile: Tile) -> Sums:
        """What a tile adds to the layers that are there."""
        recipe, strides = self._recipe, self._network.strides
        features = {name: tile.of_seen(values, strides[name]) for name, values in seen.items()}
        content = {}
        for name, weight in recipe.content_layers:
            if name not in features:
                continue
            target, stride = self._features[name], strides[name]
            term = terms.content(
                features[name], tile.of_whole(target, stride), recipe.content_formula, target[0, 0].numel(),
                tile.of_whole(self._kept[name], stride) if self._kept else None)
            content[name] = _times(self._content_share, recipe.content_weight * weight * term)
        return Sums(content, {
            name: terms.style_sums(
                features[name], recipe.style_formula,
                tile.of_whole(self._shares[name], strides[name]) if self._shares else None)
            for name, _ in recipe.style_layers if name in features
        }, {
            name: similarity.part(features[name], tile, strides[name])
            for name, similarity in self._similarities.items() if name in features
        })

    def _content_of(self, content: dict[str, Tensor], parts: dict[str, Tensor]) -> dict[str, Tensor]:
        """The content losses [B] per layer, from what all parts of the pictures have added up to.

        Self-similarity counts in the size of the features' own term.
        """
        recipe, found = self._recipe, dict(content)
        for name, weight in recipe.content_layers:
            if name in parts:
                term = recipe.self_similarity * self._wholes[name] * self._similarities[name].loss(parts[name])
                found[name] = found[name] + _times(self._content_share, recipe.content_weight * weight * term)
        return found

    def _style_of(self, sums: dict[str, Tensor], pixels: Tensor) -> dict[str, Tensor]:
        """The style losses [B] per layer, from what all parts of the pictures have added up to."""
        statistics = {name: total / masses(self._network, name, pixels, self._shares) for name, total in sums.items()}
        losses = self._style(statistics, pixels)
        return {name: _times(self._style_share, loss) for name, loss in losses.items()}

    def _style(self, statistics: dict[str, Tensor], pixels: Tensor) -> dict[str, Tensor]:
        """The style losses [B] per layer of pictures with these statistics, of all regions by their shares of them.

        So every pixel is drawn as strongly as it would be with one style for all.
        """
        recipe, (height, width) = self._recipe, pixels.shape[-2:]
        style = {}
        for name, weight in recipe.style_layers:
            if name not in statistics:
                continue
            positions = math.prod(self._network.positions(name, height, width))
            mass = masses(self._network, name, pixels, self._shares)
            own, target = statistics[name], self._grams[name]
            distances = terms.style_distance(
                own.flatten(0, 1), target.flatten(0, 1), recipe.style_formula, positions, height * width,
                self._bounds.get(name))
            term = (distances.view(own.shape[:2]) * (mass[..., 0, 0] / positions)).sum(1)
            style[name] = recipe.style_weight * weight * term.to(pixels.dtype)
        return style

    def _variation(self, pixels: Tensor) -> Tensor:
        """Beside style it keeps the recipe's own balance, whatever the strength."""
        recipe = self._recipe
        if not recipe.tv_weight:
            return pixels.new_zeros(len(pixels))
        return _times(self._style_share, recipe.tv_weight * terms.variation(pixels, recipe.tv_formula))


def _kept(network: Network, pairs: Sequence[Pair]) -> dict[str, Tensor]:
    """How many times the content counts at each position of every layer [B, 1, h, w]; empty where all count once."""
    kept = [pair.content.kept for pair in pairs if pair.content.kept is not None]
    if len(kept) not in (0, len(pairs)):
        raise ValueError("pairs with and without a mask of what is kept cannot be made together")
    shares = network.shares(_batch(kept).to(network.device)) if kept else {}
    return {name: 1 + (TIMES - 1) * share for name, share in shares.items()}


def _sum(by_layer: dict[str, Tensor], pixels: Tensor) -> Tensor:
    """The sum over the layers [B]; zero where there are none."""
    return sum(by_layer.values(), start=pixels.new_zeros(len(pixels)))


def _times(share: Tensor | None, loss: Tensor) -> Tensor:
    """A loss [B], by its share [B] where there is one."""
    return loss if share is None else share * loss


def _batch(values: Sequence[Tensor]) -> Tensor:
    """Tensors [1, ...] as one [B, ...]; a single one is not copied."""
    return values[0] if len(values) == 1 else torch.cat(list(values))
