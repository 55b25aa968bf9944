"""Where images come from, in full: the ids of profile, owner, post and slide, which `Image` tells by name alone.

For whoever hands a library over: an export says them, so that an import of it makes the same posts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from db.engine import Sessions
from db.schema import AdditionRow, FileRow, ImageRow, PostRow, ProfilePostRow, ProfileRow, ResultRow, SlideRow


@dataclass(frozen=True)
class Origin:
    """The post that an image is of, and when it was fetched; without a post, when it was added."""

    fetched_at: datetime | None
    profile_pk: str | None = None
    profile_role: str | None = None
    owner_pk: str | None = None         # who posted it: another one than the profile, where a post is shared
    post_pk: str | None = None
    slides: int | None = None           # how many the post has
    slide_pk: str | None = None
    is_video: bool = False              # then the image is the cover frame


@dataclass(frozen=True)
class Size:
    """Of a file's picture, in pixels."""

    width: int
    height: int


class Origins:
    """Queries on where images come from."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def of_slides(self) -> dict[tuple[int, str, str, int], Origin]:
        """The origin of every saved slide, by its image's id, the profile's name, the post's code and its index."""
        other = aliased(SlideRow)
        slides = select(func.count()).where(other.post_pk == SlideRow.post_pk).scalar_subquery()
        query = (
            select(
                ImageRow.id, ProfileRow.username, PostRow.code, SlideRow.index.label("index_"), SlideRow.fetched_at,
                ProfileRow.pk, ProfileRow.role, PostRow.owner_pk, PostRow.pk, slides, SlideRow.pk, SlideRow.is_video,
            )
            .join(SlideRow, SlideRow.file_id == ImageRow.file_id)
            .join(PostRow, PostRow.pk == SlideRow.post_pk)
            .join(ProfilePostRow, ProfilePostRow.post_pk == PostRow.pk)
            .join(ProfileRow, ProfileRow.pk == ProfilePostRow.profile_pk)
        )
        with self._sessions.read() as session:
            rows = session.execute(query)
            return {(image_id, profile, code, index): Origin(*told) for image_id, profile, code, index, *told in rows}

    def of_additions(self) -> dict[int, Origin]:
        """When each image of the user's own was first added, by its id."""
        query = (
            select(ImageRow.id, func.min(AdditionRow.added_at))
            .join(AdditionRow, AdditionRow.file_id == ImageRow.file_id).group_by(ImageRow.id)
        )
        with self._sessions.read() as session:
            return {image_id: Origin(added_at) for image_id, added_at in session.execute(query)}

    def sizes_of_results(self) -> Mapping[int, Size]:
        """The size of each result's picture, by the result's id."""
        query = select(ResultRow.id, FileRow.width, FileRow.height).join(FileRow, FileRow.id == ResultRow.file_id)
        with self._sessions.read() as session:
            return {result_id: Size(width, height) for result_id, width, height in session.execute(query)}
