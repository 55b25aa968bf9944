"""The intermediate pictures of results: a folder for each, whole or absent.

    frames/<content>-<style>-<recipe>/000001.png    hashes shortened, names are evaluations

Invariant: a folder under its final name holds every frame of one run. They are progress, kept for a time-lapse, and go
when their result is forgotten.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from db.atomic import new_folder, remove
from db.disk import storage_errors
from db.records import ResultKey

FOLDER = "frames"


@dataclass(frozen=True)
class Frame:
    """A picture after so many evaluations."""

    evaluation: int
    path: Path


class Frames:
    """The `frames/` folder of a library."""

    def __init__(self, root: Path) -> None:
        self._root = root / FOLDER

    def save(self, key: ResultKey, frames: Iterable[tuple[int, bytes]]) -> None:
        """Keeps these encoded pictures (evaluation, PNG) in the place of any earlier ones. Raises StorageFailed."""
        final = self._root / name_of(key)
        with storage_errors(), new_folder(final) as building:
            for evaluation, data in frames:
                (building / f"{evaluation:06d}.png").write_bytes(data)

    def find(self, key: ResultKey) -> list[Frame]:
        """In the order of their evaluations; none where none were kept."""
        return [Frame(int(path.stem), path) for path in sorted((self._root / name_of(key)).glob("*.png"))]

    def has(self, key: ResultKey) -> bool:
        """Whether frames were kept."""
        return (self._root / name_of(key)).is_dir()

    def forget(self, sha256s: Iterable[str]) -> None:
        """Removes those of every result that was made from one of these images. Raises StorageFailed."""
        for sha256 in sha256s:
            for folder in self._root.glob(f"*{sha256[:16]}-*"):     # content or style, not the recipe
                with storage_errors():
                    remove(folder)

    def remove(self, names: Iterable[str]) -> None:
        """Removes the folders of these names, as `name_of` tells them. Raises StorageFailed."""
        for name in names:
            with storage_errors():
                remove(self._root / name)


def name_of(key: ResultKey) -> str:
    """The name of a result's folder: of its identity, for ids are given again."""
    return "-".join(part[:16] for part in (key.content_sha256, key.style_sha256, key.recipe_hash))
