"""A studio: a real library with pictures of one colour each, so that a pixel tells which picture hangs where."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from db.library import Library, open_library
from db.records import Image, ResultKey, ResultRecord, ResultStatus, Role, StoredFile

RECIPE_HASH = "5a" * 32


def picture(colour: str, size: tuple[int, int], image_format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", size, colour).save(buffer, image_format, **options)
    return buffer.getvalue()


@dataclass(frozen=True)
class Studio:
    """Adds originals and results to a library."""

    library: Library

    def original(self, data: bytes, name: str, role: Role = Role.CONTENT) -> Image:
        image_id, _ = self.library.images.add(self.library.store.put_bytes(data), f"/pictures/{name}", role)
        return self.library.images.get(image_id)

    def content(self, colour: str, size: tuple[int, int] = (60, 40), name: str = "content.png") -> Image:
        return self.original(picture(colour, size), name)

    def style(self, colour: str, size: tuple[int, int] = (40, 40), name: str = "style.png") -> Image:
        return self.original(picture(colour, size), name, Role.STYLE)

    def result(self, content: Image, style: Image, colour: str | None, **record: Any) -> StoredFile | None:
        """A done result of one colour with the content's aspect; a failed one without a colour."""
        size = (content.width, content.height)
        stored = None if colour is None else self.library.store.put_bytes(picture(colour, size))
        values = {
            "recipe": "gatys",
            "size": 512,
            "steps": 300,
            "seed": 7,
            "status": ResultStatus.FAILED if colour is None else ResultStatus.DONE,
            "recipe_hash": RECIPE_HASH,
        } | record
        key = ResultKey(content.sha256, style.sha256, values.pop("recipe_hash"))
        self.library.results.save(ResultRecord(key=key, **values), stored)
        return stored


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with open_library(tmp_path / "library") as library:
        yield Studio(library)


def hang_some(studio: Studio) -> None:
    """Two contents by two styles: red, lime, blue, and one that failed."""
    contents = studio.content("gray", (60, 40), "boat.png"), studio.content("silver", (40, 50), "portrait.png")
    styles = studio.style("olive", name="field.png"), studio.style("navy", name="night.png")
    details = {"total_loss": 3.0, "start_loss": 1200.0}
    studio.result(contents[0], styles[0], "red", total_loss=3.0, seconds=83.4, details=details)
    studio.result(contents[0], styles[1], "lime", content_loss=1234567.8, style_loss=0.00012345)
    studio.result(contents[1], styles[0], "blue")
    studio.result(contents[1], styles[1], None, reason="diverged <b>twice</b>")


@pytest.fixture
def wall(studio: Studio) -> Studio:
    hang_some(studio)
    return studio


@pytest.fixture
def paint() -> Callable[..., bytes]:
    return picture
