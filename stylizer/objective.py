"""The loss of a batch of pictures against the targets of their pairs, with its gradient. Per sample throughout."""

from collections.abc import Sequence

import torch
from torch import Tensor

from stylizer import losses
from stylizer.recipes import Recipe
from stylizer.targets import Pair
from stylizer.vgg import Network


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
        content, style = self._terms(pixels)
        loss = content + style
        # The sum's gradient is every sample's own: no sample's loss depends on another's pixels.
        (gradient,) = torch.autograd.grad(loss.sum(), pixels)
        return loss.detach(), gradient

    @torch.no_grad()
    def terms(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Content and style loss [B], weights included."""
        return self._terms(pixels)

    def _terms(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        recipe = self._recipe
        features = self._network.features(pixels)
        content = style = pixels.new_zeros(len(pixels))
        for name, weight in recipe.content_layers:
            content = content + weight * losses.content(
                features[name], self._features[name], recipe.content_formula)
        for name, weight in recipe.style_layers:
            style = style + weight * losses.style(features[name], self._grams[name], recipe.style_formula)
        return content, style
