"""A folder with `metadata.jsonl`, each line of which describes a picture below it: what `datasets` calls imagefolder.

Invariant: no line leads out of the folder, nor over a link.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from db.importing import archive, set_rows
from db.importing.set_rows import NOTHING, Described
from db.importing.sidecars import decode, load

TABLE = "metadata.jsonl"
MARK = ".stylegram-export.jsonl"    # lies in a folder that `export` wrote
OURS = frozenset({"README.md", "SHA256SUMS", "croissant.json", "table.csv"})    # beside it, and no pictures
_LONGEST_LINE = 1 << 20
_PICTURES = ("", "content_", "style_")


@dataclass(frozen=True)
class Line:
    """A picture with what is told of it, or why there is none."""

    path: Path
    described: Described = NOTHING
    reason: str | None = None


def lines(table: Path) -> Iterator[Line]:
    """The pictures that the table names, in its order."""
    try:
        with table.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                row = decode(line, _LONGEST_LINE)
                if isinstance(row, dict):
                    yield from _pictures(table, number, row)
                elif line.strip():
                    yield Line(table, reason=f"line {number} is no JSON object")
    except OSError as error:
        yield Line(table, reason=error.strerror or "cannot be read")


def _pictures(table: Path, number: int, row: Mapping[str, object]) -> Iterator[Line]:
    for prefix in _PICTURES:
        name = row.get(f"{prefix}file_name")
        if name is None:
            continue
        if not isinstance(name, str) or not name or archive.place(table.parent, name) is None:
            yield Line(table, reason=f"line {number} leads out of its folder: {str(name)[:200]}")
            continue
        place = table.parent.joinpath(*PurePosixPath(name).parts)
        yield Line(place, set_rows.of_pair(row, prefix) if prefix else set_rows.read(row))


def beside(picture: Path) -> Described:
    """What img2dataset wrote beside a picture that is a file of its own; nothing where that is not its form."""
    row = load(picture.with_suffix(".json"), _LONGEST_LINE)
    is_its = isinstance(row, dict) and {"key", "url", "status"} <= row.keys()
    return set_rows.read(row) if is_its else NOTHING


def is_ours(file: Path) -> bool:
    """Whether a file is part of an export of ours and no picture: there is nothing to tell of it."""
    return file.name in OURS and (file.parent / MARK).is_file()

