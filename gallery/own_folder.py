"""A folder that may be replaced: an empty one, or one that holds what we wrote there before and nothing else."""

import re
from dataclasses import dataclass
from pathlib import Path

from db.errors import OutputRefused

_CLUTTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})     # what file managers leave by themselves
_HEAD = 1000            # letters of the index in which its mark stands


@dataclass(frozen=True)
class OwnFolder:
    """What such a folder of ours looks like: `mark` stands at the head of `index`, pictures are in `below`."""

    index: str
    mark: str
    below: str
    names_below: re.Pattern[str]
    others: frozenset[str] = frozenset()
    advice: str = ""        # what is said to somebody who named a file

    def check(self, folder: Path) -> None:
        """Raise OutputRefused unless `folder` is empty or holds an earlier one of these and nothing else."""
        if not folder.is_dir():
            raise OutputRefused(f"{folder} is not a folder{self.advice}")
        names = _names(folder)
        if not names:
            return
        if not self._is_marked(folder / self.index):
            raise OutputRefused(f"{folder} holds other things; name a new or empty folder")
        strangers = names - {self.index, self.below} - self.others
        if (folder / self.below).is_dir():
            below = _names(folder / self.below)
            strangers |= {f"{self.below}/{name}" for name in below if not self.names_below.fullmatch(name)}
        if strangers:
            raise OutputRefused(
                f"{folder} holds files that are not ours ({min(strangers)}); move them, or name another folder")

    def _is_marked(self, index: Path) -> bool:
        if not index.is_file():
            return False
        with index.open(encoding="utf-8", errors="replace") as file:
            return self.mark in file.read(_HEAD)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - _CLUTTER
