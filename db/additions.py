"""Images of the user's own: files and folders -> the same store and catalog as scraped ones."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from db.errors import PictureRefused
from db.library import Library
from db.pictures import EXTENSIONS
from db.records import Role


@dataclass(frozen=True)
class Addition:
    """What became of one file: `status` is added, known (its bytes were there already) or failed."""

    path: Path
    status: str
    image_id: int | None = None
    sha256: str | None = None
    reason: str | None = None


def add_images(library: Library, paths: Iterable[Path], role: Role) -> Iterator[Addition]:
    """Add each file, and the image files of each folder; one that is no image is told, never fatal.

    Lazy: each item is durable when it is yielded.
    """
    for path in _files(paths):
        origin = Path(os.path.abspath(path))    # noqa: PTH100 - resolve() would follow the user's links
        try:
            stored = library.store.put_copy(origin)
        except PictureRefused as refusal:
            yield Addition(origin, "failed", reason=str(refusal))
            continue
        image_id, is_new = library.images.add(stored, str(origin), role)
        yield Addition(origin, "added" if is_new else "known", image_id, stored.sha256)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The named files as they are; of folders, what has an image's extension, hidden files left out, in order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, subfolders, names in os.walk(path):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and Path(name).suffix.lower() in EXTENSIONS:
                    yield Path(folder, name)
