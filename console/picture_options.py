"""What a user may say about the picture itself: sizes, colours, the file. One group of `stylize`'s options.

Invariant: None leaves a value to the recipe.
"""

from dataclasses import dataclass
from typing import Annotated

import typer

from stylizer.recipe.formats import DEFAULT_QUALITY, Format
from stylizer.recipe.model import Colour, Recipe, StyleShape
from stylizer.recipe.overrides import override

_PICTURE = "Picture"


@dataclass(frozen=True)
class PictureOptions:
    """Of which size and colours a picture is, and in what file."""

    upscale: Annotated[
        bool, typer.Option("--upscale", help="Enlarge images that are smaller than the size.", rich_help_panel=_PICTURE)
    ] = False
    style_scale: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=16, metavar="FACTOR", help="Of the style's sides; smaller makes finer strokes.",
            rich_help_panel=_PICTURE,
        ),
    ] = None
    style_shape: Annotated[
        StyleShape | None,
        typer.Option(help="Of the style: its own, or the content's.", show_default=False, rich_help_panel=_PICTURE),
    ] = None
    colour: Annotated[
        Colour | None,
        typer.Option(
            "--colour", "--color",
            help="Keep the content's: only light and dark are painted, or the style is recoloured first.",
            show_default=False, rich_help_panel=_PICTURE,
        ),
    ] = None
    format: Annotated[
        Format | None,
        typer.Option(help="Of the file; 16 bits for those who edit it further.", show_default=False,
                     rich_help_panel=_PICTURE),
    ] = None
    file_quality: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, help=f"Of a jpeg or webp; a webp of 100 is exact.  [default: {DEFAULT_QUALITY}]",
            rich_help_panel=_PICTURE,
        ),
    ] = None

    def apply(self, recipe: Recipe) -> Recipe:
        """The recipe with what is said here. Raises BadRecipe."""
        changes = {
            "upscale": self.upscale or None,
            "style_scale": self.style_scale,
            "style_shape": self.style_shape,
            "colour": self.colour,
            "format": self.format,
            "file_quality": self.file_quality,
        }
        return override(recipe, **{name: value for name, value in changes.items() if value is not None})
