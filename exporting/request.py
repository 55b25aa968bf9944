"""What is asked of an export. Invariant: wishes that do not go together are refused before anything is read."""

import math
from dataclasses import dataclass
from enum import StrEnum

from exporting.errors import BadRequest

SPLITS = ("train", "validation", "test")
PER_SHARD = 1000


class Form(StrEnum):
    """What is written."""

    IMAGEFOLDER = "imagefolder"
    PARQUET = "parquet"
    WEBDATASET = "webdataset"
    CSV = "csv"


class Subject(StrEnum):
    """What a row tells of."""

    IMAGES = "images"
    RESULTS = "results"
    PAIRS = "pairs"     # a result with its content and its style


class Crop(StrEnum):
    """What becomes of a picture that is not square."""

    NONE = "none"       # its longer side is made to fit
    CENTRE = "centre"   # its shorter side fills the square, and what lies beyond goes


@dataclass(frozen=True)
class Copying:
    """What becomes of pictures on their way: nothing, unless it is said."""

    side_px: int | None = None
    crop: Crop = Crop.NONE
    exif: bool = False


@dataclass(frozen=True)
class Request:
    """All that is asked. `split` has the shares of train, validation and test."""

    form: Form = Form.IMAGEFOLDER
    subject: Subject = Subject.IMAGES
    split: tuple[float, float, float] | None = None
    copying: Copying = Copying()
    paths: bool = False             # Parquet: paths into the library instead of bytes
    per_shard: int = PER_SHARD      # rows of a shard at most

    def check(self) -> None:
        """Raises BadRequest."""
        copies = self.form is not Form.CSV and not self.paths
        changed = self.copying.side_px is not None or self.copying.exif
        if self.paths and self.form is not Form.PARQUET:
            raise BadRequest("--paths is for --as parquet: csv has paths anyway, the other forms have the files")
        if changed and not copies:
            raise BadRequest("--side and --exif are for copies, and a table of paths has none")
        if self.copying.crop is not Crop.NONE and self.copying.side_px is None:
            raise BadRequest("--crop goes with --side, which says how large")
        if self.copying.exif and self.subject is Subject.RESULTS:
            raise BadRequest("--exif tells of posts, and results have none: their files say already how they were made")


def parse_split(text: str) -> tuple[float, float, float]:
    """"90,5,5": percent of train, validation and test; two are train and validation. Raises BadRequest."""
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = []
    shares += [0.0] * (3 - len(shares)) if len(shares) == 2 else []
    if len(shares) != 3 or not all(math.isfinite(share) and share >= 0 for share in shares):
        raise BadRequest(f"--split {text[:40]!r}: give the percent of train, validation and test, such as 90,5,5")
    if not math.isclose(sum(shares), 100, abs_tol=1e-6):
        raise BadRequest(f"--split {text[:40]!r}: the shares are {sum(shares):g} percent together, not 100")
    return shares[0], shares[1], shares[2]
