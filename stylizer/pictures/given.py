"""The images that a program gives: files, Pillow pictures and arrays, as records and as pixels.

Invariant: an image is known by its content, and what a viewer shows of it is what is painted: EXIF orientation, colour
profile and transparency are those of `open_picture`. A picture in memory has the hash of its pixels in 8-bit sRGB.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor

from db.errors import PictureRefused
from db.hashing import sha256_of_file
from db.imaging.decode import as_seen
from db.imaging.loaded import Loaded, orientation_of
from db.imaging.orientation import EXIF_ORIENTATION
from db.imaging.pictures import identify
from db.imaging.srgb import upright
from db.records import Image, Role
from stylizer.pictures import load
from stylizer.pictures.guidance import PLAIN
from stylizer.pictures.source import FileImages
from stylizer.recipe.model import Recipe

Given = str | os.PathLike[str] | Pillow.Image | NDArray[np.generic]


class GivenImages(FileImages):
    """The images of one recipe's pairs: files are read when they are needed, pictures are held."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe, PLAIN)
        self._held: dict[str, Pillow.Image] = {}
        self._uses = Counter[str]()

    def take(self, given: Given, role: Role) -> Image:
        """The record of an image. Raises PictureRefused."""
        if isinstance(given, str | os.PathLike):
            return _of_file(Path(given), role)
        if isinstance(given, np.ndarray):
            picture = _of_array(given)
        elif isinstance(given, Pillow.Image):
            picture = _of_pillow(given)
        else:
            raise PictureRefused(
                f"no image: a {type(given).__name__}; give a path, a Pillow picture or a NumPy array")
        sha256 = hashlib.sha256(f"{picture.mode} {picture.width} {picture.height}\n".encode())
        sha256.update(picture.tobytes())
        name = sha256.hexdigest()
        self._held[name] = picture
        self._uses[name] += 1
        return Image(0, name, Path(), role, *picture.size)

    def release(self, images: Iterable[Image]) -> None:
        """Lets go of these, each taken once; what was encoded of them stays with whoever encoded it."""
        for image in images:
            self._uses[image.sha256] -= 1
            if self._uses[image.sha256] <= 0:
                del self._uses[image.sha256]
                self._held.pop(image.sha256, None)

    def content(self, image: Image) -> list[Tensor]:
        """As `ImageSource.content`."""
        held = self._held.get(image.sha256)
        if held is None:
            return super().content(image)
        return load.load_scales(held, self._recipe.extent, self._recipe.scales)

    def style(self, image: Image) -> list[Tensor]:
        """As `ImageSource.style`."""
        held = self._held.get(image.sha256)
        if held is None:
            return super().style(image)
        return load.load_scales(held, self._recipe.style_extent, self._recipe.scales)

    def opacity(self, content: Image) -> Tensor | None:
        """As `ImageSource.opacity`."""
        held = self._held.get(content.sha256)
        return super().opacity(content) if held is None else load.load_opacity(held, self._recipe.extent)


def _of_file(path: Path, role: Role) -> Image:
    try:
        info = identify(path)       # within bounds, and no pipe that would be read for ever
        sha256 = sha256_of_file(path)
    except PictureRefused as error:
        raise PictureRefused(f"{path}: {error}") from error
    except (OSError, ValueError) as error:
        raise PictureRefused(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return Image(0, sha256, path.absolute(), role, info.width, info.height, name=path.name)


def _of_pillow(given: Pillow.Image) -> Pillow.Image:
    """In 8-bit sRGB and upright, mode RGB or RGBA; the picture that was given is not touched."""
    if not given.width or not given.height:
        raise PictureRefused(f"a picture of {given.width} x {given.height} pixels")
    try:
        stored = given.copy()       # decodes one that is still a file
        seen = as_seen(Loaded(stored, given.format or "", 1))
        seen.getexif()[EXIF_ORIENTATION] = orientation_of(stored)
        seen = upright(seen, seen)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise anything
        raise PictureRefused(f"a Pillow picture of mode {given.mode} that cannot be read: {error}") from error
    plain = seen.convert("RGBA" if seen.has_transparency_data else "RGB")
    plain.info.clear()      # its profile has been applied, and its orientation
    return plain


def _of_array(given: NDArray[np.generic]) -> Pillow.Image:
    """[H, W], [H, W, 1], [H, W, 3] or [H, W, 4] in uint8, or in floats of 0..1."""
    shape = given.shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,), (4,)) or not given.size:
        raise PictureRefused(f"an array of shape {list(shape)}: give [H, W], [H, W, 3] or [H, W, 4]")
    if np.issubdtype(given.dtype, np.floating):
        values = np.asarray(given, dtype=np.float64)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise PictureRefused("an array of floats that are not all in 0..1; whole numbers of 0..255 go as uint8")
        given = np.rint(values * 255).astype(np.uint8)
    elif given.dtype != np.uint8:
        raise PictureRefused(f"an array of {given.dtype}: give uint8, or floats in 0..1")
    whole = np.ascontiguousarray(given[..., 0] if shape[2:] == (1,) else given)
    return Pillow.fromarray(whole).convert("RGBA" if shape[2:] == (4,) else "RGB")
