"""Which images meet in `stylize` and `sweep`, and what goes into their pictures besides.

Invariant: what is not clear is one BadRequest or BadSelection, before anything is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.alike import without_weak
from console.errors import BadRequest
from console.terminal import Terminal
from console.transfer_options import ImageSelection, RecipeOptions
from console.words import counted, listed
from db.library import Library
from db.records import Image, Role
from db.selection.filters import NO_FILTERS, Filters, ImageStatus
from db.selection.terms import split

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.pictures.guidance import Guidance

OWN_STYLE = "an image is never painted in its own style; choose another --content or --style"


@dataclass(frozen=True)
class Chosen:
    """What meets. Where styles are mixed, `styles` are those that the ingredients mix."""

    contents: Sequence[Image]
    styles: Sequence[Image]
    guidance: "Guidance"


def choose(
    terminal: Terminal, library: Library, choice: ImageSelection, options: RecipeOptions, filters: Filters = NO_FILTERS
) -> Chosen:
    """The images that are said, or all that serve; filters narrow the contents.

    Raises BadRequest, BadSelection and what `guidance_of` raises.
    """
    contents = chosen(library, Role.CONTENT, choice.contents, filters)
    styles = chosen(library, Role.STYLE, choice.styles)
    if not choice.contents:
        contents = _without_weak(terminal, contents, Role.CONTENT, choice)
    if not choice.styles:
        styles = _without_weak(terminal, styles, Role.STYLE, choice)
    if choice.content_mask:     # there a style's place says whose it is: two regions may have the same
        words = [each for word in choice.styles for each in split(word)]
        styles = [image for word in words for image in chosen(library, Role.STYLE, [word])]
    if choice.contents and choice.styles and {*contents} == {*styles} and len(contents) == 1:
        raise BadRequest(OWN_STYLE)
    _check_mixed(choice, contents, styles)
    both = [image.id for image in contents if image in styles]
    if choice.blend is not None and both:
        terminal.say(f"not painted, for what is mixed is its own style: {counted(len(both), 'image')} ({listed(both)})")
    return Chosen(contents, styles, guidance_of(choice, options, contents, styles))


def _without_weak(terminal: Terminal, images: list[Image], role: Role, choice: ImageSelection) -> list[Image]:
    left = without_weak(terminal, images, role.value, choice.weak_side, left_out=choice.skip_weak)
    if not left:
        raise BadRequest(f"--skip-weak leaves no {role} image")
    return left


def chosen(library: Library, role: Role, words: Sequence[str], filters: Filters = NO_FILTERS) -> list[Image]:
    """The images of these words whatever their role, or all that serve in the role; of groups no excluded ones."""
    of_excluded = filters.status is ImageStatus.EXCLUDED
    if words:
        found = library.selections.images(words, filters, with_excluded=of_excluded)
        if not found:
            said = " ".join(each for word in words for each in split(word))
            raise BadRequest(f"of {said} no image is left to take as {role}")
        return found
    found = library.selections.images((), replace(filters, role=filters.role or role), with_excluded=of_excluded)
    if not found and filters != NO_FILTERS:
        raise BadRequest(f"no {role} image in {library.root} is like that; `images` shows what there is")
    if not found:
        raise BadRequest(
            f"no {role} image in {library.root}; "
            f"get some with `scrape PROFILE --role {role}` or `add PATH --role {role}`"
        )
    return found


def check_mix(choice: ImageSelection) -> None:
    """Raises BadRequest where it is not clear, from what was said alone, which styles or regions are mixed."""
    if choice.blend is not None and not choice.styles:
        raise BadRequest("--blend mixes the images that --style names: give it two or more")
    if choice.blend is not None and choice.content_mask:
        raise BadRequest("--blend mixes styles all over, --content-mask by regions: leave out one of them")
    if choice.style_mask and not choice.content_mask:
        raise BadRequest("--style-mask says where the regions of a --content-mask take their style; give that, too")
    if choice.keep and not choice.contents:
        raise BadRequest("--keep is a mask of one content: name it with --content")
    if choice.content_mask and not (choice.contents and choice.styles):
        raise BadRequest("--content-mask is that of one content: name it with --content, and its styles with --style")


def _check_mixed(choice: ImageSelection, contents: Sequence[Image], styles: Sequence[Image]) -> None:
    """The same, of the images that were found."""
    if choice.blend is not None and len(styles) < 2:
        raise BadRequest("--blend mixes the images that --style names: give it two or more")
    if choice.content_mask and len(contents) != 1:
        raise BadRequest("--content-mask is that of one content: name it with --content, and its styles with --style")
    if choice.keep and len(contents) != 1:
        raise BadRequest("--keep is a mask of one content: name it with --content")
    if (choice.blend or choice.content_mask) and choice.contents and {*contents} <= {*styles}:
        raise BadRequest(OWN_STYLE)


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
    return guidance.Guidance(
        mix, guidance.start(start) if start else None, guidance.keep(contents[0], choice.keep) if choice.keep else None)
