"""Images that are on disk already -> the same store and catalog as scraped ones.

A picture that gallery-dl or instaloader described becomes the slide of its post; of an archive that Instagram
gave its user only the posts' pictures are taken; every other picture is an addition of the user's own.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from db.errors import PictureRefused
from db.imaging.pictures import EXTENSIONS
from db.importing import archive
from db.importing.sidecars import VIDEO_SIDECAR, slide_of
from db.importing.slides import ImportedSlide
from db.library import Library
from db.records import Role

_DESCRIBING = (".json", ".json.xz")


@dataclass(frozen=True)
class Addition:
    """What became of one file.

    `status` is added, known (its bytes or its slide were there already), forgotten (left out, for the user had its
    post or profile removed), failed, or ignored (in a folder, and not named like an image). Date and caption are those
    that an archive tells. Where the role of what was there has changed by it, `role_before` is the former one: of the
    image, or of all images of `profile`.
    """

    path: Path
    status: str
    image_id: int | None = None
    sha256: str | None = None
    reason: str | None = None
    post_code: str | None = None
    taken_at: datetime | None = None
    caption: str | None = None
    role_before: Role | None = None
    profile: str | None = None


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
        for file in _files(path):
            if path.is_dir() and not _is_wanted(file):
                yield Addition(file, "ignored")
                continue
            # abspath, for resolve() would follow the user's links
            addition = _add_file(library, Path(os.path.abspath(file)), role)    # noqa: PTH100
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
    if slide is None or slide.slide.is_video:     # the cover of a video is not its slide
        return _add(library, origin, role)
    return _add_slide(library, origin, slide, role)


def _add_archive(library: Library, root: Path, listed: Iterable[Path], role: Role | None) -> Iterator[Addition]:
    for posts in listed:
        for entry in archive.entries(posts):
            place = archive.place(root, entry.uri)
            if place is None:
                yield Addition(posts, "failed", reason=f"leads out of the archive: {entry.uri[:200]}")
            else:
                added = _add(library, place, role, entry.taken_at, entry.caption)
                yield replace(added, taken_at=entry.taken_at, caption=entry.caption)


def _add(
    library: Library, origin: Path, role: Role | None, taken_at: datetime | None = None, caption: str | None = None
) -> Addition:
    try:
        stored = library.store.put_copy(origin)
    except PictureRefused as refusal:
        return Addition(origin, "failed", reason=str(refusal))
    before = library.images.role(stored.sha256)
    image_id, is_new = library.images.add(stored, str(origin), role, taken_at=taken_at, caption=caption)
    changed = before is not None and library.images.role(stored.sha256) is not before
    status = "added" if is_new else "known"
    return Addition(origin, status, image_id, stored.sha256, role_before=before if changed else None)


def _add_slide(library: Library, origin: Path, slide: ImportedSlide, role: Role | None) -> Addition:
    code = slide.post.code
    known = library.imported_slides.saved(slide)
    if known is not None:
        return Addition(origin, "known", *known, post_code=code)
    try:
        stored = library.store.put_copy(origin)
    except PictureRefused as refusal:
        return Addition(origin, "failed", reason=str(refusal), post_code=code)
    profile = library.posts.profile(slide.post.owner_pk)
    image_id, is_new = library.imported_slides.save(slide, stored, role)
    addition = Addition(origin, "added" if is_new else "known", image_id, stored.sha256, post_code=code)
    if profile is None or role in (None, profile.role):
        return addition
    return replace(addition, role_before=profile.role, profile=profile.username)


def _files(path: Path) -> Iterator[Path]:
    """A named file as it is; of a folder all files but hidden ones and those that describe others, in order."""
    if not path.is_dir():
        yield path
        return
    for folder, subfolders, names in os.walk(path):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            describes = name.lower().endswith(_DESCRIBING) and not name.lower().endswith(VIDEO_SIDECAR)
            if not (name.startswith(".") or describes):
                yield Path(folder, name)


def _is_wanted(file: Path) -> bool:
    return file.suffix.lower() in EXTENSIONS or file.name.lower().endswith(VIDEO_SIDECAR)
