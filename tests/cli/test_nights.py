"""P4, P16, P18: two nights of the simulated year (`benchmarks.soak`), one of them with a clock that is wrong."""

from pathlib import Path

import pytest

from benchmarks.soak import __main__ as soak
from benchmarks.soak.promises import state_of
from benchmarks.soak.served import served
from benchmarks.soak.world import World
from db.library import open_library
from scraper.delays import DEFAULT_PAGES_PER_HOUR

BEGINS_S = 1_760_054_400    # 10 October 2025


def test_nights_at_the_default_pace_ask_for_no_more_pages_than_an_hour_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "CLOCK_WRONG_BY", {1: -3.0})
    world, library = World(BEGINS_S, profiles=3), tmp_path / "library"
    with served(world) as site:
        with open_library(library) as opened:
            for name in world.names():
                opened.follows.add(name, None, None)
        year = soak.Year(world, site, library)
        for day in range(2):
            year.night(day, with_chromium=False)
        state = state_of(library)
        assert year.judge(1, state, state) == []
    assert year.requests.most_in_an_hour == DEFAULT_PAGES_PER_HOUR
    assert state.images > 40
    assert max(year.requests.of_post.values()) == 1
