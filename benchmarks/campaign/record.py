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
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text and not text.endswith("\n"):       # cut off
            self._append("\n")
        for line in text.splitlines():
            try:
                fields = json.loads(line)
            except ValueError:
                continue
            outcome = Outcome(**{**fields, "lost": tuple(fields["lost"])})
            self.outcomes[outcome.key] = outcome

    def note(self, outcome: Outcome) -> None:
        """Add a line."""
        self.outcomes[outcome.key] = outcome
        self._append(json.dumps(asdict(outcome)) + "\n")

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)


def table(outcomes: Collection[Outcome], kinds: Iterable[str]) -> str:
    """In Markdown: a row for each kind, with how many trials each of its subjects had, and one for all of them."""
    rows = []
    for kind in kinds:
        tried = [outcome for outcome in outcomes if outcome.kind == kind]
        if tried:
            subjects = Counter(outcome.subject for outcome in tried)
            rows.append(_row(kind, ", ".join(f"{name} {number:,}" for name, number in subjects.items()), tried))
    head = ["| fault | done to | tried | survived | lost |", "|---|---|--:|--:|--:|"]
    return "\n".join([*head, *rows, _row("all", "", outcomes)]) + "\n"


def _row(kind: str, subjects: str, outcomes: Collection[Outcome]) -> str:
    lost = sum(bool(outcome.lost) for outcome in outcomes)
    return f"| {kind} | {subjects} | {len(outcomes):,} | {len(outcomes) - lost:,} | {lost:,} |"
