"""A TIFF, decoded: by Pillow what it has always read right, by its samples all else."""

from contextlib import suppress

from db.errors import PictureRefused
from db.imaging import directory, jpeg, tiff
from db.imaging.limits import Limits
from db.imaging.load_jpeg import load_jpeg
from db.imaging.loaded import Loaded, NotThatKind, by_pillow
from db.imaging.samples import to_image
from db.imaging.tiff_samples import read_samples


def load_tiff(data: bytes, limits: Limits) -> Loaded:
    """The first page. Raises PictureRefused and what Pillow raises."""
    directory.check(data, limits)
    layout = tiff.read_layout(data)
    limits.check_size(layout.width, layout.height, max(1.0, layout.bytes_per_pixel))
    tiff.check_parts(data, layout)
    if layout.compression == tiff.JPEG:
        _check_jpegs(data, layout, limits)
    if tiff.pillow_is_right(layout):
        with suppress(NotThatKind):
            return by_pillow(data, "TIFF", limits)
    tiff.check(layout)
    picture = to_image(read_samples(data, layout), layout)
    if layout.icc_profile:
        picture.info["icc_profile"] = layout.icc_profile
    return Loaded(picture, "TIFF", layout.orientation if 1 <= layout.orientation <= 8 else 1)


def _check_jpegs(data: bytes, layout: tiff.Layout, limits: Limits) -> None:
    """Raises PictureRefused where a strip or tile in JPEG holds less than it should: libtiff fills up in silence."""
    width, height = layout.part
    whole = layout.height // height * height
    across = -(-layout.width // width)
    for number, part in enumerate(tiff.jpegs(data, layout)):
        frame = jpeg.read(part, limits).frame
        top = number // across * height % -(-layout.height // height * height)
        rows = height if layout.tile or top < whole else layout.height - whole
        if frame is None or frame.width < width or frame.height < rows:
            raise PictureRefused("truncated: parts of it are smaller than it claims")
        load_jpeg(part, limits)
