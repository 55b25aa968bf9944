"""A line of a set's table -> what the catalog keeps of its picture.

The table is that of our own export, of a folder with `metadata.jsonl` as `datasets` reads it, or of img2dataset.
Nothing of it is trusted: every value passes `db.values`, and what makes no sense is not there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from db import values
from db.errors import BadQuery
from db.importing.slides import MOST_SLIDES, ImportedSlide, kind_of
from db.records import PostRecord, Role, SlideRecord
from db.tags import parse_tag

_LONGEST_ADDRESS = 2_000
_MOST_TAGS = 200
_CAPTIONS = ("caption", "text", "prompt", "description", "alt_text")
_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Described:
    """What a line tells of its picture: the slide of a post, or the date, caption and address of another one.

    `role`, `tags` and `is_starred` are what somebody said of it in the library that it was exported from.
    `is_result` is true of a picture that was made: it is no original.
    """

    slide: ImportedSlide | None = None
    taken_at: datetime | None = None
    caption: str | None = None
    source_url: str | None = None
    role: Role | None = None
    tags: tuple[str, ...] = ()
    is_starred: bool = False
    is_result: bool = False


NOTHING = Described()


def read(row: object) -> Described:
    """What is understood of a line."""
    told = values.mapping(row)
    is_ours = "sha256" in told and "perceptual_hash" in told
    if "recipe_hash" in told and "content_sha256" in told:
        return Described(is_result=True)
    taken_at = values.moment(told.get("taken_at"))
    caption = next(filter(None, (values.text(told.get(name)) for name in _CAPTIONS)), None)
    if not is_ours:
        return Described(None, taken_at, caption, address(told.get("url")))
    slide = _slide(told, taken_at)
    return Described(
        slide, taken_at, values.text(told.get("caption")), None if slide else address(told.get("source_url")),
        role(told.get("role")), _tags(told.get("tags")), told.get("is_starred") is True)


def of_pair(row: object, prefix: str) -> Described:
    """Of the content ("content_") or style ("style_") that a picture was made of: its columns begin so."""
    told = values.mapping(row)
    caption = values.text(told.get(f"{prefix}caption")) or values.text(told.get(f"{prefix}alt_text"))
    return Described(
        caption=caption, source_url=address(told.get(f"{prefix}permalink")), role=role(prefix.removesuffix("_")))


def address(value: object) -> str | None:
    """A link to a page or a picture; nothing that is longer, or another scheme's."""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not _VISIBLE.fullmatch(value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None


def _slide(told: Mapping[str, Any], taken_at: datetime | None) -> ImportedSlide | None:
    pk, code = values.identity(told.get("post_pk")), values.code(told.get("post_code"))
    profile_pk, name = values.identity(told.get("profile_pk")), values.username(told.get("profile"))
    number = values.whole(told.get("slide"), MOST_SLIDES)
    if not (pk and code and profile_pk and name and number):
        return None
    count = max(values.whole(told.get("slides"), MOST_SLIDES) or 1, number)
    slide = SlideRecord(
        number - 1, values.identity(told.get("slide_pk")) or pk, told.get("is_video") is True,
        values.text(told.get("alt_text")))
    slides = tuple(slide if index == number - 1 else SlideRecord(index, pk) for index in range(count))
    post = PostRecord(
        pk, code, values.identity(told.get("owner_pk")) or profile_pk, kind_of(slides), slides, taken_at,
        values.text(told.get("caption")))
    return ImportedSlide(
        post, name, number - 1, profile_pk, role(told.get("profile_role")), told.get("is_full_size") is True or None,
        values.moment(told.get("fetched_at")))


def role(value: object) -> Role | None:
    """A role by its word."""
    return Role(value) if isinstance(value, str) and value in list(Role) else None


def _tags(value: object) -> tuple[str, ...]:
    found = []
    for word in (value.split()[:_MOST_TAGS] if isinstance(value, str) else ()):
        try:
            found.append(parse_tag(word))
        except BadQuery:
            continue
    return tuple(found)
