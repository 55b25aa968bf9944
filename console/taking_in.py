"""Files and folders that `stylize` is given are added to the library before anything is made of them.

Invariant: what the library has stays as it is, its role, too; what cannot be added is one BadRequest.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from console.errors import BadRequest
from console.terminal import Terminal
from console.words import counted
from db.errors import BadQuery
from db.hashing import sha256_of_file
from db.importing.add import add_images
from db.library import CATALOG, Library, open_library, read_library
from db.records import Role
from db.selection.terms import Kind, parse_term, split


@contextmanager
def opened(root: Path, words: Sequence[str], *, dry_run: bool) -> Iterator[Library]:
    """The library that these words name images of, a new one where there is none and they name files.

    Raises BadRequest or BadSelection where a word names nothing: before a library is made, or the first file is added.
    """
    apart = list(_apart(words))
    files = [Path(word).expanduser() for word, is_there in apart if is_there]
    to_come = {path.name for path in files}
    named = [word for word, is_there in apart if not (is_there or word.startswith("-") or word in to_come)]
    if any(path.is_dir() for path in files):
        named = []      # they may name what the folder will bring
    is_catalog = os.path.exists(root / CATALOG)     # noqa: PTH110 - what cannot be looked at is none
    if files and named and not is_catalog:
        raise BadRequest(f"there is no file {named[0]}, and no library at {root} in which anything is called so")
    with read_library(root) if dry_run else open_library(root, create=bool(files)) as library:
        if files and named:
            library.selections.image_ids(named)
        yield library


def take_in(
    terminal: Terminal, library: Library, words: Sequence[str], role: Role, *, dry_run: bool = False
) -> list[str]:
    """The words with each file and folder on disk replaced by the numbers of its images, added where they are new."""
    found: list[str] = []
    for word, is_there in _apart(words):
        found += _added(terminal, library, Path(word).expanduser(), role, dry_run) if is_there else [word]
    return found


def _apart(words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each word, and whether it is a file or a folder on disk: by itself, or among those that it holds."""
    for word in words:
        within = [word] if _is_there(word) else split(word)
        if any(map(_is_there, within)):
            yield from ((each, _is_there(each)) for each in within)
        else:
            yield word, False


def _is_there(word: str) -> bool:
    """Whether a word is a file or a folder on disk, and nothing that has a meaning of its own."""
    try:
        named = parse_term(word).kind is Kind.NAME if word else False
        return named and not word.startswith("-") and Path(word).expanduser().exists()
    except (BadQuery, OSError, ValueError, RuntimeError):   # no term, too long, a null byte, or a home that is unknown
        return False


def _added(terminal: Terminal, library: Library, path: Path, role: Role, dry_run: bool) -> list[str]:
    known = _known(library, path)
    if known is not None:
        return [str(known)]
    if dry_run and path.is_dir() and library.selections.names(str(path)):
        return [str(path)]
    if dry_run:
        raise BadRequest(f"{path} is not in {library.root}, and --dry-run adds nothing; `add` it first")
    new: list[int] = []
    there: list[int] = []
    for item in add_images(library, [path], role if path.is_file() else None):
        if item.status == "failed":
            if path.is_file():
                raise BadRequest(f"{path}: {item.reason}")
            terminal.warn(f"{item.path}: {item.reason}")
        if item.image_id is not None:
            (new if item.status == "added" else there).append(item.image_id)
    if path.is_dir() and role is not Role.CONTENT:
        library.marks.set_role(new, role)       # those that were there before keep theirs
    if not (new or there):
        raise BadRequest(f"no images in {path}")
    if new:
        numbers = f"image {new[0]}" if len(new) == 1 else counted(len(new), "image")
        terminal.say(f"added {path} as {role}: {numbers}")
    for number in new:
        terminal.record("added", path=path.absolute(), id=number, role=role)
    excluded = {image.id for image in library.images.with_ids([*new, *there]) if image.is_excluded}
    return [str(number) for number in dict.fromkeys([*new, *there]) if number not in excluded]


def _known(library: Library, path: Path) -> int | None:
    """The image that a file is already, whatever it was called when it was added."""
    if not path.is_file():
        return None
    try:
        sha256 = sha256_of_file(path)
    except OSError as error:
        raise BadRequest(f"cannot read {path}: {error.strerror}") from error
    image = library.images.with_hashes([sha256]).get(sha256)
    return None if image is None else image.id
