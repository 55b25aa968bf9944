"""What a set is, in numbers and dates: for its card and its description. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporting.request import SPLITS, Request, Subject
from exporting.rows import Row

NAME = {Subject.IMAGES: "image", Subject.RESULTS: "stylised picture", Subject.PAIRS: "style-transfer pair"}
LICENCE = "unknown: the pictures belong to those who made them; ask each author"


@dataclass(frozen=True)
class Summary:
    """`sources` are numbers of rows by profile, "" for the user's own: a row of two profiles counts for both.

    The dates are first and last days, in UTC.
    """

    request: Request
    rows: int
    splits: Mapping[str, int]
    sources: Mapping[str, int]
    taken: tuple[str, str] | None
    fetched: tuple[str, str] | None
    version: str

    @property
    def what(self) -> str:
        """Such as "3 images"."""
        return f"{self.rows} {NAME[self.request.subject]}{'' if self.rows == 1 else 's'}"

    @property
    def description(self) -> str:
        """What it is and where it is from, in a sentence."""
        places = ["from public pages"] if any(self.sources) else []
        places += ["added by whoever collected them"] if "" in self.sources else []
        made = "" if self.request.subject is Subject.IMAGES else ", made of pictures"
        origin = f"{made or ','} {' or '.join(places)}" if places else ""
        return f"{self.what} of a stylegram library{origin}."


def summary(rows: Sequence[Row], request: Request, version: str) -> Summary:
    """Of these rows."""
    in_split = Counter(row.split for row in rows)
    sources: Counter[str] = Counter()
    for row in rows:
        sources.update(row.sources)
    return Summary(
        request, len(rows), {split: in_split[split] for split in SPLITS if in_split[split]},
        dict(sorted(sources.items())), _days(rows, "taken_at"),
        _days(rows, "fetched_at" if request.subject is Subject.IMAGES else "created_at"), version)


def _days(rows: Sequence[Row], column: str) -> tuple[str, str] | None:
    days = sorted(str(row.values[column])[:10] for row in rows if row.values.get(column))
    return (days[0], days[-1]) if days else None
