"""The images of a run as pixels, wherever they come from: files of this machine here, a cluster's store elsewhere.

Invariant: what is painted from has the bytes of the hash that the result will carry, or the pair fails.
"""

from collections import OrderedDict
from threading import Lock
from typing import Protocol

from torch import Tensor

from db.imaging.pictures import open_picture
from db.imaging.srgb import to_rgb
from db.records import Image
from stylizer.pictures import load
from stylizer.pictures.guidance import Guidance
from stylizer.pictures.load import opacity_of
from stylizer.recipe.model import Recipe

_OPACITIES = 64         # of the contents that were read last; most have none


class ImageSource(Protocol):
    """Pixels [1, 3, H, W] in 0..255, float32, on the CPU."""

    def content(self, image: Image) -> list[Tensor]:
        """A content at each scale of the recipe."""
        ...

    def style(self, image: Image) -> list[Tensor]:
        """A style at each scale of the recipe."""
        ...

    def opacity(self, content: Image) -> Tensor | None:
        """How opaque a content is at its full size, [H, W] in 0..255; None where nothing is transparent."""
        ...

    def start(self) -> Tensor | None:
        """The user's own start, in its own size."""
        ...


class FileImages:
    """Images read from their files."""

    def __init__(self, recipe: Recipe, guidance: Guidance) -> None:
        self._recipe = recipe
        self._guidance = guidance
        self._opacities: OrderedDict[str, Tensor | None] = OrderedDict()
        self._lock = Lock()     # files are written by several threads

    def content(self, image: Image) -> list[Tensor]:
        """Raises PictureRefused."""
        with open_picture(image.path, image.sha256) as picture:
            self._remember(image, load.load_opacity(picture, self._recipe.extent))
            return load.load_scales(picture, self._recipe.extent, self._recipe.scales)

    def style(self, image: Image) -> list[Tensor]:
        """Raises PictureRefused."""
        with open_picture(image.path, image.sha256) as picture:
            return load.load_scales(picture, self._recipe.style_extent, self._recipe.scales)

    def opacity(self, content: Image) -> Tensor | None:
        """Raises PictureRefused."""
        with self._lock:
            if content.sha256 in self._opacities:
                return self._opacities[content.sha256]
        return self._remember(content, opacity_of(content, self._recipe))

    def start(self) -> Tensor | None:
        """Raises PictureRefused."""
        if self._guidance.start is None:
            return None
        with open_picture(self._guidance.start.path, self._guidance.start.sha256) as picture:
            return load.to_tensor(to_rgb(picture))

    def _remember(self, content: Image, opacity: Tensor | None) -> Tensor | None:
        """For all the pictures of this content: it would be decoded again for each of them."""
        with self._lock:
            self._opacities[content.sha256] = opacity
            while len(self._opacities) > _OPACITIES:
                self._opacities.popitem(last=False)
        return opacity
