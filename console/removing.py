"""The command `remove`: take images and results back; without --yes it only says what would go."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from console.errors import BadRequest
from console.filter_options import ImageFilterOptions, check_words
from console.terminal import Terminal
from console.words import counted
from db.library import open_library

_SHOWN = 10


def run_remove(
    terminal: Terminal, root: Path, words: Sequence[str], narrowed: ImageFilterOptions, *, yes: bool,
    with_results: bool | None,
) -> int:
    """Remove what is named, or say what would go. Raises BadRequest where results are left unsaid."""
    filters = narrowed.filters()
    check_words(words)
    with open_library(root, create=False) as library, ExitStack() as locks:
        if yes:
            # A visit or a transfer at work would write again what is being removed.
            for activity in ("scrape", "stylize"):
                locks.enter_context(library.lock(activity))
            library.forgotten.clear_up()        # of a removal that was killed
        images, results = library.selections.sort_out(words, filters)
        found = library.removals.preview(images, results, with_results=with_results is True)
        if yes and found.kept_results and with_results is None:
            raise BadRequest(
                f"{counted(found.kept_results, 'result')} made of what would go: say --with-results or --keep-results")
        if yes:
            found = library.removals.remove(images, results, with_results=with_results is True)
        else:
            for image in library.images.with_ids(images)[:_SHOWN]:
                terminal.answer(f"image {image.id}: {image.source}")
            more = len(images) - _SHOWN
            if more > 0:
                terminal.answer(f"and {counted(more, 'more image')}")
    terminal.record("remove", image_ids=images, result_ids=results, **vars(found), done=yes)
    what = ", ".join((counted(found.images, "image"), counted(found.results, "result"), counted(found.files, "file")))
    starred = f", of which {found.starred} starred" if found.starred else ""
    terminal.answer(f"{what}{starred} {'are gone' if yes else 'would go'}")
    if found.kept_results:
        stay = "stays" if found.kept_results == 1 else "stay"
        said = "" if yes or with_results is False else "; with --with-results they go, too"
        terminal.answer(f"{counted(found.kept_results, 'result')} made of them {stay}{said}")
    if not yes:
        terminal.answer("nothing was changed; with --yes it goes, and removed slides are not fetched again")
    return 0
