"""Small pictures of stored files, kept in the library's cache: each is made once.

Invariant: one is a function of the file's bytes (by whose hash it is named) and its size, so it never grows old, and
removing the folder costs time alone. Where nothing can be kept they are made anew each time.
"""

import threading
from contextlib import suppress
from pathlib import Path

from db.atomic import whole_file
from db.errors import DbError
from gallery.rendition import at_most, encoded, open_rendition

FOLDER = "thumbnails"
SIZES = (320, 640, 2560)        # pixels of the longer side: of a grid, of a wall on a fine screen, of a whole screen
_QUALITY = {320: 80, 640: 82, 2560: 90}


class Thumbnails:
    """The thumbnails of a library, below its cache folder."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / FOLDER
        self._lock = threading.Lock()       # whatever is asked twice at once is made once

    def kept(self, path: Path, long_side_px: int) -> bytes | None:
        """The WebP of a stored file that is there already."""
        try:
            return self._place(path, long_side_px).read_bytes()
        except OSError:
            return None

    def get(self, path: Path, long_side_px: int) -> bytes:
        """The WebP of a stored file. Raises PictureRefused."""
        if found := self.kept(path, long_side_px):
            return found
        with self._lock:
            if found := self.kept(path, long_side_px):
                return found
            picture = open_rendition(path)
        data = encoded(at_most(picture, long_side_px), "WEBP", quality=_QUALITY[long_side_px])
        with suppress(OSError, DbError), whole_file(self._place(path, long_side_px)) as part:
            part.write_bytes(data)
        return data

    def forget(self, path: Path) -> None:
        """Removes those of a stored file that is gone."""
        for size in SIZES:
            with suppress(OSError):
                self._place(path, size).unlink(missing_ok=True)

    def _place(self, path: Path, long_side_px: int) -> Path:
        return self._folder / path.stem[:2] / f"{path.stem}-{long_side_px}.webp"
