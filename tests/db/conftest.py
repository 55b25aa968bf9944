"""An open library in a fresh folder, and images made on the spot."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from db.library import Library, open_library

MakeImage = Callable[..., bytes]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def make_image() -> MakeImage:
    def make(colour: str = "red", size: tuple[int, int] = (32, 24), image_format: str = "PNG", **options: Any) -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", size, colour).save(buffer, image_format, **options)
        return buffer.getvalue()

    return make
