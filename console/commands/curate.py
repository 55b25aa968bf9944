"""The commands that turn a pile of pictures into a set: star, tag, role, exclude, remove."""

from typing import Annotated

import typer

from console.commands.parameters import JsonOption, RoleWord, takes_groups, terminal_of
from console.filter_options import IMAGES_HELP, ImageFilterOptions

Either = Annotated[
    list[str] | None, typer.Argument(metavar="IMAGE|RESULT", help=f"{IMAGES_HELP} Results by number: r3, r1-5.")
]
Images = Annotated[list[str] | None, typer.Argument(metavar="IMAGE", help=IMAGES_HELP)]


@takes_groups
def star(
    context: typer.Context, words: Either = None, *, narrowed: ImageFilterOptions, as_json: JsonOption = False
) -> int:
    """Star images or results.

    A starred result is the one that the wall shows of its pair. `*` names all that is starred, --favourite keeps it.
    """
    from console.marking import run_star

    return run_star(terminal_of(context, as_json), context.obj["library"], words or (), narrowed, starred=True)


@takes_groups
def unstar(
    context: typer.Context, words: Either = None, *, narrowed: ImageFilterOptions, as_json: JsonOption = False
) -> int:
    """Take stars."""
    from console.marking import run_star

    return run_star(terminal_of(context, as_json), context.obj["library"], words or (), narrowed, starred=False)


@takes_groups
def tag(
    context: typer.Context,
    tags: Annotated[str | None, typer.Argument(metavar="TAG[,TAG]", help="Without one, the tags are listed.")] = None,
    words: Either = None,
    *,
    narrowed: ImageFilterOptions,
    off: Annotated[bool, typer.Option("--off", help="Take the tags off.")] = False,
    as_json: JsonOption = False,
) -> int:
    """File images or results under words of your own.

    `#sea` (quoted, where the shell takes # for a comment) names all that is tagged sea, --tag sea keeps it.
    """
    from console.marking import run_tag

    return run_tag(terminal_of(context, as_json), context.obj["library"], tags, words or (), narrowed, off=off)


@takes_groups
def role(
    context: typer.Context,
    purpose: Annotated[
        RoleWord, typer.Argument(metavar="content|style|both|source", help="source: that of its profile or addition.")
    ],
    words: Images = None,
    *,
    narrowed: ImageFilterOptions,
    as_json: JsonOption = False,
) -> int:
    """Say what images are for, one by one.

    Whatever role their profile has. Adding such an image again with --role ends it.
    """
    from console.marking import run_role

    return run_role(terminal_of(context, as_json), context.obj["library"], purpose, words or (), narrowed)


@takes_groups
def exclude(
    context: typer.Context, words: Images = None, *, narrowed: ImageFilterOptions, as_json: JsonOption = False
) -> int:
    """Keep images, and leave them out.

    Of `stylize --all`, of `export`, and of whatever means several, such as a profile. By number or name they are there.
    """
    from console.marking import run_exclude

    return run_exclude(terminal_of(context, as_json), context.obj["library"], words or (), narrowed, excluded=True)


@takes_groups
def include(
    context: typer.Context, words: Images = None, *, narrowed: ImageFilterOptions, as_json: JsonOption = False
) -> int:
    """Let excluded images in again."""
    from console.marking import run_exclude

    return run_exclude(terminal_of(context, as_json), context.obj["library"], words or (), narrowed, excluded=False)


@takes_groups
def remove(
    context: typer.Context,
    words: Either = None,
    *,
    narrowed: ImageFilterOptions,
    with_results: Annotated[
        bool | None,
        typer.Option("--with-results/--keep-results", help="What was made of the images goes, too, or stays."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would go.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Remove images or results.

    Rows go, and files that nothing else needs. A slide that was scraped is not fetched again; `add` brings a picture
    back. A pair whose result was removed is made again by `stylize --all`, unless its image is removed or excluded.
    Your own files, exports and pages that were written stay as they are.
    """
    from console.removing import run_remove

    return run_remove(
        terminal_of(context, as_json), context.obj["library"], words or (), narrowed, yes=yes,
        with_results=with_results)


@takes_groups
def duplicates(
    context: typer.Context,
    words: Images = None,
    *,
    narrowed: ImageFilterOptions,
    distance: Annotated[
        int, typer.Option(min=0, max=32, metavar="BITS", help="How many of 64 bits of their hashes may differ.")
    ] = 8,
    as_json: JsonOption = False,
) -> int:
    """List images that are alike, in groups.

    Copies that were resized, compressed again or made a little brighter, and apart from them alike slides of one post.
    Nothing is removed. In an old library every image is looked at first, once.
    """
    from console.alike import run_duplicates

    return run_duplicates(terminal_of(context, as_json), context.obj["library"], words or (), narrowed, distance)
