"""Masks: pictures in flat colours that say which region of a picture takes which style.

Invariant: the regions of a mask cover every pixel exactly once, at every size: a pixel that a border crosses
belongs to each side by its share of the area.
"""

from collections.abc import Sequence
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

if TYPE_CHECKING:   # a run that has nothing to make does without torch
    from torch import Tensor

# A colour is a region when it fills this share of the mask and differs from larger regions by as much as this in
# some channel. What lies between, of a soft brush or of JPEG, goes to the nearest region.
LEAST_SHARE = 1 / 200
APART = 40
MOST_REGIONS = 12
SAME_SHAPE = 0.02       # by how much the ratio of the sides may differ, as a share of it

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Mask:
    """A mask's regions: `colours` from dark to light, and for each pixel the index of its own [H, W]."""

    name: str
    sha256: str
    colours: tuple[Colour, ...]
    labels: NDArray[np.uint8] = field(repr=False, compare=False)

    def areas(self) -> tuple[float, ...]:
        """The share of the mask that each region fills."""
        counts = np.bincount(self.labels.ravel(), minlength=len(self.colours))
        return tuple((counts / self.labels.size).tolist())

    def must_fit(self, width: int, height: int) -> None:
        """Raises BadMask unless the mask has the shape of a picture of this size; its own size does not matter."""
        must_have_shape(self.name, self.size, width, height)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.labels.shape
        return width, height

    def cut(self, box: tuple[float, float, float, float]) -> "Mask":
        """The part within left, top, right and bottom, to the nearest pixel; with all of the regions."""
        left, top, right, bottom = map(round, box)
        return replace(self, labels=self.labels[top:bottom, left:right])

    def shares(self, height: int, width: int, regions: Sequence[int] | None = None) -> "Tensor":
        """How much of each pixel belongs to each region [R, height, width]; of these regions in this order."""
        import torch
        import torch.nn.functional as F

        labels = torch.from_numpy(self.labels.astype(np.int64))
        chosen = range(len(self.colours)) if regions is None else regions
        full = torch.stack([labels == region for region in chosen]).float()[None]
        return F.interpolate(full, (height, width), mode="area")[0]


def must_have_shape(name: str, size: tuple[int, int], width: int, height: int) -> None:
    """Raises BadMask unless a mask of this size has the shape of a picture of that one."""
    mask_width, mask_height = size
    if abs(mask_width * height / (mask_height * width) - 1) > SAME_SHAPE:
        raise BadMask(
            f"{name} is {mask_width} x {mask_height} and its picture {width} x {height}: "
            "a mask must have the shape of its picture"
        )


def read_mask(path: Path) -> Mask:
    """The mask in a picture file. Raises BadMask when it shows less than two or too many regions, PictureRefused."""
    with open_picture(path) as picture:
        rgb = np.asarray(to_rgb(picture))
    colours, counts = np.unique(rgb.reshape(-1, 3), axis=0, return_counts=True)
    found: list[Colour] = []
    for at in np.argsort(-counts, kind="stable"):
        if counts[at] < LEAST_SHARE * rgb[..., 0].size:
            break
        red, green, blue = (int(value) for value in colours[at])
        if all(max(abs(red - r), abs(green - g), abs(blue - b)) >= APART for r, g, b in found):
            found.append((red, green, blue))
    if not 2 <= len(found) <= MOST_REGIONS:
        raise BadMask(
            f"{path.name} must have 2 to {MOST_REGIONS} regions, not {len(found)}: paint each in one flat colour"
        )
    regions = tuple(sorted(found, key=lambda colour: (luminance(colour), colour)))
    return Mask(path.name, sha256_of_file(path), regions, _nearest(rgb, np.array(regions)))


def correspondence(content: Mask, style: Mask) -> tuple[int, ...]:
    """For each region of the content's mask, the style's region of the same colour. Raises BadMask for one without."""
    found = []
    for colour in content.colours:
        distances = [max(abs(a - b) for a, b in zip(colour, other, strict=True)) for other in style.colours]
        if min(distances) >= APART:
            raise BadMask(
                f"{content.name} has a region in {in_hex(colour)} and {style.name} has none: "
                f"it has {', '.join(map(in_hex, style.colours))}"
            )
        found.append(distances.index(min(distances)))
    return tuple(found)


def in_hex(colour: Colour) -> str:
    """As people write it: #ff8000."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def luminance(colour: Colour) -> float:
    """How light it looks (Rec. 601)."""
    return sum(weight * channel for weight, channel in zip(WEIGHTS, colour, strict=True))


def _nearest(rgb: NDArray[np.uint8], regions: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The index of the nearest region's colour at each pixel [H, W]."""
    distances = [np.square(rgb.astype(np.int32) - region).sum(-1) for region in regions]
    nearest: NDArray[np.uint8] = np.stack(distances).argmin(0).astype(np.uint8)
    return nearest
