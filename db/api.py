"""The door for programs: a library opened, and its images and results as frozen records.

Invariant: nothing is changed by asking, but that a library of an older version is brought up to date when it is opened
(one that cannot be written is read as it stands).
"""

import os
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from db import library as inner
from db.errors import BadQuery, UnknownImage
from db.records import Image, Result, ResultStatus, Role

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
        self, role: str | None = None, profile: str | None = None, post_code: str | None = None
    ) -> list[Image]:
        """Images by id: those for a role ("content", "style"; an image for both is for either), of a profile or post.

        Raises BadQuery for a role that is none.
        """
        return [
            image for image in self.inner.images.find(_word(Role, role))
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
    ) -> list[Result]:
        """Results by id: those of a content, a style (images or their ids) or a recipe's name; `status` None for all.

        Raises UnknownImage, and BadQuery for a status that is none.
        """
        wanted = self._id(content), self._id(style)
        return [
            result for result in self.inner.results.each(_word(ResultStatus, status))
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


def _word(kind: type[_Word], said: str | None) -> _Word | None:
    if said is not None and said not in list(kind):
        raise BadQuery(f"{said!r} is none of {', '.join(kind)}")
    return None if said is None else kind(said)
