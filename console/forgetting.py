"""The command `forget`: remove a profile or a post, for good; without --yes it only says what would go."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from console.errors import BadRequest
from console.terminal import Terminal
from console.words import counted
from db.forgotten import Kind, Removal
from db.library import Library, open_library
from scraper.shortcodes import pk_of
from scraper.targets import PostTarget, parse_target


def run_forget(terminal: Terminal, root: Path, targets: Sequence[str], yes: bool, take_back: bool) -> int:
    """Forget each target, show what that would take away, or let it be fetched again."""
    named = [_kind_and_name(text) for text in dict.fromkeys(targets)]
    with open_library(root, create=False) as library, ExitStack() as locks:
        left_over = library.forgotten.left_over()
        if yes or (take_back and left_over is not None):
            # A visit or a transfer at work would write again what is being removed.
            for activity in ("scrape", "stylize"):
                locks.enter_context(library.lock(activity))
            left_over = library.forgotten.clear_up()    # first: what is named may be what was cut off
        _tell_left_over(terminal, left_over or 0, done=yes or take_back)
        if take_back:
            for kind, name in named:
                _take_back(terminal, library, kind, name)
            return 0
        for kind, name, pk in [(kind, name, _pk(library, kind, name)) for kind, name in named]:
            _forget(terminal, library, kind, name, pk, yes)
        if not yes:
            terminal.answer("nothing was changed; with --yes it goes, and is not fetched again")
    return 0


def _tell_left_over(terminal: Terminal, files: int, *, done: bool) -> None:
    """Say what a forgetting had left that was killed, if anything."""
    if files:
        terminal.record("left_over", files=files, done=done)
        count = "a file" if files == 1 else counted(files, "file")
        terminal.answer(f"{'gone' if done else 'still there, to go with --yes'}: {count} of what was forgotten before")


def _kind_and_name(text: str) -> tuple[Kind, str]:
    target = parse_target(text)
    return (Kind.POST, target.code) if isinstance(target, PostTarget) else (Kind.PROFILE, target.username)


def _pk(library: Library, kind: Kind, name: str) -> str | None:
    """The id behind a name; None for a profile of which the catalog holds nothing. A post's code is its id."""
    if kind is Kind.POST:
        return str(pk_of(name))
    profile = library.posts.profile_named(name)
    if profile is None and not (library.forgotten.has(kind, name) or library.samples.naming([name])):
        raise BadRequest(f"nothing is known of a profile named {name}; `unfollow` it if it is only followed")
    return None if profile is None else profile.pk


def _forget(terminal: Terminal, library: Library, kind: Kind, name: str, pk: str | None, yes: bool) -> None:
    if pk is None:
        _forget_samples(terminal, library, name, yes)
        return
    removal = library.forgotten.forget(kind, pk, name) if yes else library.forgotten.removal(kind, pk, name)
    terminal.record("forget", what=kind, name=name, pk=pk, **vars(removal), done=yes)
    what = ", ".join((
        counted(removal.posts, "post"), counted(removal.results, "result"), counted(removal.files, "file"),
        counted(removal.samples, "kept page")))
    terminal.answer(f"{kind} {name}: {what} {'are gone' if yes else 'would go'}")


def _forget_samples(terminal: Terminal, library: Library, name: str, yes: bool) -> None:
    """Remove what is kept of the pages of a profile that is forgotten already or was never understood."""
    samples = library.samples.naming([name])
    for sample in samples if yes else ():
        library.samples.remove(sample)
    removal = Removal(0, 0, 0, len(samples))
    terminal.record("forget", what=Kind.PROFILE, name=name, pk=None, **vars(removal), done=yes)
    already = library.forgotten.has(Kind.PROFILE, name)
    known = "forgotten already" if already else "never understood, so there is nothing to know it by later"
    gone = "is gone" if len(samples) == 1 else "are gone"
    going = f"; {counted(len(samples), 'kept page')} {gone if yes else 'would go'}" if samples else ""
    terminal.answer(f"{Kind.PROFILE} {name}: {known}{going}")


def _take_back(terminal: Terminal, library: Library, kind: Kind, name: str) -> None:
    was_forgotten = library.forgotten.take_back(kind, name)
    terminal.record("take_back", what=kind, name=name, forgotten=was_forgotten)
    terminal.answer(f"{kind} {name}: {'may be fetched again' if was_forgotten else 'was not forgotten'}")
