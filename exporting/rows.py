"""Images and results -> the rows of an export, in the order of their numbers.

Pure, and free of files: a row says which pictures belong to it and where they lie, nobody has looked at them yet.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from db.links import came_from_instagram
from db.origins import Origin, Size
from db.records import Image, Result
from db.values import finite
from exporting.columns import Values

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NO_ORIGIN = Origin(None)
# Why something that was chosen has no row.
BETWEEN = "near-copies of images in different splits"
CONTENT_BETWEEN = "made of a near-copy of images in different splits"
WITHOUT_ORIGINAL = "made of an image that was removed, or that a larger one took the place of"
WITHOUT_PICTURE = "without a picture (`stylize` makes it again)"


@dataclass(frozen=True)
class About:
    """What a copy may say of its picture."""

    description: str | None
    author: str | None
    permalink: str | None
    taken_at: datetime | None


@dataclass(frozen=True)
class Picture:
    """A file of the library under the name that it gets; `width` and `height` are those of the file."""

    stem: str
    path: Path
    sha256: str
    width: int
    height: int
    about: About | None = None      # None for a result, which says how it was made
    as_jpeg: bool = False           # where all must be of one format

    @cached_property
    def extension(self) -> str:
        return self.path.suffix


@dataclass(frozen=True)
class Row:
    """One line of the table. `pictures` are by their prefixes, that of the row itself has none."""

    id: int
    split: str
    pictures: Mapping[str, Picture]
    values: Values
    text: str                       # what a model is told of it
    sources: frozenset[str]         # profiles that its pictures are from, "" for one that is of none


@dataclass(frozen=True)
class Catalog:
    """What rows are made from."""

    images: Mapping[int, Image]
    names: Mapping[int, str]
    slides: Mapping[tuple[int, str, str, int], Origin]
    additions: Mapping[int, Origin]
    sizes: Mapping[int, Size]
    hashes: Mapping[int, int]

    @cached_property
    def by_hash(self) -> Mapping[str, Image]:
        return {image.sha256: image for image in self.images.values()}

    def origin(self, image: Image) -> Origin:
        if image.profile is not None and image.post_code is not None and image.slide is not None:
            return self.slides.get((image.id, image.profile, image.post_code, image.slide), _NO_ORIGIN)
        return self.additions.get(image.id, _NO_ORIGIN)


def of_images(catalog: Catalog, images: Iterable[Image], split_of: Mapping[int, str]) -> list[Row]:
    """A row for each image that is in a split."""
    return [
        Row(image.id, split_of[image.id], {"": picture_of(catalog, image)}, _image_values(catalog, image),
            text_of(image), frozenset({image.profile or ""}))
        for image in sorted(images, key=lambda image: image.id) if image.id in split_of
    ]


def of_results(
    catalog: Catalog, results: Iterable[Result], split_of: Mapping[int, str], *, with_pair: bool
) -> tuple[list[Row], dict[int, str]]:
    """A row for each result that has a picture and whose content is in a split: it goes where its content goes.

    For every other one, by its id, why it has none.
    """
    rows, left_out = [], {}
    for result in sorted(results, key=lambda result: result.id):
        content, style = catalog.images.get(result.content_id), catalog.images.get(result.style_id)
        size = catalog.sizes.get(result.id)
        if content is None or style is None:
            left_out[result.id] = WITHOUT_ORIGINAL
            continue
        if result.path is None or size is None:
            left_out[result.id] = WITHOUT_PICTURE
            continue
        if content.id not in split_of:
            left_out[result.id] = CONTENT_BETWEEN
            continue
        stem = f"{catalog.names[content.id][:70]}_x_{catalog.names[style.id][:70]}_{result.id}"
        pictures = {"": Picture(stem, result.path, result.path.stem, size.width, size.height)}
        values = _result_values(result, content, style, pictures[""])
        if with_pair:
            pictures |= {"content": picture_of(catalog, content), "style": picture_of(catalog, style)}
            for name, image in (("content", content), ("style", style)):
                values |= {f"{name}_caption": image.caption, f"{name}_alt_text": image.alt_text}
        sources = frozenset(image.profile or "" for image in (content, style, *_mixed(catalog, result)))
        rows.append(Row(result.id, split_of[content.id], pictures, values, text_of(content), sources))
    return rows, left_out


def _mixed(catalog: Catalog, result: Result) -> list[Image]:
    """The other images that went into a result, where it mixes styles: its details tell them by their hashes."""
    told = json.dumps(result.record.details.get("besides") or {})
    return [catalog.by_hash[found] for found in _SHA256.findall(told) if found in catalog.by_hash]


def picture_of(catalog: Catalog, image: Image) -> Picture:
    """The image's file, with what its copy may say."""
    about = About(image.caption or image.alt_text, image.profile, image.permalink, image.taken_at)
    return Picture(catalog.names[image.id], image.path, image.sha256, image.width, image.height, about)


def text_of(image: Image) -> str:
    """What is told of it: the caption, else what the page says that it shows."""
    return image.caption or image.alt_text or ""


def source_url(image: Image) -> str | None:
    """Where a picture of no post came from; never an address of Instagram's image hosts, which is signed and dies."""
    is_told = image.post_code is None and not (image.source_url and came_from_instagram(image.source_url))
    return image.source_url if is_told else None


def moment(value: datetime | None) -> str | None:
    """A time in ISO 8601 with milliseconds.

    Without them readers of JSON take the text for a time of their own where all of a file have one, and for a text
    where one has none, and what reads several files wants one type.
    """
    return None if value is None else value.astimezone(UTC).isoformat(timespec="milliseconds")


def _image_values(catalog: Catalog, image: Image) -> Values:
    origin = catalog.origin(image)
    return {
        "id": image.id,
        "sha256": image.sha256,
        "width": image.width,
        "height": image.height,
        "perceptual_hash": f"{catalog.hashes[image.id]:016x}" if image.id in catalog.hashes else None,
        "profile": image.profile,
        "profile_pk": origin.profile_pk,
        "profile_role": origin.profile_role,
        "owner_pk": origin.owner_pk,
        "post_code": image.post_code,
        "post_pk": origin.post_pk,
        "slide": None if image.slide is None else image.slide + 1,
        "slides": origin.slides,
        "slide_pk": origin.slide_pk,
        "is_video": origin.is_video,
        "permalink": image.permalink,
        "source_url": source_url(image),
        "taken_at": moment(image.taken_at),
        "fetched_at": moment(origin.fetched_at),
        "caption": image.caption,
        "alt_text": image.alt_text,
        "name": image.name,
        "is_full_size": image.is_full_size is True,
        "role": image.role.value,
        "tags": " ".join(image.tags),
        "is_starred": image.is_starred,
    }


def _result_values(result: Result, content: Image, style: Image, picture: Picture) -> Values:
    record = result.record
    return {
        "id": result.id,
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
        "content_id": content.id,
        "content_sha256": content.sha256,
        "content_source": content.source,
        "content_permalink": content.permalink,
        "style_id": style.id,
        "style_sha256": style.sha256,
        "style_source": style.source,
        "style_permalink": style.permalink,
        "recipe": record.recipe,
        "recipe_hash": record.key.recipe_hash,
        "size": record.size,
        "steps": record.steps,
        "seed": record.seed,
        "content_loss": finite(record.content_loss),
        "style_loss": finite(record.style_loss),
        "total_loss": finite(record.total_loss),
        "share_of_start": record.share_of_start,
        "seconds": finite(record.seconds),
        "created_at": moment(result.created_at),
        "tags": " ".join(result.tags),
        "is_starred": result.is_starred,
        # the losses of every evaluation are a curve for a report, and most of the bytes
        "made": json.dumps({name: value for name, value in record.details.items() if name != "trace"}, sort_keys=True),
    }
