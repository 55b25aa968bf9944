"""A HEIC or HEIF, as phones write it, decoded by libheif."""

from dataclasses import replace

import pillow_heif

from db.imaging.colour import of_code_points
from db.imaging.limits import Limits
from db.imaging.loaded import Loaded, by_pillow


def load_heif(data: bytes, limits: Limits) -> Loaded:
    """The primary picture, upright as libheif turns it. Raises PictureRefused and what Pillow raises."""
    pillow_heif.options.DECODE_THREADS = 1      # each has room of its own that counts as memory
    pillow_heif.register_heif_opener()
    loaded = by_pillow(data, "HEIF", limits)
    told = loaded.picture.info.get("nclx_profile")
    if not told or loaded.picture.info.get("icc_profile"):
        return loaded
    colours = of_code_points(int(told["color_primaries"]), int(told["transfer_characteristics"]))
    return loaded if colours.is_srgb else replace(loaded, colours=colours)
