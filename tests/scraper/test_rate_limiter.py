"""Pauses, budget and cool-downs, shared by all runs on a library; no clock is trusted."""

import random
from datetime import timedelta

import pytest

from scraper.delays import Delays
from scraper.errors import BudgetSpent, CoolingDown
from scraper.rate_limiter import RateLimiter
from scraper.site import site_at

HOUR_S = 3_600
REPLICA = site_at("http://127.0.0.1:8765")


class Time:
    """A machine's two clocks, of which only one can be changed."""

    def __init__(self):
        self.monotonic = 1_000.0
        self.of_day = 1_790_000_000.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.passes(seconds)

    def passes(self, seconds):
        self.monotonic += seconds
        self.of_day += seconds


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def limiter(library, time):
    """The gate of a new run."""

    def build(delays: Delays | None = None, site=None) -> RateLimiter:
        return RateLimiter(
            site or site_at(),
            delays or Delays(),
            library.politeness,
            wall_clock=lambda: time.of_day,
            clock=lambda: time.monotonic,
            sleep=time.sleep,
            rng=random.Random(1),
        )

    return build


def test_the_first_page_comes_at_once_and_the_next_ones_after_six_to_twelve_seconds(limiter, time):
    one = limiter()
    for _ in range(40):
        one.before_page()
    assert len(time.slept) == 39
    assert 6 <= min(time.slept) < max(time.slept) <= 12


def test_time_spent_otherwise_counts_towards_the_pause(limiter, time):
    one = limiter(Delays((10, 10)))
    one.before_page()
    time.passes(7)
    one.before_page()
    time.passes(60)
    one.before_page()
    assert time.slept == [3]


def test_a_new_run_keeps_the_pause_from_the_last_page_of_another_one(limiter, time):
    limiter(Delays((10, 10))).before_page()
    time.passes(4)
    limiter(Delays((10, 10))).before_page()
    assert time.slept == [6]


def test_all_runs_share_the_hours_budget_and_each_site_has_its_own(limiter, time):
    for _ in range(3):
        limiter(Delays((0, 0), pages_per_hour=3)).before_page()
        time.passes(60)
    with pytest.raises(BudgetSpent) as spent:
        limiter(Delays((0, 0), pages_per_hour=3)).before_page()
    assert spent.value.not_before.timestamp() == time.of_day - 180 + HOUR_S
    limiter(Delays((0, 0), pages_per_hour=3), REPLICA).before_page()
    time.passes(HOUR_S - 170)
    limiter(Delays((0, 0), pages_per_hour=3)).before_page()
    assert time.slept == []


def test_a_refusal_closes_the_gate_for_longer_and_longer_while_it_repeats(limiter, time):
    lengths = []
    for _ in range(4):
        cool_down = limiter().refused("a login page")
        lengths.append(cool_down.until - cool_down.since)
        with pytest.raises(CoolingDown, match="a login page"):
            limiter().check()
        limiter(site=REPLICA).check()
        time.passes((cool_down.until - cool_down.since).total_seconds())
        limiter().check()
    assert lengths == [timedelta(hours=hours) for hours in (1, 6, 24, 24)]
    time.passes(25 * HOUR_S)
    assert limiter().refused("again").level == 0


def test_a_clock_that_was_wrong_locks_nothing_for_ever(limiter, time):
    delays = Delays((10, 10), pages_per_hour=2)
    time.of_day += 10 * 365 * 86_400
    limiter(delays).before_page()
    limiter(delays).before_page()
    limiter().refused("a shell")
    time.of_day -= 10 * 365 * 86_400
    with pytest.raises(CoolingDown) as found:
        limiter().check()
    assert found.value.not_before.timestamp() == time.of_day + HOUR_S
    time.passes(HOUR_S + 1)
    limiter().check()
    limiter(delays).before_page()
    assert max(time.slept) <= 10


def test_a_clock_set_back_during_a_run_prolongs_no_pause(limiter, time):
    one = limiter(Delays((10, 10)))
    one.before_page()
    time.of_day -= 5 * HOUR_S
    one.before_page()
    assert time.slept == [10]
