"""What is to be exported, and how: as an address says it, as a command line, and as that for a shell.

Invariant: an argument is a word of our own, a number, one value behind a `--option=`, or stands behind `--`: nothing
that is sent becomes an option. The folder is one name, within the folder that was given at the start.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from db.errors import BadSelection
from db.exported import exported_images, exported_results
from db.library import Library
from gallery.server import query
from gallery.server.picking import Pick

FORMS = {
    "imagefolder": "a folder of files", "parquet": "Parquet", "webdataset": "WebDataset", "csv": "a table of paths"}
SUBJECTS = {"images": "images", "results": "stylised pictures", "pairs": "pairs: picture, content, style"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SPLIT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?(,[0-9]{1,3}(\.[0-9]{1,2})?){1,2}")
_SIDES = range(8, 16_385)


@dataclass(frozen=True)
class ExportWish:
    """Each field is a parameter of the address."""

    name: str = "export"
    form: str = "imagefolder"
    subject: str = "images"
    pick: Pick = field(default_factory=Pick)    # which images, or pictures made of which
    split: str | None = None
    side: int | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "ExportWish":
        """From the parameters of an address or the fields of a form; what makes no sense there is left out."""
        name, shares = query.word(said, "name") or "", query.word(said, "split") or ""
        side = query.whole(said, "side")
        return cls(
            name=name if _NAME.fullmatch(name) else cls.name, form=query.word(said, "form", FORMS) or cls.form,
            subject=query.word(said, "subject", SUBJECTS) or cls.subject,
            pick=replace(Pick.of(said), sort=None), split=shares if _SPLIT.fullmatch(shares) else None,
            side=side if side in _SIDES else None)

    @property
    def fields(self) -> list[tuple[str, object]]:
        """All that is said, as fields of a form or parameters of an address."""
        own = {"name": self.name, "form": self.form, "subject": self.subject, "split": self.split, "side": self.side}
        return [(name, value) for name, value in (own | vars(self.pick)).items() if value is not None]

    def address(self) -> str:
        """Where it is offered."""
        return f"/collect?{urlencode(self.fields)}#export"

    def arguments(self, library: Path, folder: Path) -> list[str]:
        """Those of the command line."""
        options = [f"--as={self.form}"]
        options += [] if self.subject == "images" else [f"--{self.subject}"]
        said = {"split": self.split, "side": self.side}
        options += [f"--{name}={value}" for name, value in said.items() if value is not None]
        options += self.pick.options
        options += ["--", *self.pick.words] if self.pick.words else []
        return ["--library", str(library), "export", str(folder / self.name), *options]

    def command(self, library: Path, folder: Path) -> str:
        """The same for a shell."""
        return shlex.join(["stylegram", *self.arguments(library, folder)])

    def count(self, library: Library) -> tuple[int, int]:
        """How many images or results it would be, and how many are left out that are seen: excluded ones.

        Raises BadSelection.
        """
        words, filters = self.pick.words, self.pick.filters()
        if self.subject == "images":
            found, seen = len(exported_images(library, words, filters)), library.selections.count_images(words, filters)
            return found, seen - found
        if filters.status is not None:
            raise BadSelection("pictures have no such status; choose images, or leave it open")
        pictures, excluded = exported_results(library, words, filters)
        return len(pictures), len(excluded)


def in_ranges(results: Iterable[int]) -> str:
    """Results by number as words of a selection: "r1-3 r7"."""
    runs: list[list[int]] = []
    for number in sorted(results):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(f"r{first}" if first == last else f"r{first}-{last}" for first, last in runs)
