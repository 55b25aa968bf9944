"""Lines and words on a picture, by Pillow."""

from collections.abc import Callable

from PIL import ImageDraw

from db.records import Image
from gallery.fonts import drawable, font_of
from gallery.labels import label
from gallery.layout import Box

Colour = tuple[int, int, int]
WALL, EMPTY, INK, QUIET = (250, 249, 247), (241, 239, 235), (68, 65, 60), (140, 135, 127)


def write(pen: ImageDraw.ImageDraw, box: Box, text: str, colour: Colour, *, centred: bool = False) -> None:
    """One line as high as the box, cut to its width; nothing where the box has no height."""
    if box.height == 0 or not text:
        return
    font = font_of(box.height)
    line = shorten(text, box.width, font.getlength)
    left = box.left + (box.width - font.getlength(line)) / 2 if centred else box.left
    pen.text((left, box.top), line, fill=colour, font=font)


def shorten(text: str, width: int, measure: Callable[[str], float]) -> str:
    """`text`, or as much of its beginning as fits with an ellipsis."""
    if measure(text) <= width:
        return text
    while text and measure(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def name_of(image: Image) -> str:
    """An image's label as it can be drawn, else its number."""
    return drawable(label(image), f"image {image.id}")
