"""Names of files that people can read, and that every system takes.

Invariants: a name is one component of a path, visible, no longer than any system allows, none of Windows' own, and no
two of an export are the same even where capitals do not count. What comes in later never renames what was there.
"""

import re
import unicodedata
from collections.abc import Iterable

from db.records import Image

MOST_BYTES = 120        # of a stem in UTF-8; systems take 255 for a name
_PLAIN = re.compile(r"(?!con|prn|aux|nul|com|lpt)[a-z0-9](?:[a-zA-Z0-9-]|[_.](?!_))*[a-zA-Z0-9-]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


class Names:
    """Gives each thing a name of its own, in the order of being asked."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, stem: str, sha256: str) -> str:
        """The stem, with a piece of the hash behind it where an earlier one has that name."""
        for name in (stem, f"{stem}_{sha256[:8]}", f"{stem}_{sha256}"):
            key = unicodedata.normalize("NFKC", name).casefold()
            if key not in self._taken:
                self._taken.add(key)
                return name
        raise ValueError(f"two things of one hash want to be called {stem}")


def stem_of(image: Image) -> str:
    """Profile, post and slide, from 1; the file's own name for an image of the user's own."""
    if image.post_code is not None:
        return safe(f"{image.profile}_{image.post_code}_{(image.slide or 0) + 1}")
    name = image.name or ""
    return safe(name.rpartition(".")[0] or name) if name else f"image_{image.id}"


def safe(text: str) -> str:
    """The text as one visible component of a path, without an ending that a program would take for a kind of file."""
    if len(text) <= MOST_BYTES and _PLAIN.fullmatch(text):      # as nearly all are
        return text
    kept = "".join(
        letter if letter.isalnum() or letter in "-_." else "_" for letter in unicodedata.normalize("NFC", text))
    # a dot in front hides it, two underscores are "private" to those who load sets, a dash looks like an option
    kept = re.sub(r"_{3,}", "__", kept).lstrip(".-").rstrip(". ")
    kept = _cut(kept, MOST_BYTES).rstrip(". ")
    if kept.startswith("__"):
        kept = kept[1:]
    if not kept.strip("._-"):
        return "image"
    return f"_{kept}" if _RESERVED.fullmatch(kept) else kept


def without_dots(stem: str) -> str:
    """For WebDataset, to which a name ends at its first dot."""
    return stem.replace(".", "-")


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")


def named(stems: Iterable[tuple[int, str, str]]) -> dict[int, str]:
    """The names of things by id, given their stems and hashes in the order in which they came in."""
    names = Names()
    return {key: names.give(stem, sha256) for key, stem, sha256 in stems}
