"""What goes into a picture besides its two images and the recipe: further styles, masks, a start of one's own.

Invariant: whatever is here and shapes the picture is in `identity()`, by the hash of its bytes; with nothing here
that is empty, and results are what they are without.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from db.hashing import sha256_of_file
from db.imaging.pictures import open_picture
from db.records import Image
from stylizer.errors import BadBlend, BadMask
from stylizer.pictures.keep import Keep, check_words, read_keep
from stylizer.pictures.masks import Colour, Mask, correspondence, in_hex, read_mask

# Fraction would take 1e999999999, too, and count for hours.
_WEIGHT = re.compile(r"\s*(\d{1,9}(\.\d{0,9})?(e[+-]?\d)?|\.\d{1,9}|\d{1,9}/\d{1,9})\s*", re.ASCII)


@dataclass(frozen=True)
class Blend:
    """Styles mixed over the whole picture: their weights sum to one, the heaviest comes first."""

    parts: tuple[tuple[Image, float], ...]


@dataclass(frozen=True)
class Regions:
    """A mask over the content, and what each of its regions is painted in, from the darkest to the lightest.

    With a `style_mask` it is one style's region of the same colour, else a style for each region.
    """

    mask: Mask
    styles: tuple[Image, ...]
    style_mask: Mask | None = None

    @property
    def main(self) -> Image:
        """The style of the largest region."""
        if self.style_mask:
            return self.styles[0]
        areas = self.mask.areas()
        return self.styles[areas.index(max(areas))]


@dataclass(frozen=True)
class InitialImage:
    """A picture to start from."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Guidance:
    """What is besides; `mix` says how several styles or regions make one picture."""

    mix: Blend | Regions | None = None
    start: InitialImage | None = None
    keep: Keep | None = None        # where the content counts more

    @property
    def main_style(self) -> Image | None:
        """The style under which the result is kept, where styles or regions are mixed."""
        match self.mix:
            case Blend(parts):
                return parts[0][0]
            case Regions():
                return self.mix.main
            case None:
                return None

    @property
    def styles(self) -> tuple[Image, ...]:
        """All styles that are mixed."""
        match self.mix:
            case Blend(parts):
                return tuple(image for image, _ in parts)
            case Regions(_, styles):
                return styles
            case None:
                return ()

    def in_words(self) -> str | None:
        """Which styles are mixed, by their ids: "4 67 % + 7 33 %" or "#000000 4, #ffffff 7"."""
        match self.mix:
            case Blend(parts):
                return " + ".join(f"{image.id} {weight:.0%}".replace("%", " %") for image, weight in parts)
            case Regions(mask, styles):
                return ", ".join(f"{in_hex(colour)} {image.id}" for colour, image in _each(mask, styles))
            case None:
                return None

    def identity(self) -> dict[str, Any]:
        """Everything here that shapes the picture, as plain JSON; empty when there is nothing."""
        found: dict[str, Any] = {}
        match self.mix:
            case Blend(parts):
                found["blend"] = [[image.sha256, weight] for image, weight in parts]
            case Regions(mask, styles, style_mask):
                found["regions"] = [
                    [in_hex(colour), image.sha256] for colour, image in _each(mask, styles)
                ]
                found["content_mask"] = mask.sha256
                if style_mask:
                    found["style_mask"] = style_mask.sha256
            case None:
                pass
        if self.start:
            found["start"] = self.start.sha256
        if self.keep:
            found["keep"] = self.keep.sha256
        return found


PLAIN = Guidance()


def parse_weights(text: str) -> tuple[Fraction, ...]:
    """Weights such as 2:1 or 0.5:0.25:0.25. Raises BadBlend."""
    try:
        parts = text.split(":")
        if not all(map(_WEIGHT.fullmatch, parts)):
            raise ValueError
        weights = tuple(map(Fraction, parts))
    except (ValueError, ZeroDivisionError) as error:
        raise BadBlend(f"blend {text!r}: give each style a weight, such as 2:1") from error
    if len(weights) < 2 or min(weights) <= 0:
        raise BadBlend(f"blend {text!r}: give two styles or more a weight above 0 each, such as 2:1")
    return weights


def blend(styles: Sequence[Image], weights: Sequence[Fraction]) -> Blend:
    """These styles with these weights, in an order that does not depend on theirs. Raises BadBlend."""
    if len(styles) != len(weights):
        raise BadBlend(f"{len(styles)} styles and {len(weights)} weights: name as many of both")
    # Fractions, so that 2:1 and 4:2 are the same blend to the last bit.
    shares = [(image, float(weight / sum(weights))) for image, weight in zip(styles, weights, strict=True)]
    return Blend(tuple(sorted(shares, key=lambda part: (-part[1], part[0].sha256))))


def regions(content: Image, styles: Sequence[Image], content_mask: Path, style_mask: Path | None) -> Regions:
    """The regions of a content's mask with their styles. Raises BadMask and PictureRefused."""
    mask = read_mask(content_mask)
    mask.must_fit(content.width, content.height)
    if style_mask is None:
        if len(styles) != len(mask.colours):
            raise BadMask(
                f"{mask.name} has {len(mask.colours)} regions ({', '.join(map(in_hex, mask.colours))}, dark to light) "
                f"and --style names {len(styles)}: name one for each region, or give a --style-mask"
            )
        return Regions(mask, tuple(styles))
    if len(styles) != 1:
        raise BadMask(f"a style mask is that of one style, and there are {len(styles)}")
    other = read_mask(style_mask)
    other.must_fit(styles[0].width, styles[0].height)
    correspondence(mask, other)
    return Regions(mask, tuple(styles), other)


def keep(content: Image, said: str) -> Keep:
    """A mask over this content, of a file. Raises BadMask and PictureRefused."""
    check_words(said)
    if not Path(said).is_file():
        raise BadMask(f"--keep {said}: no such file; give a picture over the content, white on what is to be kept")
    mask = read_keep(Path(said))
    mask.must_fit(content.width, content.height)
    return mask


def start(path: Path) -> InitialImage:
    """A picture to start from. Raises PictureRefused."""
    with open_picture(path):
        return InitialImage(path, sha256_of_file(path))


def _each(mask: Mask, styles: Sequence[Image]) -> list[tuple[Colour, Image]]:
    """Each region's colour and style; one style may serve them all."""
    return list(zip(mask.colours, styles if len(styles) > 1 else [*styles] * len(mask.colours), strict=True))
