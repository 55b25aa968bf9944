"""The archive that Instagram gives people of their own account: `posts_1.json` lists the pictures of their posts.

It names neither posts nor their owner by id. Its texts are UTF-8 whose bytes were taken for Latin-1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from db import values
from db.importing.sidecars import load

MAX_BYTES = 64 * 1024 * 1024
_FOLDERS = ("content", "media", "your_instagram_activity/content", "your_instagram_activity/media")
_NOT_PICTURES = frozenset({".mp4", ".mov", ".srt"})


@dataclass(frozen=True)
class Entry:
    """A picture of the user's own post: `uri` is its place below the archive's root, as the archive claims."""

    uri: str
    taken_at: datetime | None
    caption: str | None


def lists(root: Path) -> list[Path]:
    """The files that list the posts of the archive at `root`, in order; none if it is no such archive."""
    return [
        path for folder in _FOLDERS for path in sorted((root / folder).glob("posts_*.json")) if not path.is_symlink()
    ]


def entries(path: Path) -> list[Entry]:
    """The pictures of one list."""
    return list(read(load(path, MAX_BYTES)))


def read(data: object) -> Iterator[Entry]:
    """The pictures in the JSON of one list, in its order; what is not understood is left out."""
    for post in values.sequence(data):
        title, since = values.child(post, "title"), values.child(post, "creation_timestamp")
        for media in values.sequence(values.child(post, "media")):
            uri = values.child(media, "uri")
            if not isinstance(uri, str) or PurePosixPath(uri).suffix.lower() in _NOT_PICTURES:
                continue
            moment = values.moment(values.child(media, "creation_timestamp")) or values.moment(since)
            yield Entry(uri, moment, _caption(title) or _caption(values.child(media, "title")))


def _caption(title: object) -> str | None:
    """Repaired before it is cut: cut first, it could end inside a letter, and would stay damaged."""
    return values.text(repaired(title)) if isinstance(title, str) else None


def repaired(text: str) -> str:
    """The text as it was typed; one that was not damaged in the archive's way is left as it is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def place(root: Path, uri: str) -> Path | None:
    """The file below `root` that is meant, None when the way there leads out of the archive or over a link."""
    parts = PurePosixPath(uri)
    if parts.is_absolute() or ".." in parts.parts or "\\" in uri or "\0" in uri:
        return None
    try:
        real = root.resolve()
        found = real.joinpath(*parts.parts)
        return found if found.resolve() == found else None
    except (OSError, RuntimeError, ValueError):     # links in a circle; half a surrogate pair, which no disk takes
        return None
