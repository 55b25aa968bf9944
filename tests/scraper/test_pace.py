import random

import pytest

from scraper.errors import BadSetting
from scraper.pace import Pace, pace_for
from scraper.site import site_at

LOOPBACK = site_at("http://127.0.0.1:8765")


class Time:
    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def test_the_first_page_comes_at_once_and_the_next_ones_after_six_to_twelve_seconds():
    time = Time()
    pace = Pace(clock=time.clock, sleep=time.sleep, rng=random.Random(1))
    for _ in range(50):
        pace.before_page()
    assert len(time.slept) == 49
    assert 6 <= min(time.slept) < max(time.slept) <= 12


def test_time_spent_otherwise_counts_towards_the_pause():
    time = Time()
    pace = Pace((10, 10), clock=time.clock, sleep=time.sleep)
    pace.before_page()
    time.now += 7
    pace.before_page()
    time.now += 60
    pace.before_page()
    assert time.slept == [3]


@pytest.mark.parametrize("delay_s", [0, 0.5, -1, float("nan"), float("inf")])
def test_the_real_site_is_never_visited_without_pause(delay_s):
    with pytest.raises(BadSetting):
        pace_for(site_at(), delay_s)


def test_a_loopback_site_may_be_visited_without_pause():
    pace_for(LOOPBACK, 0).before_page()
    with pytest.raises(BadSetting):
        pace_for(LOOPBACK, -1)
