"""Which file describes a picture, and what it says: read within bounds, never through a link, never trusted."""

import json
import lzma
import re
from pathlib import Path

from db.importing import gallery_dl, instaloader
from db.importing.slides import ImportedSlide

MAX_BYTES = 8 * 1024 * 1024
VIDEO_SIDECAR = ".mp4.json"
_NUMBERED = re.compile(r"(?P<post>.+)_(?P<number>[0-9]{1,2})", re.ASCII | re.DOTALL)


def slide_of(picture: Path) -> ImportedSlide | None:
    """What the files beside the picture (or the video) tell of its post, None when there is nothing to rely on."""
    found = gallery_dl.read(load(picture.with_name(f"{picture.name}.json")))
    if found is not None:
        return found
    names: list[tuple[str, int | None]] = [(picture.stem, None)]
    if (numbered := _NUMBERED.fullmatch(picture.stem)) and int(numbered["number"]) > 0:
        names.append((numbered["post"], int(numbered["number"])))
    for name, number in names:
        for extension in (".json", ".json.xz"):
            found = instaloader.read(load(picture.with_name(name + extension)), number)
            if found is not None:
                return found
    return None


def load(path: Path, most: int = MAX_BYTES) -> object:
    """The JSON in this file, None when there is none that can be read within `most` bytes."""
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError):   # a name too long for the system, too
        return None
    return decode(data, most, compressed=path.suffix == ".xz")


def decode(data: bytes, most: int = MAX_BYTES, *, compressed: bool = False) -> object:
    """The JSON in these bytes, None when they are broken, too many, or nested beyond measure."""
    try:
        if compressed and len(data) <= most:
            # A few bytes can hold gigabytes, so no more is unpacked than would be read.
            data = lzma.LZMADecompressor(memlimit=4 * MAX_BYTES + 64 * 2**20).decompress(data, most + 1)
        return None if len(data) > most else json.loads(data)
    except (ValueError, RecursionError, lzma.LZMAError, EOFError):
        return None
