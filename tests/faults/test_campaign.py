"""The campaign itself: what is lost is told and kept, what was tried is not tried again; and commands begun at once."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.campaign import __main__ as campaign
from benchmarks.campaign.healing import Ground
from benchmarks.campaign.pauses import paused
from benchmarks.campaign.scenarios import SCENARIOS
from benchmarks.campaign.together import at_once
from benchmarks.campaign.trials import Plan, Trial


def test_what_is_lost_is_told_and_kept_and_nothing_is_tried_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = []

    def trial(name: str, lost: list[str]) -> Trial:
        def run(here: Path) -> list[str]:
            tried.append(name)
            (here / "left").touch()
            return lost

        return Trial("a command", name, run)

    def breaks(_: Path) -> list[str]:
        raise RuntimeError("no such thing")

    def kind(plan: Plan) -> Iterator[Trial]:
        yield trial("1", [])
        yield trial("2", ["a row is gone"])
        yield Trial("another", "3", breaks)

    monkeypatch.setattr(campaign, "KINDS", {"first": kind, "second": kind})
    arguments = ["--kinds", "first", "-o", str(tmp_path)]
    assert campaign.main(arguments) == 1
    said = capsys.readouterr()
    assert "| first | a command 2, another 1 | 3 | 1 | 2 |" in said.out
    assert "| all |  | 3 | 1 | 2 |" in said.out
    assert "a row is gone" in said.err
    assert (tmp_path / "lost" / "first, a command, 2" / "left").exists()
    assert tried == ["1", "2"]
    with (tmp_path / "outcomes.jsonl").open("a") as file:
        file.write('{"kind": "first", "sub')     # a break in the midst of a line
    assert campaign.main(arguments) == 1
    assert tried == ["1", "2"]
    assert campaign.main(["--subjects", "a command", "-o", str(tmp_path)]) == 1
    assert tried == ["1", "2", "1", "2"]
    assert [json.loads(line)["kind"] for line in (tmp_path / "outcomes.jsonl").read_text().splitlines()[4:]] == [
        "second", "second"]


def test_a_campaign_ends_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kind(plan: Plan) -> Iterator[Trial]:
        for number in range(1000):
            yield Trial("a command", str(number), lambda _: time.sleep(0.01) or [])

    monkeypatch.setattr(campaign, "KINDS", {"endless": kind})
    assert campaign.main(["--minutes", "0.005", "-o", str(tmp_path)]) == 0
    assert 2 <= len((tmp_path / "outcomes.jsonl").read_text().splitlines()) < 100


@pytest.mark.parametrize("chosen", [("add", "add", "tag"), ("forget", "remove", "remove", "export")])
def test_commands_begun_at_the_same_instant_all_come_to_their_end(chosen: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "starts").mkdir()
    assert at_once(tmp_path / "starts", chosen, tmp_path / "here") == []


def test_a_command_that_is_stopped_for_a_while_goes_on(tmp_path: Path) -> None:
    (tmp_path / "starts").mkdir()
    ground = Ground(SCENARIOS["export"], tmp_path / "starts", tmp_path / "here")
    assert paused(ground, 0.5, 0.5, tmp_path) == []
