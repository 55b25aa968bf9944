"""What a hash proves of files that no row tells of: which row each belongs to.

Invariant: a file is only ever said to be one whose recorded hash is that of its bytes, read just now.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from db.checking.files import read
from db.checking.strays import hash_in
from db.errors import PictureRefused
from db.hashing import sha256_of_file
from db.imaging.pictures import identify
from db.repairing.provenance import details_in

_KEY = ("content_sha256", "style_sha256", "recipe_hash")


@dataclass(frozen=True)
class WholeFile:
    """A file of the store whose bytes are those of its name, and which is an image."""

    sha256: str
    path: str
    size_bytes: int
    media_type: str
    width: int
    height: int

    def values(self) -> dict[str, Any]:
        return asdict(self)


class Proofs:
    """The files at these paths of the store, judged when they are first asked for."""

    def __init__(self, root: Path, paths: tuple[str, ...] = ()) -> None:
        self._root = root
        self._paths = paths

    @cached_property
    def whole(self) -> Mapping[str, WholeFile]:
        """Those that are whole, by their hashes. Raises DecoderFailed."""
        return {found.sha256: found for path in self._paths if (found := whole_file(self._root, path)) is not None}

    @cached_property
    def _of_results(self) -> Mapping[tuple[str, ...], WholeFile]:
        """Those that say of which result they are the picture."""
        said = ((details_in(self._root / file.path), file) for file in self.whole.values())
        return {tuple(details[name] for name in _KEY): file for details, file in said if details is not None}

    def file_of(self, catalog: sqlite3.Connection, file_id: int) -> WholeFile | None:
        """The file that the row of this number was of, before it was lost."""
        if not self._paths:
            return None
        for sha256 in self._said_of(catalog, file_id):
            if sha256 in self.whole:
                return self.whole[sha256]
        query = (
            "SELECT content.sha256, style.sha256, recipe_hash FROM results "
            "JOIN files AS content ON content.id = content_id JOIN files AS style ON style.id = style_id "
            "WHERE file_id = ?")
        return next((self._of_results[key] for key in catalog.execute(query, (file_id,)) if key in self._of_results),
                    None)

    def details_of(self, catalog: sqlite3.Connection, file_id: int | None) -> str | None:
        """What the picture in this file says of how it was made, as JSON."""
        found = catalog.execute("SELECT sha256, path FROM files WHERE id = ?", (file_id,)).fetchone()
        if found is None or whole_file(self._root, found[1]) is None:
            return None
        details = details_in(self._root / found[1])
        return None if details is None else json.dumps(details)

    def _said_of(self, catalog: sqlite3.Connection, file_id: int) -> Iterator[str]:
        """The hashes that results tell of the images that they were made from, and that of where it was added from."""
        for column, name in (("content_id", "content_sha256"), ("style_id", "style_sha256")):
            for (text,) in catalog.execute(f"SELECT details FROM results WHERE {column} = ?", (file_id,)):
                try:
                    said = json.loads(text).get(name)
                except (ValueError, TypeError, AttributeError):
                    continue
                if isinstance(said, str):
                    yield said
        for (origin,) in catalog.execute("SELECT origin FROM additions WHERE file_id = ?", (file_id,)):
            sha256 = hash_at(origin)
            if sha256 is not None:
                yield sha256


def whole_file(root: Path, path: str) -> WholeFile | None:
    """The file at this place of the store, if it is whole. Raises DecoderFailed."""
    try:
        sha256, size, _, _ = read(root / path)
        if sha256 != hash_in(path):
            return None
        info = identify(root / path)
    except (OSError, PictureRefused):
        return None
    return WholeFile(sha256, path, size, info.media_type, info.width, info.height)


def hash_at(origin: object) -> str | None:
    """The hash of what lies where an image of the user's own was added from; None where nothing does."""
    try:
        path = Path(str(origin))
        if not path.is_absolute() or not path.is_file():
            return None
        return sha256_of_file(path)
    except (OSError, ValueError):
        return None
