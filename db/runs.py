"""The log of runs: what was started on a library and how it ended."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from db.engine import Sessions
from db.schema import RunRow


@dataclass(frozen=True)
class Run:
    """One run; `outcome` is None while it works, or for good if it was killed."""

    id: int
    command: str
    target: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    counts: dict[str, Any]


class Runs:
    """Queries on the runs of a library."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def start(self, command: str, target: str) -> int:
        """Record that a run began; returns its id."""
        with self._sessions.write() as session:
            row = RunRow(command=command, target=target, started_at=datetime.now(UTC), counts={})
            session.add(row)
            session.flush()
            return row.id

    def finish(self, run_id: int, outcome: str, counts: dict[str, Any]) -> None:
        """Record how the run ended."""
        with self._sessions.write() as session:
            row = session.get_one(RunRow, run_id)
            row.ended_at, row.outcome, row.counts = datetime.now(UTC), outcome, counts

    def latest(self, count: int) -> list[Run]:
        """The newest runs, newest first."""
        with self._sessions.read() as session:
            rows = session.scalars(select(RunRow).order_by(RunRow.id.desc()).limit(count))
            return [
                Run(row.id, row.command, row.target, row.started_at, row.ended_at, row.outcome, row.counts)
                for row in rows
            ]
