"""The commands by which people say something of images and results: star, tag, role, exclude."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from console.commands.parameters import RoleWord
from console.errors import BadRequest
from console.filter_options import ImageFilterOptions, check_words
from console.terminal import Terminal
from console.words import counted
from db.library import Library, open_library, read_library
from db.records import Role
from db.selection.terms import split
from db.tags import parse_tag


def run_star(
    terminal: Terminal, root: Path, words: Sequence[str], narrowed: ImageFilterOptions, *, starred: bool
) -> int:
    """Star what is named, or take its stars."""
    with _named(root, words, narrowed) as (library, images, results):
        changed = (
            library.marks.star_images(images, starred=starred), library.marks.star_results(results, starred=starred))
    return _tell(terminal, "star" if starred else "unstar", "starred" if starred else "no longer starred",
                 images, results, changed)


def run_exclude(
    terminal: Terminal, root: Path, words: Sequence[str], narrowed: ImageFilterOptions, *, excluded: bool
) -> int:
    """Leave images out of `--all`, or let them in again."""
    with _named(root, words, narrowed) as (library, images, results):
        _only_images(results)
        changed = library.marks.exclude(images, excluded=excluded)
    said = "left out of --all from now on" if excluded else "part of --all again"
    return _tell(terminal, "exclude" if excluded else "include", said, images, [], (changed, 0))


def run_role(
    terminal: Terminal, root: Path, role: RoleWord, words: Sequence[str], narrowed: ImageFilterOptions
) -> int:
    """Give images a role of their own, or take it."""
    with _named(root, words, narrowed) as (library, images, results):
        _only_images(results)
        changed = library.marks.set_role(images, None if role is RoleWord.SOURCE else Role(role.value))
    said = "of the role of their source again" if role is RoleWord.SOURCE else f"for {role} now"
    return _tell(terminal, "role", said, images, [], (changed, 0))


def run_tag(
    terminal: Terminal, root: Path, tags: str | None, words: Sequence[str], narrowed: ImageFilterOptions, *, off: bool
) -> int:
    """File what is named under tags, or take these off; without any, list the tags."""
    if tags is None:
        return _list_tags(terminal, root)
    wanted = [parse_tag(tag) for tag in split(tags)]
    if not wanted:
        raise BadRequest("say which tag, such as `tag sea 3 7`")
    with _named(root, words, narrowed) as (library, images, results):
        marks = library.marks
        of_images, of_results = (
            (marks.untag_images, marks.untag_results) if off else (marks.tag_images, marks.tag_results))
        changed = of_images(images, wanted), of_results(results, wanted)
    said = f"{'no longer ' if off else ''}tagged {' '.join(f'#{tag}' for tag in wanted)}"
    return _tell(terminal, "untag" if off else "tag", said, images, results, changed)


def _list_tags(terminal: Terminal, root: Path) -> int:
    with read_library(root) as library:
        found = library.marks.tags()
    for each in found:
        terminal.record("tag", tag=each.tag, images=each.images, results=each.results)
    terminal.table(("tag", "images", "results"), ((each.tag, each.images, each.results) for each in found),
                   kept=("tag",))
    return 0


@contextmanager
def _named(
    root: Path, words: Sequence[str], narrowed: ImageFilterOptions
) -> Iterator[tuple[Library, list[int], list[int]]]:
    """The open library, with the images and the results that are named."""
    filters = narrowed.filters()
    check_words(words)
    with open_library(root, create=False) as library:
        yield library, *library.selections.sort_out(words, filters)


def _only_images(results: Collection[int]) -> None:
    if results:
        raise BadRequest("this is said of images alone; their numbers have no r")


def _tell(
    terminal: Terminal, what: str, said: str, images: Sequence[int], results: Sequence[int], changed: tuple[int, int]
) -> int:
    terminal.record(what, image_ids=images, result_ids=results, images_changed=changed[0], results_changed=changed[1])
    parts = [counted(number, noun) for number, noun in ((changed[0], "image"), (changed[1], "result")) if number]
    same = len(images) + len(results) - sum(changed)
    already = f"; {same} {'was' if same == 1 else 'were'} so already" if same else ""
    terminal.answer(f"{' and '.join(parts)} {said}{already}" if parts else f"nothing changed{already}")
    return 0
