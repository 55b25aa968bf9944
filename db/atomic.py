"""Put a file or a folder in its place whole or not at all.

What stands at the target is the old one or the new one, complete and synced; a kill leaves at most a hidden
leftover beside it, which the next run clears. Nothing that we did not make is ever removed.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from db.disk import storage_errors, sync, sync_tree
from db.errors import OutputRefused


def put(staged: Path, final: Path) -> None:
    """Give a written file on the same disk its final name: durable before it has it, and the name before we return."""
    sync(staged)
    staged.replace(final)
    sync(final.parent)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes `target` when the block ends well.

    Raises OutputRefused or StorageFailed.
    """
    with output_errors(target):
        if target.is_dir():
            raise OutputRefused(f"{target} is a folder; name the file to write")
        if target.exists() and not target.is_file():    # it would be replaced, were it /dev/null
            raise OutputRefused(f"{target} is a device or a pipe; name the file to write")
        with new_file(target) as part:
            yield part


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """The same inside a library or a backup, where the disk's errors are the caller's and every file is ours."""
    part = target.with_name(f".{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        put(part, target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path, check: Callable[[Path], None]) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `target` when the block ends well.

    `check` raises unless the folder it is given may be thrown away. Raises OutputRefused or StorageFailed.
    """
    with output_errors(target), new_folder(target.resolve(), check) as building:
        yield building


@contextmanager
def new_folder(target: Path, check: Callable[[Path], None] = lambda _: None) -> Iterator[Path]:
    """The same inside a library, where the disk's errors are the caller's and every folder is ours."""
    prepare(target, check)
    new = beside(target)
    remove(new)
    new.mkdir()
    try:
        yield new
        sync_tree(new)
        take_place(new, target, check)
    finally:
        remove(new)


def beside(target: Path) -> Path:
    """Where a folder is built that is to take the place of `target`."""
    return target.with_name(f".{target.name}.stylegram-new")


def prepare(target: Path, check: Callable[[Path], None]) -> None:
    """Clear up what a kill may have left of an earlier change of place; raises what `check` raises of the target."""
    target.parent.mkdir(parents=True, exist_ok=True)
    old = _moved_aside(target)
    if old.exists() and not target.exists():
        old.rename(target)  # killed between the two renames of `take_place`
    if target.exists():
        check(target)
    remove(old)


def take_place(new: Path, target: Path, check: Callable[[Path], None]) -> None:
    """Give a folder that is durable the name of `target`, and remove what had it; what `check` refuses stays."""
    old = _moved_aside(target)
    if target.exists():
        check(target)   # filling may have taken minutes, in which someone put a file there
        target.rename(old)
    new.rename(target)
    sync(target.parent)
    remove(old)


def _moved_aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.stylegram-old")


@contextmanager
def output_errors(target: Path) -> Iterator[None]:
    """Turn what the system says of a place to write to into OutputRefused or StorageFailed."""
    try:
        with storage_errors():
            yield
    except OSError as error:
        raise OutputRefused(f"cannot write {target}: {error.strerror or error}") from error


def remove(folder: Path) -> None:
    """The folder with all that is in it, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)
