"""Four photographs that come with scikit-image, all in the public domain or given away under CC0.

They are read from the installed package; nothing is fetched.
"""

from functools import partial
from importlib.resources import files
from importlib.util import find_spec

from PIL import Image

from demo.accounts import Picture

Box = tuple[int, int, int, int]


class PhotographsMissing(Exception):
    """The extra that carries the photographs is not installed."""

    exit_code = 78


def photograph(file_name: str, width: int, height: int) -> Picture:
    return Picture(width, height, partial(develop, file_name, (0, 0, width, height)))


def detail(file_name: str, box: Box) -> Picture:
    left, top, right, bottom = box
    return Picture(right - left, bottom - top, partial(develop, file_name, box))


def develop(file_name: str, box: Box) -> Image.Image:
    with files("skimage.data").joinpath(file_name).open("rb") as stream, Image.open(stream) as image:
        return image.convert("RGB").crop(box)


def require() -> None:
    """Raise PhotographsMissing, with the remedy, where the package is not there."""
    if find_spec("skimage") is None:
        raise PhotographsMissing("the demo's photographs need scikit-image: pip install 'stylegram[demo]'")


ASTRONAUT = photograph("astronaut.png", 512, 512)
CHELSEA = photograph("chelsea.png", 451, 300)
COFFEE = photograph("coffee.png", 600, 400)
COFFEE_DETAIL = detail("coffee.png", (150, 40, 510, 400))
ROCKET = photograph("rocket.jpg", 640, 427)
