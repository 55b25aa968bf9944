"""Images: every file that came from a slide or from the user's own disk, with its role and source."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import CompoundSelect, Row, Select, case, func, null, select, union_all

from db.engine import Sessions
from db.errors import UnknownImage
from db.file_rows import image_row
from db.looks import unsigned
from db.parameters import each
from db.records import Image, Looks, Role, StoredFile
from db.reread import Read, read
from db.schema import (
    AdditionRow,
    FileRow,
    ImageRow,
    ImageTagRow,
    LooksRow,
    PostRow,
    ProfilePostRow,
    ProfileRow,
    SlideRow,
)
from db.store import FileStore


class Images:
    """Queries on the images of a library. The same bytes are one image, with a number of its own."""

    def __init__(self, sessions: Sessions, store: FileStore) -> None:
        self._sessions = sessions
        self._store = store

    def add(
        self,
        stored: StoredFile,
        origin: str,
        role: Role | None,
        *,
        taken_at: datetime | None = None,
        caption: str | None = None,
        source_url: str | None = None,
    ) -> tuple[int, bool]:
        """Record an image of the user's own; returns its id and whether its bytes are new to the catalog.

        Added again from the same origin it takes the new role; from another one, the union of both. A role of
        None keeps that of an earlier addition, and is content for a new one; any other ends a role that was given to
        the image itself. A date, caption or address that is known stays.
        """
        with self._sessions.write() as session:
            known = session.scalar(select(FileRow.id).where(FileRow.sha256 == stored.sha256))
            image = image_row(session, self._store, stored)
            file_id = image.file_id
            earlier = session.scalar(
                select(AdditionRow.role).where(AdditionRow.file_id == file_id).order_by(AdditionRow.added_at.desc())
            )
            addition = session.get(AdditionRow, (file_id, origin))
            if addition is None:
                addition = AdditionRow(file_id=file_id, origin=origin, added_at=datetime.now(UTC))
                session.add(addition)
                addition.role = role or earlier or Role.CONTENT
            elif role is not None:
                addition.role = role
            if role is not None:
                image.role = None
            addition.taken_at = addition.taken_at or taken_at
            addition.caption = addition.caption or caption
            addition.source_url = addition.source_url or source_url
            return image.id, known is None

    def find(self, role: Role | None = None) -> list[Image]:
        """Images by id; with a role, those that serve in it (an image for both serves in either)."""
        with self._sessions.read() as session:
            images = self._merged(session.execute(_sources(_from_posts(), _from_disk())))
        return [image for image in images if role is None or image.role in (role, Role.BOTH)]

    def reread(self, before: Read) -> tuple[Read, list[Image], set[int]]:
        """The images that are new or other than they were `before`, and the ids of those that are gone."""
        everything = _sources(_from_posts(), _from_disk())
        with self._sessions.read() as session:
            now = read(session, everything)
            changed, gone = now.since(before)
            if not changed:
                return now, [], gone
            wanted = ImageRow.id.in_(each(changed))
            query = everything if not before.rows else _sources(
                *(source.where(wanted) for source in (_from_posts(), _from_disk())))
            return now, self._merged(session.execute(query)), gone

    def counts(self) -> dict[Role, int]:
        """How many images there are of each role, by the same rule as `find`."""
        roles = union_all(*(
            source.with_only_columns(FileRow.id, func.coalesce(ImageRow.role, role).label("role"))
            for source, role in ((_from_posts(), ProfileRow.role), (_from_disk(), AdditionRow.role))
        )).subquery()
        merged = case((func.min(roles.c.role) == func.max(roles.c.role), func.min(roles.c.role)), else_=Role.BOTH.value)
        of_each = select(merged.label("role")).group_by(roles.c.id).subquery()
        with self._sessions.read() as session:
            rows = session.execute(select(of_each.c.role, func.count()).group_by(of_each.c.role))
            found = {role: count for role, count in rows}  # noqa: C416 - dict() knows no rows of two
        return {role: found.get(role, 0) for role in Role}

    def role(self, sha256: str) -> Role | None:
        """What the image of these bytes is for, None if there is none."""
        with self._sessions.read() as session:
            image_id = session.scalar(
                select(ImageRow.id).join(FileRow, FileRow.id == ImageRow.file_id).where(FileRow.sha256 == sha256))
        try:
            return None if image_id is None else self.get(image_id).role
        except UnknownImage:    # a file that a larger one took the place of
            return None

    def get(self, image_id: int) -> Image:
        """The image with this id. Raises UnknownImage."""
        query = _sources(*(source.where(ImageRow.id == image_id) for source in (_from_posts(), _from_disk())))
        with self._sessions.read() as session:
            images = self._merged(session.execute(query))
        if not images:
            raise UnknownImage(f"no image {image_id} in the catalog; `images` lists them")
        return images[0]

    def with_ids(self, ids: Sequence[int]) -> list[Image]:
        """The images of these numbers that there are, in their order."""
        wanted = ImageRow.id.in_(each(ids))
        with self._sessions.read() as session:
            rows = session.execute(_sources(*(source.where(wanted) for source in (_from_posts(), _from_disk()))))
            found = {image.id: image for image in self._merged(rows)}
        return [found[number] for number in ids if number in found]

    def with_hashes(self, hashes: Iterable[str]) -> dict[str, Image]:
        """The images of these bytes that there are, by their hashes."""
        wanted = FileRow.sha256.in_(list(hashes))
        with self._sessions.read() as session:
            rows = session.execute(_sources(*(source.where(wanted) for source in (_from_posts(), _from_disk()))))
            return {image.sha256: image for image in self._merged(rows)}

    def _merged(self, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[Image]:
        """Of each image its oldest source, with a date and caption from the later ones where that has none.

        Another role among the later ones makes it an image for both, unless it was given one of its own.
        """
        found: dict[int, Image] = {}
        for row in rows:
            first = found.get(row.id)
            if first is None:
                found[row.id] = self._image(row)
                continue
            found[row.id] = replace(
                first,
                role=first.role if row.own_role or first.role in (row.role, Role.BOTH) else Role.BOTH,
                taken_at=first.taken_at or row.taken_at,
                caption=first.caption or row.caption,
            )
        return list(found.values())

    def _image(self, row: Row[*tuple[Any, ...]]) -> Image:
        # by place, in the order of `_from_posts`: asked for by name each of ten thousand takes half as long again
        (
            number, sha256, path, role, width, height, taken_at, caption, profile, post_code, slide, source_url,
            is_full_size, alt_text, origin, _, own_role, starred_at, excluded_at, tags, perceptual, sharpness,
            brightness, is_grey,
        ) = row
        return Image(
            id=number,
            sha256=sha256,
            path=self._store.absolute(path),
            role=Role(own_role or role),
            width=width,
            height=height,
            profile=profile,
            post_code=post_code,
            slide=slide,
            taken_at=taken_at,
            source_url=source_url,
            is_full_size=is_full_size,
            alt_text=alt_text,
            name=None if origin is None else Path(origin).name,
            caption=caption,
            tags=tuple(sorted(tags.split())) if tags else (),
            is_starred=starred_at is not None,
            is_excluded=excluded_at is not None,
            looks=None if perceptual is None else Looks(unsigned(perceptual), sharpness, brightness, is_grey),
        )


def _of_each() -> tuple[Any, ...]:
    """What an image is, whichever source it is reached by."""
    tags = select(func.group_concat(ImageTagRow.tag, " ")).where(ImageTagRow.image_id == ImageRow.id)
    return (
        ImageRow.role.label("own_role"), ImageRow.starred_at, ImageRow.excluded_at,
        tags.scalar_subquery().label("tags"),
        LooksRow.hash, LooksRow.sharpness, LooksRow.brightness, LooksRow.is_grey,
    )


def _from_posts() -> Select[*tuple[Any, ...]]:
    """One row for each profile on which a saved slide was seen; `Images._image` takes its columns in this order."""
    return (
        select(
            ImageRow.id.label("id"), FileRow.sha256, FileRow.path, ProfileRow.role, FileRow.width, FileRow.height,
            PostRow.taken_at, PostRow.caption,
            # a row of a result has a method named index
            ProfileRow.username, PostRow.code, SlideRow.index.label("index_"),
            SlideRow.source_url, SlideRow.is_full_size, SlideRow.alt_text,
            null().label("origin"), SlideRow.fetched_at.label("since"),
            *_of_each(),
        )
        .join(ImageRow, ImageRow.file_id == FileRow.id)
        .outerjoin(LooksRow, LooksRow.image_id == ImageRow.id)
        .join(SlideRow, SlideRow.file_id == FileRow.id)
        .join(PostRow, PostRow.pk == SlideRow.post_pk)
        .join(ProfilePostRow, ProfilePostRow.post_pk == PostRow.pk)
        .join(ProfileRow, ProfileRow.pk == ProfilePostRow.profile_pk)
    )


def _from_disk() -> Select[*tuple[Any, ...]]:
    """One row for each place that an image was added from, in the same order."""
    return select(
        ImageRow.id, FileRow.sha256, FileRow.path, AdditionRow.role, FileRow.width, FileRow.height,
        AdditionRow.taken_at, AdditionRow.caption,
        null(), null(), null(),     # of no post
        AdditionRow.source_url, null(), null(),
        AdditionRow.origin, AdditionRow.added_at,
        *_of_each(),
    ).join(ImageRow, ImageRow.file_id == FileRow.id).join(AdditionRow, AdditionRow.file_id == FileRow.id).outerjoin(
        LooksRow, LooksRow.image_id == ImageRow.id)


def _sources(*selects: Select[*tuple[Any, ...]]) -> CompoundSelect[*tuple[Any, ...]]:
    """Every source of every image: by image, the oldest first, ties always in the same order."""
    return union_all(*selects).order_by("id", "since", "username", "code", "index_", "origin")
