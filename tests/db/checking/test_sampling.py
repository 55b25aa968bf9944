"""A check of a share a day gets round to every file, in whatever rhythm it runs."""

import hashlib

import pytest

from db.checking.sampling import Share, share_of

DAY_S = 86_400
HASHES = [hashlib.sha256(bytes([number // 256, number % 256])).hexdigest() for number in range(200)]


@pytest.mark.parametrize("percent", [0.5, 1, 2, 5, 10, 14, 20, 50, 100])
def test_as_many_runs_as_there_are_parts_see_every_part_in_every_rhythm_but_a_multiple_of_them(percent: float) -> None:
    parts = share_of(percent, 0).parts
    for every_days in (days for days in (1, 2, 3, 4, 5, 7, 14, 28, 30) if days % parts or parts == 1):
        runs = [share_of(percent, (20_000 + every_days * day) * DAY_S) for day in range(parts)]
        assert {run.part for run in runs} == set(range(parts)), every_days


def test_every_file_is_in_one_part() -> None:
    assert all(sum(Share(part, 19).has(sha256) for part in range(19)) == 1 for sha256 in HASHES)


def test_a_week_meets_every_part_whatever_the_share() -> None:
    assert all(share_of(percent, 0).parts % 7 for percent in range(1, 101))


@pytest.mark.parametrize("percent", [0.01, 1, 5, 10, 100])
def test_a_share_is_about_what_was_asked_for(percent: float) -> None:
    assert 100 / share_of(percent, 0).parts == pytest.approx(percent, rel=0.15)


def test_it_is_the_same_all_day() -> None:
    assert share_of(5, 20_000 * DAY_S) == share_of(5, 20_000.99 * DAY_S)
    assert share_of(5, 20_000 * DAY_S) != share_of(5, 20_001 * DAY_S)


def test_other_names_have_their_turn_too() -> None:
    assert sum(Share(part, 19).has("files/x.jpg") for part in range(19)) == 1
