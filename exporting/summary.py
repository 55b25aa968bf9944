"""What a set is, in numbers and dates: for its card and its description. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporting.request import SPLITS, Request, Subject
from exporting.rows import Row

NAME = {Subject.IMAGES: "images", Subject.RESULTS: "stylised pictures", Subject.PAIRS: "style-transfer pairs"}
LICENCE = "unknown: the pictures belong to those who made them; ask each author"
DESCRIPTION = "Pictures from a stylegram library: {rows} {what}, collected from public pages and from disk."


@dataclass(frozen=True)
class Summary:
    """`sources` are numbers of rows by profile, "" for the user's own; the dates are first and last days, in UTC."""

    request: Request
    rows: int
    splits: Mapping[str, int]
    sources: Mapping[str, int]
    taken: tuple[str, str] | None
    fetched: tuple[str, str] | None
    version: str

    @property
    def what(self) -> str:
        return NAME[self.request.subject]

    @property
    def description(self) -> str:
        return DESCRIPTION.format(rows=self.rows, what=self.what)


def summary(rows: Sequence[Row], request: Request, version: str) -> Summary:
    """Of these rows."""
    in_split = Counter(row.split for row in rows)
    sources: Counter[str] = Counter()
    for row in rows:
        sources.update(_sources(row))
    return Summary(
        request, len(rows), {split: in_split[split] for split in SPLITS if in_split[split]},
        dict(sorted(sources.items())), _days(rows, "taken_at"),
        _days(rows, "fetched_at" if request.subject is Subject.IMAGES else "created_at"), version)


def _sources(row: Row) -> set[str]:
    """The profiles that a row's pictures are from."""
    if "profile" in row.values:
        return {str(row.values["profile"] or "")}
    told = (row.values["content_source"], row.values["style_source"])
    links = (row.values["content_permalink"], row.values["style_permalink"])
    return {str(source).partition(" ")[0] if link else "" for source, link in zip(told, links, strict=True)}


def _days(rows: Sequence[Row], column: str) -> tuple[str, str] | None:
    days = sorted(str(row.values[column])[:10] for row in rows if row.values.get(column))
    return (days[0], days[-1]) if days else None
