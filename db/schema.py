"""The tables of the catalog.

Identities are unique keys here, not sets in code: a profile and a post are their `pk`, a slide is
(post, index), a file is the SHA-256 of its bytes, an image is its file, a result is (content, style, recipe hash).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.columns import JsonObject, StorableText, UtcDateTime, Word
from db.records import Forgettable, ResultStatus, Role, SlideStatus


class Base(DeclarativeBase):
    """Names every constraint, so that later migrations can address it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, str: StorableText, dict[str, Any]: JsonObject}  # noqa: RUF012 - SQLAlchemy's own form


class FileRow(Base):
    """A content-addressed file. `path` is relative to the library, with forward slashes."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    path: Mapped[str] = mapped_column(unique=True)
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    added_at: Mapped[datetime]


class LostFileRow(Base):
    """A file that is gone, and that a repair could not bring back, until the same bytes come again."""

    __tablename__ = "lost_files"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    lost_at: Mapped[datetime]


class ImageRow(Base):
    """What people call a file by, once it is an image: files of results do not count. No number is given twice."""

    __tablename__ = "images"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own form

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), unique=True)
    # said of this image alone; without one, the roles of its sources
    role: Mapped[str | None] = mapped_column(Word(Role))
    starred_at: Mapped[datetime | None]
    excluded_at: Mapped[datetime | None]    # kept, and no part of what is meant by "all"


class ImageTagRow(Base):
    """A word that the user filed an image under."""

    __tablename__ = "image_tags"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True, index=True)


class LooksRow(Base):
    """What was measured of an image's pixels, once, as they were decoded."""

    __tablename__ = "looks"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[int] = mapped_column(BigInteger)   # of 64 bits, with a sign, for SQLite's integers have one
    sharpness: Mapped[float]
    brightness: Mapped[float]
    is_grey: Mapped[bool]


class ProfileRow(Base):
    """A public profile that was visited."""

    __tablename__ = "profiles"

    pk: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(index=True)
    full_name: Mapped[str]
    role: Mapped[str] = mapped_column(Word(Role))
    is_private: Mapped[bool]
    first_seen_at: Mapped[datetime]
    last_visit_at: Mapped[datetime]


class PostRow(Base):
    """A post, whichever profiles it was seen on."""

    __tablename__ = "posts"

    pk: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(index=True)
    owner_pk: Mapped[str]
    kind: Mapped[str]
    caption: Mapped[str | None]
    taken_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    times_missing: Mapped[int] = mapped_column(server_default="0")  # visits in a row that found its page gone
    gone_at: Mapped[datetime | None]


class ProfilePostRow(Base):
    """A post on a profile: a co-authored post belongs to two."""

    __tablename__ = "profile_posts"

    profile_pk: Mapped[str] = mapped_column(ForeignKey("profiles.pk"), primary_key=True)
    post_pk: Mapped[str] = mapped_column(ForeignKey("posts.pk"), primary_key=True, index=True)


class ForeignPostRow(Base):
    """A post that a profile's grid shows and that is not the profile's: its own page said so, once and for all."""

    __tablename__ = "foreign_posts"

    profile_pk: Mapped[str] = mapped_column(ForeignKey("profiles.pk"), primary_key=True)
    post_pk: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    reason: Mapped[str]
    seen_at: Mapped[datetime]


class SlideRow(Base):
    """One picture of a post, its file once it is saved, the reason when it is not."""

    __tablename__ = "slides"

    post_pk: Mapped[str] = mapped_column(ForeignKey("posts.pk"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    pk: Mapped[str]
    status: Mapped[str] = mapped_column(Word(SlideStatus))
    reason: Mapped[str | None]
    attempts: Mapped[int]
    alt_text: Mapped[str | None]
    original_width: Mapped[int | None]
    original_height: Mapped[int | None]
    source_url: Mapped[str | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files.id"), index=True)
    is_full_size: Mapped[bool | None]
    fetched_at: Mapped[datetime | None]
    is_video: Mapped[bool] = mapped_column(server_default="0")      # then its picture is the cover frame
    is_preview: Mapped[bool] = mapped_column(server_default="0")    # saved from what a page shows for want of more


class FormerFileRow(Base):
    """A file that a larger one took the place of. It stays: results may have been made from it."""

    __tablename__ = "former_files"
    __table_args__ = (ForeignKeyConstraint(["post_pk", "index"], ["slides.post_pk", "slides.index"]),)

    post_pk: Mapped[str] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True, index=True)
    replaced_at: Mapped[datetime]


class AdditionRow(Base):
    """An image of the user's own, by the place that it was added from."""

    __tablename__ = "additions"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(Word(Role))
    added_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]       # of the post that it was part of, where an archive tells
    caption: Mapped[str | None]
    source_url: Mapped[str | None]          # where the set that it was part of had it from


class ResultRow(Base):
    """A stylised picture, or the reason why there is none."""

    __tablename__ = "results"
    __table_args__ = (
        UniqueConstraint("content_id", "style_id", "recipe_hash"),
        Index("ix_results_style_id", "style_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("files.id"))
    style_id: Mapped[int] = mapped_column(ForeignKey("files.id"))
    recipe_hash: Mapped[str]
    recipe: Mapped[str]
    size: Mapped[int]
    steps: Mapped[int]
    seed: Mapped[int]
    status: Mapped[str] = mapped_column(Word(ResultStatus))
    reason: Mapped[str | None]
    attempts: Mapped[int]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files.id"))
    content_loss: Mapped[float | None]
    style_loss: Mapped[float | None]
    total_loss: Mapped[float | None]
    seconds: Mapped[float | None]
    details: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    starred_at: Mapped[datetime | None]


class ResultTagRow(Base):
    """A word that the user filed a result under."""

    __tablename__ = "result_tags"

    result_id: Mapped[int] = mapped_column(ForeignKey("results.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True, index=True)


class RunRow(Base):
    """One command that changed the library: when, on what, how it ended."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    command: Mapped[str]
    target: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    counts: Mapped[dict[str, Any]]


class PageLoadRow(Base):
    """A page that was asked of a site (its host and port), by whichever run."""

    __tablename__ = "page_loads"
    __table_args__ = (Index("ix_page_loads_site_at", "site", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str]
    at: Mapped[datetime]


class CoolDownRow(Base):
    """A time in which a site is left alone after it refused; `level` counts its repetitions from 0."""

    __tablename__ = "cool_downs"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    level: Mapped[int]
    evidence: Mapped[str]
    status: Mapped[int | None]      # of the answer that refused, and where it came from in the end
    address: Mapped[str | None]
    route: Mapped[str | None]


class FollowRow(Base):
    """A profile that the user wants visited regularly; its `profile_pk` is known from the first visit on."""

    __tablename__ = "follows"

    username: Mapped[str] = mapped_column(primary_key=True)
    profile_pk: Mapped[str | None] = mapped_column(index=True)
    role: Mapped[str | None] = mapped_column(Word(Role))
    limit: Mapped[int | None]
    followed_at: Mapped[datetime]
    last_visit_at: Mapped[datetime | None]
    last_outcome: Mapped[str | None]


class ForgottenRow(Base):
    """A profile or post (`kind`) that the user had removed, and that is not to be fetched again."""

    __tablename__ = "forgotten"

    kind: Mapped[str] = mapped_column(Word(Forgettable), primary_key=True)
    pk: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]               # the profile's name, the post's code
    forgotten_at: Mapped[datetime]
