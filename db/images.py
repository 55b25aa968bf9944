"""Images: every file that came from a slide or from the user's own disk, with its role and source."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from db.engine import Sessions
from db.errors import UnknownImage
from db.files import file_row
from db.records import Image, Role, StoredFile
from db.schema import AdditionRow, FileRow, PostRow, ProfilePostRow, ProfileRow, SlideRow
from db.store import FileStore


class Images:
    """Queries on the images of a library. An image's id is its file's: the same bytes are one image."""

    def __init__(self, sessions: Sessions, store: FileStore) -> None:
        self._sessions = sessions
        self._store = store

    def add(self, stored: StoredFile, origin: str, role: Role) -> tuple[int, bool]:
        """Record an image of the user's own; returns its id and whether its bytes are new to the catalog."""
        with self._sessions.write() as session:
            known = session.scalar(select(FileRow.id).where(FileRow.sha256 == stored.sha256))
            file_id = file_row(session, self._store, stored).id
            addition = session.get(AdditionRow, (file_id, origin))
            if addition is None:
                addition = AdditionRow(file_id=file_id, origin=origin, added_at=datetime.now(UTC))
                session.add(addition)
            addition.role = role.value
            return file_id, known is None

    def find(self, role: Role | None = None) -> list[Image]:
        """Images by id; with a role, those that serve in it (an image for both serves in either)."""
        images = self._all()
        if role in (None, Role.BOTH):
            return [image for image in images if role is None or image.role is Role.BOTH]
        return [image for image in images if image.role in (role, Role.BOTH)]

    def get(self, image_id: int) -> Image:
        """The image with this id. Raises UnknownImage."""
        for image in self._all():
            if image.id == image_id:
                return image
        raise UnknownImage(f"no image {image_id} in the catalog; `images` lists them")

    def _all(self) -> list[Image]:
        with self._sessions.read() as session:
            from_posts = session.execute(
                select(FileRow, SlideRow, PostRow, ProfileRow)
                .join(SlideRow, SlideRow.file_id == FileRow.id)
                .join(PostRow, PostRow.pk == SlideRow.post_pk)
                .join(ProfilePostRow, ProfilePostRow.post_pk == PostRow.pk)
                .join(ProfileRow, ProfileRow.pk == ProfilePostRow.profile_pk)
                .order_by(FileRow.id, SlideRow.fetched_at, ProfileRow.first_seen_at)
            )
            added = session.execute(
                select(FileRow, AdditionRow)
                .join(AdditionRow, AdditionRow.file_id == FileRow.id)
                .order_by(FileRow.id, AdditionRow.added_at)
            )
            found: dict[int, Image] = {}
            for row in from_posts:
                self._merge(found, self._from_post(row))
            for file, addition in added:
                name = Path(addition.origin).name
                self._merge(found, self._image(file, Role(addition.role), name=name))
            return [found[image_id] for image_id in sorted(found)]

    def _merge(self, found: dict[int, Image], image: Image) -> None:
        """Keep the first source of an image; another role makes it one for both."""
        first = found.setdefault(image.id, image)
        if first.role is not image.role and first.role is not Role.BOTH:
            found[image.id] = Image(**{**vars(first), "role": Role.BOTH})

    def _from_post(self, row: Row[FileRow, SlideRow, PostRow, ProfileRow]) -> Image:
        file, slide, post, profile = row
        return self._image(
            file,
            Role(profile.role),
            profile=profile.username,
            post_code=post.code,
            slide=slide.index,
            taken_at=post.taken_at,
            source_url=slide.source_url,
            is_full_size=slide.is_full_size,
            alt_text=slide.alt_text,
        )

    def _image(self, file: FileRow, role: Role, **source: Any) -> Image:
        path = self._store.absolute(file.path)
        return Image(file.id, file.sha256, path, role, file.width, file.height, **source)
