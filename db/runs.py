"""The log of runs: what was started on a library and how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select

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


@dataclass
class RunNote:
    """What a run in progress wants remembered of itself."""

    outcome: str = "done"
    counts: dict[str, Any] = field(default_factory=dict)


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

    @contextmanager
    def record(self, command: str, target: str) -> Iterator[RunNote]:
        """Record a run around a block; what ends the block early becomes its outcome."""
        run_id, note = self.start(command, target), RunNote()
        try:
            yield note
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            note.outcome = "interrupted" if interrupted else f"ended by {type(error).__name__}"
            raise
        finally:
            self.finish(run_id, note.outcome, note.counts)

    def of(self, command: str, target: str, count: int) -> list[Run]:
        """The newest runs of a command on one target, newest first."""
        of_target = select(RunRow).where(RunRow.command == command, RunRow.target == target)
        return self._runs(of_target, count)

    def latest(self, count: int) -> list[Run]:
        """The newest runs, newest first."""
        return self._runs(select(RunRow), count)

    def _runs(self, query: Select[RunRow], count: int) -> list[Run]:
        with self._sessions.read() as session:
            rows = session.scalars(query.order_by(RunRow.id.desc()).limit(count))
            return [
                Run(row.id, row.command, row.target, row.started_at, row.ended_at, row.outcome, row.counts)
                for row in rows
            ]
