"""Lines and words on a picture, by Pillow. Words are in its own font, which is ASCII and little more."""

import unicodedata
from collections.abc import Callable
from functools import cache

from PIL import ImageDraw, ImageFont

from gallery.labels import plain
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


@cache
def font_of(height_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font at this size."""
    return ImageFont.load_default(height_px)


def shorten(text: str, width: int, measure: Callable[[str], float]) -> str:
    """`text`, or as much of its beginning as fits with an ellipsis."""
    if measure(text) <= width:
        return text
    while text and measure(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def drawable(text: str, otherwise: str) -> str:
    """`text` in the characters of the font: é becomes e.

    `otherwise` if a letter would be lost, so that no label is half a name or a row of boxes.
    """
    bare = "".join(char for char in unicodedata.normalize("NFKD", plain(text)) if not unicodedata.combining(char))
    known = "".join(char for char in bare if char.isascii() or char == "·")
    lost = any(char.isalnum() for char in set(bare) - set(known))
    return otherwise if lost or not known.strip() else known
