"""The log of runs tells how each ended, also when it could not tell itself."""

import pytest


def test_a_run_is_recorded_from_start_to_end(library):
    with library.runs.record("scrape", "ana") as note:
        (running,) = library.runs.latest(5)
        note.outcome, note.counts = "partial", {"saved": 3}
    (run,) = library.runs.latest(5)
    assert (running.outcome, running.ended_at, running.counts) == (None, None, {})
    assert (run.command, run.target, run.outcome, run.counts) == ("scrape", "ana", "partial", {"saved": 3})
    assert run.started_at == running.started_at <= run.ended_at


@pytest.mark.parametrize(
    ("error", "outcome"), [(KeyboardInterrupt, "interrupted"), (ZeroDivisionError, "ended by ZeroDivisionError")]
)
def test_what_ends_a_run_early_becomes_its_outcome(error, outcome, library):
    def run_into_it() -> None:
        with library.runs.record("scrape", "ana") as note:
            note.counts = {"saved": 1}
            raise error

    with pytest.raises(error):
        run_into_it()
    (run,) = library.runs.latest(5)
    assert (run.outcome, run.counts) == (outcome, {"saved": 1})
    assert run.ended_at is not None


def test_the_newest_runs_come_first_and_only_as_many_as_asked(library):
    for target in ("ana", "ben", "cleo"):
        library.runs.start("scrape", target)
    library.runs.start("stylize", "ana")
    assert [run.target for run in library.runs.latest(2)] == ["ana", "cleo"]
    assert [run.command for run in library.runs.of("scrape", "ana", 5)] == ["scrape"]
