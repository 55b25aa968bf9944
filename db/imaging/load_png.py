"""A PNG, decoded: at its own depth where 16 bits have a meaning that 8 have not."""

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from db.imaging import png
from db.imaging.limits import Limits
from db.imaging.loaded import Loaded, by_pillow, open_as, orientation_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from db.imaging.colour import Colours

_TELLING = {b"gAMA", b"cHRM", b"cICP"}
_GREY, _COLOURS, _COLOURS_AND_ALPHA = 0, 2, 6


def load_png(data: bytes, limits: Limits) -> Loaded:
    """The picture with its colours as told. Raises PictureRefused and what Pillow raises."""
    with Image.open(io.BytesIO(data), formats=("PNG",)) as whole:
        whole.verify()      # the chunks to the last one, where decoding stops at the last pixel
    header = png.read_header(data)
    colours = _told(png.before_pixels(data))
    if header.depth == 16 and header.colour_type in (_GREY, _COLOURS, _COLOURS_AND_ALPHA):
        return _load_deep(data, limits, colours)
    loaded = replace(by_pillow(data, "PNG", limits), colours=colours)
    transparent = loaded.picture.info.get("transparency")
    if header.depth < 8 and loaded.picture.mode == "L" and isinstance(transparent, int):
        # Pillow brings the pixels to 8 bits and leaves the transparent one as it is.
        loaded.picture.info["transparency"] = transparent * 255 // (2**header.depth - 1)
    return loaded


def _told(chunks: dict[bytes, bytes]) -> "Colours | None":
    if not chunks.keys() & _TELLING:
        return None
    from db.imaging.colour import of_png

    colours = of_png(chunks)
    return None if colours.is_srgb else colours


def _load_deep(data: bytes, limits: Limits, colours: "Colours | None") -> Loaded:
    """Grey or colours of 16 bits, rounded, where Pillow cuts; the transparent colour is one of all its bits."""
    from db.imaging.sixteen_bit import read_deep, to_8_bits

    picture = open_as(data, "PNG", limits)
    found = orientation_of(picture)
    values = read_deep(io.BytesIO(data), ("PNG",))
    if values is None:
        values = _grey(picture)
    seen = Image.fromarray(to_8_bits(values))
    transparent = picture.info.pop("transparency", None)
    if transparent is not None and seen.mode in ("L", "RGB"):
        seen.putalpha(_differs(values, transparent))
    seen.info = picture.info
    deep = None if colours is None else values[..., :3] if values.ndim == 3 else values
    return Loaded(seen, "PNG", found, colours, deep)


def _grey(picture: Image.Image) -> "NDArray[Any]":
    import numpy as np

    return np.asarray(picture, np.uint16)


def _differs(values: "NDArray[Any]", transparent: object) -> Image.Image:
    import numpy as np

    differs = values != np.array(transparent, dtype=np.uint16)
    return Image.fromarray((differs.any(2) if differs.ndim == 3 else differs).astype(np.uint8) * np.uint8(255))
