"""Which images meet in `stylize` and `sweep`, and what goes into their pictures besides.

Invariant: what is not clear is one BadRequest, before anything is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import BadRequest
from console.transfer_options import ImageSelection, RecipeOptions
from db.library import Library
from db.records import Image, Role

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.pictures.guidance import Guidance


@dataclass(frozen=True)
class Chosen:
    """What meets. Where styles are mixed, `styles` are those that the ingredients mix."""

    contents: Sequence[Image]
    styles: Sequence[Image]
    guidance: "Guidance"


def choose(library: Library, choice: ImageSelection, options: RecipeOptions) -> Chosen:
    """The images that are said, or all that serve. Raises BadRequest, UnknownImage and what `ingredients_of` raises."""
    contents = chosen(library, Role.CONTENT, choice.content or ())
    styles = chosen(library, Role.STYLE, choice.style or ())
    if choice.content_mask:     # there a style's place says whose it is: two regions may have the same
        styles = [library.images.get(image_id) for image_id in choice.style or ()]
    return Chosen(contents, styles, guidance_of(choice, options, contents, styles))


def chosen(library: Library, role: Role, ids: Sequence[int]) -> list[Image]:
    """The images of these ids whatever their role, or all that serve in the role."""
    if ids:
        return [library.images.get(image_id) for image_id in dict.fromkeys(ids)]
    found = library.images.find(role)
    if not found:
        raise BadRequest(
            f"no {role} image in {library.root}; "
            f"get some with `scrape PROFILE --role {role}` or `add PATH --role {role}`"
        )
    return found


def check_mix(choice: ImageSelection) -> None:
    """Raises BadRequest where it is not clear which styles or regions are mixed."""
    contents, styles = choice.content or (), choice.style or ()
    if choice.blend is not None and len(styles) < 2:
        raise BadRequest("--blend mixes the images that --style names: give it two or more")
    if choice.blend is not None and choice.content_mask:
        raise BadRequest("--blend mixes styles all over, --content-mask by regions: leave out one of them")
    if choice.style_mask and not choice.content_mask:
        raise BadRequest("--style-mask says where the regions of a --content-mask take their style; give that, too")
    if choice.content_mask and (len(contents) != 1 or not styles):
        raise BadRequest("--content-mask is that of one content: name it with --content, and its styles with --style")
    if (choice.blend or choice.content_mask) and {*contents} & {*styles}:
        raise BadRequest("an image is never painted in its own style; choose another --content or --style")


def guidance_of(
    choice: ImageSelection, options: RecipeOptions, contents: Sequence[Image], styles: Sequence[Image]
) -> "Guidance":
    """What goes into the pictures besides. Raises BadBlend, BadMask, PictureRefused."""
    from stylizer.pictures import guidance

    mix: guidance.Blend | guidance.Regions | None = None
    if choice.blend is not None:
        mix = guidance.blend(styles, guidance.parse_weights(choice.blend))
    elif choice.content_mask:
        mix = guidance.regions(contents[0], styles, choice.content_mask, choice.style_mask)
    start = options.start_file
    return guidance.Guidance(mix, guidance.start(start) if start else None)
