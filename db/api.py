"""The door for programs: a library opened, and its images and results as frozen records.

Invariant: nothing is changed by asking, but that a library of an older version is brought up to date when it is opened
(one that cannot be written is read as it stands).
"""

import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from db import library as inner
from db.dates import parse_since, parse_until
from db.errors import BadQuery, UnknownImage
from db.records import Image, Result, ResultStatus, Role
from db.selection.filters import Filters, ImageStatus, parse_aspect
from db.tags import parse_tag

_Word = TypeVar("_Word", bound=StrEnum)


class Library:
    """An open library; a `with` closes it, and so does `close()`."""

    def __init__(self, opened: inner.Library, closing: ExitStack) -> None:
        """Use `Library.open`."""
        self.inner = opened         # for the other packages: every query, and the locks
        self._closing = closing

    @classmethod
    def open(cls, path: str | os.PathLike[str], create: bool = False) -> Self:
        """The library at this path, made if need be with `create`.

        Raises LibraryUnusable, LibraryTooNew, LibraryBusy or StorageFailed.
        """
        with ExitStack() as stack:
            root = Path(path)
            opened = stack.enter_context(inner.open_library(root) if create else inner.read_library(root))
            return cls(opened, stack.pop_all())

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.inner.root

    def images(
        self, role: str | None = None, profile: str | None = None, post_code: str | None = None, *,
        which: str | Iterable[str] = (), **filters: Any,
    ) -> list[Image]:
        """Images by id: those for a role ("content", "style"; an image for both is for either), of a profile or post.

        `which` names images as the command line does ("1-5 @natgeo -3"), in whose order they come; every other keyword
        is a field of `Filters`, such as `text="sea fog"`, `min_side=512`, `tags=["best"]`, `starred=True`. Excluded
        images are among them, unless `status="included"`.
        Raises BadQuery for a role that is none, and BadSelection for what names nothing.
        """
        wanted = _filters(filters, ImageStatus, role=_word(Role, role))
        return [
            image for image in self.inner.selections.images(_words(which), wanted)
            if profile in (None, image.profile) and post_code in (None, image.post_code)
        ]

    def image(self, image_id: int) -> Image:
        """The image of this id. Raises UnknownImage."""
        return self.inner.images.get(image_id)

    def results(
        self,
        content: Image | int | None = None,
        style: Image | int | None = None,
        recipe: str | None = None,
        status: str | None = ResultStatus.DONE,
        *,
        which: str | Iterable[str] = (),
        **filters: Any,
    ) -> list[Result]:
        """Results by id: those of a content, a style (images or their ids) or a recipe's name; `status` None for all.

        `which` and filters are as for `images`: "r1-5" are results, "@natgeo" all that was made of its images.
        Raises UnknownImage, BadQuery for a status that is none, and BadSelection for what names nothing.
        """
        wanted = self._id(content), self._id(style)
        found = self.inner.selections.results(
            _words(which), _filters(filters, ResultStatus, status=_word(ResultStatus, status)))
        return [
            result for result in found
            if wanted[0] in (None, result.content_id) and wanted[1] in (None, result.style_id)
            and recipe in (None, result.record.recipe)
        ]

    def result(self, result_id: int) -> Result:
        """The result of this id. Raises UnknownResult."""
        return self.inner.results.get(result_id)

    def close(self) -> None:
        """Closes it; what was found stays valid. Once more does nothing."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _id(self, image: Image | int | None) -> int | None:
        if image is None:
            return None
        known = self.image(image.id if isinstance(image, Image) else image)
        if isinstance(image, Image) and known.sha256 != image.sha256:
            raise UnknownImage(f"image {image.id} of this library is another one")
        return known.id


def _words(which: str | Iterable[str]) -> list[str]:
    return [which] if isinstance(which, str) else list(which)


def _filters(said: dict[str, Any], statuses: type[StrEnum], **known: Any) -> Filters:
    """Raises BadQuery for a filter or a value that is none."""
    names = {field.name for field in fields(Filters)}
    unknown = sorted(said.keys() - names)
    if unknown:
        raise BadQuery(f"{unknown[0]!r} is none of {', '.join(sorted(names))}")
    for name in ("profiles", "tags"):
        if name in said:
            given = [said[name]] if isinstance(said[name], str) else said[name]
            said[name] = tuple(map(parse_tag, given)) if name == "tags" else tuple(given)
    for name in ("since", "until"):
        if isinstance(said.get(name), datetime) and said[name].tzinfo is None:
            raise BadQuery(f"{name}={said[name]} has no time zone")
    if isinstance(said.get("since"), str):
        said["since"] = parse_since(said["since"])
    if isinstance(said.get("until"), str):
        said["until"] = parse_until(said["until"])
    if isinstance(said.get("aspect"), str):
        said["aspect"] = parse_aspect(said["aspect"])
    if "status" in said:
        said["status"] = _word(statuses, said["status"])
    return Filters(**{**known, **said})


def _word(kind: type[_Word], said: str | None) -> _Word | None:
    if said is not None and said not in list(kind):
        raise BadQuery(f"{said!r} is none of {', '.join(kind)}")
    return None if said is None else kind(said)
