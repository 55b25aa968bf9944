"""What is to be exported, and how: as an address says it, as a command line, and as that for a shell.

Invariant: an argument is a word of our own, a number, one value behind a `--option=`, or stands behind `--`: nothing
that is sent becomes an option. The folder is one name, within the folder that was given at the start.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from db.library import Library
from db.records import Role
from db.selection.filters import Filters
from db.selection.terms import split
from gallery.server import query

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
    q: str | None = None
    role: str | None = None
    split: str | None = None
    side: int | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "ExportWish":
        """From the parameters of an address or the fields of a form; what makes no sense there is left out."""
        name, shares = query.word(said, "name") or "", query.word(said, "split") or ""
        side = query.whole(said, "side")
        return cls(
            name=name if _NAME.fullmatch(name) else cls.name, form=query.word(said, "form", FORMS) or cls.form,
            subject=query.word(said, "subject", SUBJECTS) or cls.subject, q=query.word(said, "q"),
            role=query.word(said, "role", tuple(Role)), split=shares if _SPLIT.fullmatch(shares) else None,
            side=side if side in _SIDES else None)

    def arguments(self, library: Path, folder: Path) -> list[str]:
        """Those of the command line."""
        options = [f"--as={self.form}"]
        options += [] if self.subject == "images" else [f"--{self.subject}"]
        options += [f"--{name}={value}" for name, value in (
            ("role", self.role), ("split", self.split), ("side", self.side)) if value is not None]
        words = split(self.q or "")
        options += ["--", *words] if words else []
        return ["--library", str(library), "export", str(folder / self.name), *options]

    def command(self, library: Path, folder: Path) -> str:
        """The same for a shell."""
        return shlex.join(["stylegram", *self.arguments(library, folder)])

    def count(self, library: Library) -> int:
        """How many images or results are named. Raises BadSelection."""
        filters, words = Filters(role=None if self.role is None else Role(self.role)), split(self.q or "")
        if self.subject == "images":
            return len(library.selections.image_ids(words, filters, with_excluded=False))
        return len(library.selections.result_ids(words, filters))
