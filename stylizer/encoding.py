"""Each image of a plan loaded, resized and encoded once a scale: N + M passes for a matrix of N x M pairs.

Invariant: what is kept is bounded. Styles are small (a few MB each, the least recently used go first), contents
are dropped by the caller as soon as no pair to come needs them.
"""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace

from torch import Tensor

from db.pictures import open_picture
from db.records import Image
from stylizer import images
from stylizer.recipe import Recipe, StyleShape
from stylizer.targets import ContentTarget, Pair, StyleTarget, content_target, stretch, style_target
from stylizer.vgg import Network

STYLES_KEPT = 200       # about 7 MB each at three scales


class Encoder:
    """Makes pairs ready for `transfer`."""

    def __init__(self, network: Network, recipe: Recipe) -> None:
        self.network = network
        self.recipe = recipe
        self._contents: dict[str, list[ContentTarget]] = {}
        self._styles: OrderedDict[tuple[str, tuple[int, ...]], list[StyleTarget]] = OrderedDict()

    def pair(self, content: Image, style: Image, seed: int) -> Pair:
        """The pair at the recipe's size, with its coarser scales."""
        contents = self._content(content)
        styles = self._style(style, contents)
        *coarser, full = (Pair(*targets, seed) for targets in zip(contents, styles, strict=True))
        return replace(full, coarser=tuple(coarser))

    def keep_contents(self, sha256s: Collection[str]) -> None:
        """Drops every content but these."""
        self._contents = {key: targets for key, targets in self._contents.items() if key in sha256s}

    def _content(self, image: Image) -> list[ContentTarget]:
        if image.sha256 not in self._contents:
            targets = [content_target(self.network, self.recipe, pixels) for pixels in self._pixels(image)]
            self._contents[image.sha256] = targets
        return self._contents[image.sha256]

    def _style(self, image: Image, contents: list[ContentTarget]) -> list[StyleTarget]:
        stretched = self.recipe.style_shape is StyleShape.CONTENT
        key = image.sha256, tuple(contents[-1].pixels.shape) if stretched else ()
        if key not in self._styles:
            self._styles[key] = [
                style_target(self.network, self.recipe,
                             stretch(pixels, *content.pixels.shape[-2:]) if stretched else pixels)
                for pixels, content in zip(self._pixels(image), contents, strict=True)
            ]
            if len(self._styles) > STYLES_KEPT:
                self._styles.popitem(last=False)
        self._styles.move_to_end(key)
        return self._styles[key]

    def _pixels(self, image: Image) -> list[Tensor]:
        with open_picture(image.path) as picture:
            return images.load_scales(picture, self.recipe.size, self.recipe.scales)
