"""A TIFF, decoded: by Pillow what it has always read right, by its samples all else."""

from db.errors import PictureRefused
from db.imaging import directory, tiff
from db.imaging.limits import Limits
from db.imaging.loaded import Loaded, NotThatKind, by_pillow
from db.imaging.samples import to_image


def load_tiff(data: bytes, limits: Limits) -> Loaded:
    """The first page. Raises PictureRefused and what Pillow raises."""
    directory.check(data, limits)
    layout = tiff.read_layout(data)
    tiff.check(layout, limits)
    if tiff.pillow_reads(layout):
        try:
            return by_pillow(data, "TIFF", limits)
        except NotThatKind as error:
            raise PictureRefused(f"a kind of TIFF that is not read: {layout}") from error
    picture = to_image(tiff.read_samples(data, layout), layout)
    if layout.icc_profile:
        picture.info["icc_profile"] = layout.icc_profile
    return Loaded(picture, "TIFF", layout.orientation if 1 <= layout.orientation <= 8 else 1)
