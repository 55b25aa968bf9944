"""Where a picture keeps more of its content: a picture in greys that lies over it, white where most is kept.

Invariant: the file's own bytes are its identity, and its own size does not matter: it is brought to the content's as
the content is, and from there to the grid of every content layer.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from db.hashing import sha256_of_file
from db.imaging.pictures import open_picture
from db.imaging.srgb import to_rgb
from stylizer.errors import BadMask
from stylizer.pictures.luma import WEIGHTS
from stylizer.pictures.masks import must_have_shape

if TYPE_CHECKING:   # a run that has nothing to make does without torch
    from torch import Tensor

# How many times as much the content counts where the mask is white (docs/stylizer.md, "Keeping parts"). A result is
# known by the mask alone, so this never changes.
TIMES = 20.0
DETECTED = ("faces", "subject")


@dataclass(frozen=True)
class Keep:
    """A mask with the lightness of each pixel [H, W], 0 to 255."""

    name: str
    sha256: str
    lightness: NDArray[np.uint8] = field(repr=False, compare=False)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.lightness.shape
        return width, height

    def must_fit(self, width: int, height: int) -> None:
        """Raises BadMask unless the mask has the shape of a picture of this size."""
        must_have_shape(self.name, self.size, width, height)

    def cut(self, box: tuple[float, float, float, float]) -> "Keep":
        """The part within left, top, right and bottom, to the nearest pixel."""
        left, top, right, bottom = map(round, box)
        return replace(self, lightness=self.lightness[top:bottom, left:right])

    def shares(self, height: int, width: int) -> "Tensor":
        """How much of each pixel is kept [1, 1, height, width], 0 to 1."""
        import torch
        import torch.nn.functional as F

        whole = torch.from_numpy(self.lightness.astype(np.float32))[None, None] / 255
        return F.interpolate(whole, (height, width), mode="area")


def read_keep(path: Path) -> Keep:
    """The mask in a picture file of any colours, by their lightness. Raises BadMask for a black one, PictureRefused."""
    with open_picture(path) as picture:
        rgb = np.asarray(to_rgb(picture), dtype=np.float64)
    lightness = np.rint(rgb @ np.array(WEIGHTS) / sum(WEIGHTS)).astype(np.uint8)
    if not lightness.any():
        raise BadMask(f"{path.name} is black: paint white what is to be kept")
    return Keep(path.name, sha256_of_file(path), lightness)


def check_words(said: str) -> None:
    """Raises BadMask for what would have to be detected: no detector comes with its model (docs/stylizer.md)."""
    if said in DETECTED:
        raise BadMask(f"--keep {said}: nothing here detects {said}; paint a mask, white on what is to be kept, and say "
                      "--keep FILE")
