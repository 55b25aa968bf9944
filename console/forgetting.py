"""The command `forget`: remove a profile or a post, for good; without --yes it only says what would go."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from console.errors import BadRequest
from console.terminal import Terminal
from db.forgotten import Kind
from db.library import Library, open_library
from db.samples import Samples
from scraper.shortcodes import pk_of
from scraper.targets import PostTarget, parse_target


def run_forget(terminal: Terminal, root: Path, targets: Sequence[str], yes: bool, take_back: bool) -> int:
    """Forget each target, show what that would take away, or let it be fetched again."""
    named = [_kind_and_name(text) for text in dict.fromkeys(targets)]
    with open_library(root, create=False) as library, ExitStack() as locks:
        if take_back:
            for kind, name in named:
                _take_back(terminal, library, kind, name)
            return 0
        if yes:     # a visit or a transfer at work would write again what is being removed
            for activity in ("scrape", "stylize"):
                locks.enter_context(library.lock(activity))
        for kind, name, pk in [(kind, name, _pk(library, kind, name)) for kind, name in named]:
            _forget(terminal, library, kind, name, pk, yes)
        if not yes:
            terminal.answer("nothing was changed; with --yes it goes, and is not fetched again")
    return 0


def _kind_and_name(text: str) -> tuple[Kind, str]:
    target = parse_target(text)
    return (Kind.POST, target.code) if isinstance(target, PostTarget) else (Kind.PROFILE, target.username)


def _pk(library: Library, kind: Kind, name: str) -> str | None:
    """The id behind a name; None for a profile that is forgotten already. A post's code is its id."""
    if kind is Kind.POST:
        return str(pk_of(name))
    profile = library.posts.profile_named(name)
    if profile is not None:
        return profile.pk
    if library.forgotten.has(kind, name):
        return None
    raise BadRequest(f"nothing is known of a profile named {name}; `unfollow` it if it is only followed")


def _forget(terminal: Terminal, library: Library, kind: Kind, name: str, pk: str | None, yes: bool) -> None:
    if pk is None:
        terminal.record("forget", what=kind, name=name, pk=None, posts=0, results=0, files=0, done=True)
        terminal.answer(f"{kind} {name}: forgotten already")
        return
    loss = library.forgotten.forget(kind, pk, name) if yes else library.forgotten.loss(kind, pk)
    if yes:
        Samples(library.root).forget(kind, name)
    terminal.record("forget", what=kind, name=name, pk=pk, **vars(loss), done=yes)
    what = f"{loss.posts} posts, {loss.results} results, {loss.files} files"
    terminal.answer(f"{kind} {name}: {what} {'are gone' if yes else 'would go'}")


def _take_back(terminal: Terminal, library: Library, kind: Kind, name: str) -> None:
    was_forgotten = library.forgotten.take_back(kind, name)
    terminal.record("take_back", what=kind, name=name, forgotten=was_forgotten)
    terminal.answer(f"{kind} {name}: {'may be fetched again' if was_forgotten else 'was not forgotten'}")
