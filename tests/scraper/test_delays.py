import pytest

from scraper.delays import MOST_PAGES_PER_HOUR, pace_for
from scraper.errors import BadSetting
from scraper.site import site_at

LOOPBACK = site_at("http://127.0.0.1:8765")


@pytest.mark.parametrize("delay_s", [0, 0.5, -1, float("nan"), float("inf")])
def test_the_real_site_is_never_visited_without_pause(delay_s):
    with pytest.raises(BadSetting):
        pace_for(site_at(), delay_s)


@pytest.mark.parametrize("pages", [0, -1, MOST_PAGES_PER_HOUR + 1])
def test_the_budget_of_an_hour_has_bounds(pages):
    with pytest.raises(BadSetting):
        pace_for(site_at(), None, pages)


def test_only_a_loopback_site_may_be_visited_without_pause_and_budget():
    delays = pace_for(LOOPBACK, 0)
    assert (delays.page_delay_s, delays.pages_per_hour) == ((0, 0), None)
    assert pace_for(LOOPBACK, 1).pages_per_hour == pace_for(site_at()).pages_per_hour == 40
    with pytest.raises(BadSetting):
        pace_for(LOOPBACK, -1)
