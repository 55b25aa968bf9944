"""The font of every label: DejaVu Sans, from the data that the distribution `matplotlib` carries.

Invariant: what leaves `drawable` is drawn as it reads, on every machine. So the font is always the same file, Pillow
lays out by its own simple engine, and scripts that this engine cannot set (from right to left, or by joining letters)
are none of ours, whatever the font has of them.
"""

import unicodedata
from functools import cache
from importlib import metadata
from pathlib import Path

from PIL import ImageFont

from gallery.errors import FontMissing
from gallery.labels import plain

DISTRIBUTION = "matplotlib"
FILE_NAME = "DejaVuSans.ttf"
# Letters whose names begin so go from left to right, one after the other, and need no marks above or below them.
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "MODIFIER LETTER")


@cache
def font_path() -> Path:
    """Where the installed distribution keeps the font; its code is not imported. Raises FontMissing."""
    remedy = f"run `pip install --force-reinstall {DISTRIBUTION}`"
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError as error:
        raise FontMissing(f"the package {DISTRIBUTION}, which carries the font of labels, is not installed: "
                          f"{remedy}") from error
    for file in files:
        if file.name == FILE_NAME and (path := Path(str(file.locate()))).is_file():
            return path
    raise FontMissing(f"the package {DISTRIBUTION} is installed without its font {FILE_NAME}: {remedy}")


@cache
def font_of(height_px: int) -> ImageFont.FreeTypeFont:
    """The font at this size. Raises FontMissing."""
    return ImageFont.truetype(font_path(), height_px, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str, otherwise: str) -> str:
    """`text` on one line, in characters that the font has: of a letter with an accent that it lacks, the letter alone.

    `otherwise` if a letter would be lost, so that no label is half a name or a row of boxes. A sign that is lost, such
    as an emoji, is left out where a name remains without it. Raises FontMissing.
    """
    composed = unicodedata.normalize("NFC", plain(text))
    drawn = [(char, _drawn(char)) for char in composed]
    known = " ".join("".join(shown for _, shown in drawn).split())
    if any(char.isalnum() and not shown for char, shown in drawn):
        return otherwise
    if all(shown for _, shown in drawn):
        return known or otherwise
    stem, dot, _ = known.rpartition(".")
    return known if any(map(str.isalnum, stem if dot else known)) else otherwise     # ".png" alone is no name


def _drawn(char: str) -> str:
    """What stands for this character: itself, its parts without their marks, or nothing."""
    if char in _characters():
        return char
    parts = [part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)]
    return "".join(parts) if all(part in _characters() for part in parts) else ""


@cache
def _characters() -> frozenset[str]:
    """Those that the font has and that stand for themselves."""
    from fontTools.ttLib import TTFont

    with TTFont(font_path(), lazy=True) as font:
        return frozenset(char for char in map(chr, font.getBestCmap()) if _stands_by_itself(char))


def _stands_by_itself(char: str) -> bool:
    if unicodedata.category(char)[0] == "L":
        return unicodedata.name(char, "").startswith(_SCRIPTS)
    is_sign = unicodedata.category(char)[0] in "NPS" and unicodedata.bidirectional(char) not in ("R", "AL", "AN")
    return is_sign or char == " "
