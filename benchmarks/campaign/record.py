"""What a campaign found: a line of JSON for each trial, which is how it goes on after a break, and a table of them."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """How one trial ended: it survived where `lost` is empty."""

    kind: str
    subject: str
    name: str
    lost: tuple[str, ...]
    seconds: float

    @property
    def key(self) -> tuple[str, str, str]:
        """What no two trials have in common."""
        return self.kind, self.subject, self.name


class Record:
    """The file of outcomes; what is noted is on the disk when `note` returns, so that a break loses one at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.outcomes: dict[tuple[str, str, str], Outcome] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                fields = json.loads(line)
            except ValueError:      # the last line, cut off
                continue
            outcome = Outcome(**{**fields, "lost": tuple(fields["lost"])})
            self.outcomes[outcome.key] = outcome

    def note(self, outcome: Outcome) -> None:
        """Add a line."""
        self.outcomes[outcome.key] = outcome
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")


def table(outcomes: Iterable[Outcome], kinds: Collection[str]) -> str:
    """In Markdown: a row for each kind and subject, and one for all of them."""
    tried: Counter[tuple[str, str]] = Counter()
    lost: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        tried[outcome.kind, outcome.subject] += 1
        lost[outcome.kind, outcome.subject] += bool(outcome.lost)
    order = [row for kind in kinds for row in tried if row[0] == kind]
    rows = [(kind, subject, tried[kind, subject], lost[kind, subject]) for kind, subject in order]
    rows.append(("all", "", sum(row[2] for row in rows), sum(row[3] for row in rows)))
    told = [f"| {kind} | {subject} | {number:,} | {number - bad:,} | {bad:,} |" for kind, subject, number, bad in rows]
    return "\n".join(["| fault | done to | tried | survived | lost |", "|---|---|--:|--:|--:|", *told]) + "\n"
