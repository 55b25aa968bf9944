"""The loss of a batch of pictures against the targets of their pairs, with its gradient. Per sample throughout."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from stylizer import losses
from stylizer.recipe import Recipe
from stylizer.targets import Pair
from stylizer.vgg import Network


class Terms(NamedTuple):
    """The parts of the loss, each [B] with its weights included."""

    content: Tensor
    style: Tensor
    tv: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised, [B]."""
        return self.content + self.style + self.tv


class Objective:
    """The loss of a batch of pictures against the targets of their pairs."""

    def __init__(self, network: Network, recipe: Recipe, pairs: Sequence[Pair]) -> None:
        self._network = network
        self._recipe = recipe
        self._features = {
            name: torch.cat([pair.content.features[name] for pair in pairs]) for name, _ in recipe.content_layers
        }
        self._grams = {
            name: torch.cat([pair.style.grams[name] for pair in pairs]) for name, _ in recipe.style_layers
        }

    def with_gradient(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Total loss [B] and its gradient, shaped like `pixels`."""
        pixels = pixels.detach().requires_grad_()
        loss = self._terms(pixels).total
        # The sum's gradient is every sample's own: no sample's loss depends on another's pixels.
        (gradient,) = torch.autograd.grad(loss.sum(), pixels)
        return loss.detach(), gradient

    @torch.no_grad()
    def terms(self, pixels: Tensor) -> Terms:
        """The parts of the loss of `pixels` [B, 3, H, W] in 0..255."""
        return self._terms(pixels)

    def _terms(self, pixels: Tensor) -> Terms:
        recipe = self._recipe
        features = self._network.features(pixels)
        content = style = tv = pixels.new_zeros(len(pixels))
        for name, weight in recipe.content_layers:
            term = losses.content(features[name], self._features[name], recipe.content_formula)
            content = content + recipe.content_weight * weight * term
        count = pixels.shape[-2] * pixels.shape[-1]
        for name, weight in recipe.style_layers:
            term = losses.style(features[name], self._grams[name], recipe.style_formula, count)
            style = style + recipe.style_weight * weight * term.to(style.dtype)
        if recipe.tv_weight:
            tv = recipe.tv_weight * losses.variation(pixels, recipe.tv_formula)
        return Terms(content, style, tv)
