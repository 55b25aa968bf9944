"""Images that are on disk already -> the same store and catalog as scraped ones.

A picture that gallery-dl, instaloader or an export of ours described becomes the slide of its post; of an archive that
Instagram gave its user only the posts' pictures are taken; every other picture is an addition of the user's own, with
what a set's table tells of it.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from db.imaging.pictures import EXTENSIONS
from db.importing import add_set, archive, set_folder
from db.importing.filing import Addition, add_picture, add_slide
from db.importing.set_rows import Described
from db.importing.sidecars import VIDEO_SIDECAR, slide_of
from db.library import Library
from db.records import Role

__all__ = ["Addition", "add_images"]

_DESCRIBING = (".json", ".json.xz")


def add_images(library: Library, paths: Iterable[Path], role: Role | None) -> Iterator[Addition]:
    """Add each file, and the image files of each folder; one that is no image is told, never fatal.

    A role of None is that of the profile for pictures of a known one, content for all others.
    Lazy: each item is durable when it is yielded.
    """
    for path in paths:
        listed = archive.lists(path)
        if listed:
            yield from _add_archive(library, path, listed, role)
            continue
        described: set[Path] = set()    # by the table of a set, with all that is told of them
        for file in _files(path):
            # abspath, for resolve() would follow the user's links
            origin = Path(os.path.abspath(file))    # noqa: PTH100
            if origin in described or set_folder.is_ours(origin):
                continue
            if origin.name == set_folder.TABLE and not origin.is_symlink():
                yield from add_set.add_folder(library, origin, role, described)
            elif origin.suffix.lower() in add_set.SHARDS:
                yield from add_set.add_shard(library, origin, role)
            elif path.is_dir() and not _is_wanted(file):
                yield Addition(file, "ignored")
            else:
                addition = _add_file(library, origin, role)
                if addition is not None:
                    yield addition


def _add_file(library: Library, origin: Path, role: Role | None) -> Addition | None:
    """Add a picture as what it is described to be; the sidecar of a video tells of a slide without one."""
    is_video = origin.name.lower().endswith(VIDEO_SIDECAR)
    slide = slide_of(origin.with_suffix("") if is_video else origin)
    if slide is not None and library.forgotten.posts({slide.post.pk: slide.post.owner_pk}):
        return None if is_video else Addition(origin, "forgotten", post_code=slide.post.code)
    if is_video:
        if slide is not None and slide.slide.is_video:
            library.imported_slides.describe(slide, role)
        return None
    store = partial(library.store.put_copy, origin)
    if slide is not None and not slide.slide.is_video:      # the cover of a video is not its slide
        return add_slide(library, origin, store, slide, role)
    return add_set.add_described(library, origin, store, role, set_folder.beside(origin))


def _add_archive(library: Library, root: Path, listed: Iterable[Path], role: Role | None) -> Iterator[Addition]:
    for posts in listed:
        for entry in archive.entries(posts):
            place = archive.place(root, entry.uri)
            if place is None:
                yield Addition(posts, "failed", reason=f"leads out of the archive: {entry.uri[:200]}")
            else:
                described = Described(taken_at=entry.taken_at, caption=entry.caption)
                added = add_picture(library, place, partial(library.store.put_copy, place), role, described)
                yield replace(added, taken_at=entry.taken_at, caption=entry.caption)


def _files(path: Path) -> Iterator[Path]:
    """A named file as it is; of a folder all files but hidden ones and those that describe others, in order.

    What describes all pictures of a folder comes before them.
    """
    if not path.is_dir():
        yield path
        return
    for folder, subfolders, names in os.walk(path):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names, key=lambda name: (name != set_folder.TABLE, name)):
            describes = name.lower().endswith(_DESCRIBING) and not name.lower().endswith(VIDEO_SIDECAR)
            if not (name.startswith(".") or describes):
                yield Path(folder, name)


def _is_wanted(file: Path) -> bool:
    return file.suffix.lower() in EXTENSIONS or file.name.lower().endswith(VIDEO_SIDECAR)
