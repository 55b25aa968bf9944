"""One picture filed: stored, recorded as an addition or as a slide of its post, and told.

Invariant: what people said of an image that is there already stays; what a set tells of it is for new ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from db.errors import PictureRefused
from db.importing.set_rows import NOTHING, Described
from db.importing.slides import ImportedSlide
from db.library import Library
from db.records import Role, StoredFile

Store = Callable[[], StoredFile]    # raises PictureRefused


@dataclass(frozen=True)
class Addition:
    """What became of one file.

    `status` is added, known (its bytes or its slide were there already), forgotten (left out, for the user had its
    post or profile removed), failed, or ignored (in a folder, and not named like an image). Date and caption are those
    that an archive or a set tells. Where the role of what was there has changed by it, `role_before` is the former one:
    of the image, or of all images of `profile`.
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


def add_picture(
    library: Library, origin: Path, store: Store, role: Role | None, described: Described = NOTHING
) -> Addition:
    """An addition of the user's own."""
    try:
        stored = store()
    except PictureRefused as refusal:
        return Addition(origin, "failed", reason=str(refusal))
    before = library.images.role(stored.sha256)
    if before is not None and role is None and described.role is not None:
        (known,) = library.images.with_hashes([stored.sha256]).values()     # a set is no second word on what it is for
        return Addition(origin, "known", known.id, stored.sha256)
    given = role or described.role
    image_id, is_new = library.images.add(
        stored, str(origin), given, taken_at=described.taken_at, caption=described.caption,
        source_url=described.source_url)
    if before is None:
        _mark(library, image_id, described)
    changed = before is not None and library.images.role(stored.sha256) is not before
    return Addition(
        origin, "added" if is_new else "known", image_id, stored.sha256, taken_at=described.taken_at,
        caption=described.caption, role_before=before if changed else None)


def add_slide(
    library: Library, origin: Path, store: Store, slide: ImportedSlide, role: Role | None,
    described: Described = NOTHING,
) -> Addition:
    """A slide of its post, unless the post or its profile was forgotten."""
    code = slide.post.code
    owners = {slide.post.pk: slide.post.owner_pk}
    if library.forgotten.posts(owners) or library.forgotten.has_profile(slide.profile_pk):
        return Addition(origin, "forgotten", post_code=code)
    known = library.imported_slides.saved(slide)
    if known is not None:
        return Addition(origin, "known", *known, post_code=code)
    try:
        stored = store()
    except PictureRefused as refusal:
        return Addition(origin, "failed", reason=str(refusal), post_code=code)
    before, profile = library.images.role(stored.sha256), library.posts.profile(slide.profile_pk)
    image_id, is_new = library.imported_slides.save(slide, stored, role)
    if before is None:
        _mark(library, image_id, described, role)
    addition = Addition(origin, "added" if is_new else "known", image_id, stored.sha256, post_code=code)
    if profile is None or role in (None, profile.role):
        return addition
    return replace(addition, role_before=profile.role, profile=profile.username)


def _mark(library: Library, image_id: int, described: Described, role: Role | None = None) -> None:
    """What was said of a new image in the library that it comes from; a role that is asked for now comes first."""
    if described.tags:
        library.marks.tag_images([image_id], described.tags)
    if described.is_starred:
        library.marks.star_images([image_id])
    if role is None and described.role is not None and library.images.get(image_id).role is not described.role:
        library.marks.set_role([image_id], described.role)
