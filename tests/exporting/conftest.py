"""A collection: a real library of small pictures, of two profiles, of the user's own, and of what was made of them."""

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from db.importing.add import add_images
from db.library import Library, open_library
from db.records import (
    Image,
    PostRecord,
    ProfileRecord,
    Result,
    ResultKey,
    ResultRecord,
    ResultStatus,
    Role,
    SlideRecord,
)
from exporting.export import Exported, plan, write
from exporting.request import Form, Request, Subject
from tests.sharing import made_once

SIGNED = "https://scontent.cdninstagram.com/x.jpg?sig=1"


def noise(seed: int, image_format: str = "JPEG", size: tuple[int, int] = (48, 32), **options: Any) -> bytes:
    """A picture that is like no other."""
    values = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(values).resize(size).save(out, image_format, **options)
    return out.getvalue()


@dataclass
class Collection:
    """Fills a library, and hands it over."""

    library: Library
    folder: Path
    count: int = 0

    def post(
        self, profile: str, code: str, slides: int = 1, *, caption: str | None = None, role: Role = Role.CONTENT,
        data: bytes | None = None, alt_text: str | None = None,
    ) -> list[Image]:
        """A post with its slides; profiles come in as they are named."""
        pk = f"1{sum(profile.encode())}"
        self.library.posts.save_profile(ProfileRecord(pk, profile, role))
        self.count += 1
        post_pk = str(9000 + self.count)
        records = tuple(SlideRecord(index, f"{post_pk}{index}", alt_text=alt_text) for index in range(slides))
        taken_at = datetime(2024, 5, self.count % 28 + 1, 12, tzinfo=UTC)
        kind = "carousel" if slides > 1 else "image"
        self.library.posts.save(PostRecord(post_pk, code, pk, kind, records, taken_at, caption), pk)
        hashes = []
        for index in range(slides):
            stored = self.library.store.put_bytes(data or noise(self.count * 100 + index))
            self.library.posts.slide_saved(post_pk, index, stored, SIGNED, True)
            hashes.append(stored.sha256)
        found = self.library.images.with_hashes(hashes)
        return [found[sha256] for sha256 in hashes]

    def own(self, name: str, data: bytes, role: Role = Role.STYLE) -> Image:
        """A file of the user's own."""
        path = self.folder / "own" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        (added,) = add_images(self.library, [path], role)
        assert added.image_id is not None, added
        return self.library.images.get(added.image_id)

    def result(self, content: Image, style: Image, seed: int = 1) -> Result:
        """A picture made of the two."""
        stored = self.library.store.put_bytes(noise(7000 + seed, "PNG"))
        record = ResultRecord(
            ResultKey(content.sha256, style.sha256, f"{seed:064}"), "gatys", 48, 10, seed, ResultStatus.DONE,
            1.0, 2.0, 3.0, 0.5, details={"recipe": {"name": "gatys"}, "start_loss": 6.0, "trace": [6.0, 3.0]})
        return self.library.results.get(self.library.results.save(record, stored))

    def export(self, name: str = "out", **wishes: Any) -> Exported:
        """All of it, with these wishes."""
        return self.write(Request(**wishes), self.folder / name)

    def write_only(self, images: list[Image], name: str = "out") -> Exported:
        """These alone."""
        return write(
            plan(self.library, [image.id for image in images], [], Request()), self.library, self.folder / name)

    def write(self, request: Request, target: Path) -> Exported:
        results = self.library.results.find(ResultStatus.DONE) if request.subject is not Subject.IMAGES else []
        images = [image.id for image in self.library.images.find() if not image.is_excluded]
        return write(plan(self.library, images, results, request), self.library, target)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    """An empty one."""
    with open_library(tmp_path / "library") as library:
        yield Collection(library, tmp_path)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `small`."""
    def fill(folder: Path) -> None:
        with open_library(folder / "library") as library:
            _fill(Collection(library, folder))

    return made_once(tmp_path_factory, "small", fill)


@pytest.fixture
def small(filled: Path, tmp_path: Path) -> Iterator[Collection]:
    """Four images of two profiles, one of them a carousel; one of the user's own; one result."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    with open_library(tmp_path / "library") as library:
        yield Collection(library, tmp_path, 50)


def _fill(collection: Collection) -> None:
    first = collection.post("harbour.light", "AaaaaaaaaaA", caption="Boats ✓ <b>\n=1+1", alt_text="two boats")[0]
    collection.post("harbour.light", "BbbbbbbbbbB", 2)
    collection.post("some_painter", "CcccccccccC", role=Role.STYLE)
    style = collection.own("night sky.png", noise(1, "PNG"))
    collection.result(first, style)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


FORMS = list(Form)
