"""Images as the catalog has them: known by the hash of their bytes."""

import hashlib
from pathlib import Path

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from db.records import Image, Role


def catalogued(number: int, path: Path, role: Role, width: int, height: int) -> Image:
    """The picture at `path` as this image. Of one PNG many can be made: the same pixels in bytes of their own."""
    if path.suffix == ".png":
        words = PngInfo()
        words.add_text("number", str(number))
        with Pillow.open(path) as picture:
            path = path.with_name(f"image-{number}.png")
            picture.save(path, pnginfo=words)
    return Image(number, hash_of(path), path, role, width, height)


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
