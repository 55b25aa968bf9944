"""A refusal is an answer: the site is left alone for a while, by every run, without a single request."""

from datetime import timedelta

import pytest

from demo.behaviour import Behaviour, Wall
from demo.samples import sample_account
from scraper.delays import Delays
from scraper.report import StopReason


def account(name: str = "harbour.light", posts: int = 14, **behaviour):
    return sample_account(name, posts, Behaviour(**behaviour), width=160, height=200)


@pytest.mark.parametrize("wall", ["login_page", "challenge", "throttled", "refused"])
def test_during_a_cool_down_nothing_is_asked_and_the_next_moment_is_named(stage, wall):
    on = stage(account(walls=(Wall(wall, until_load=1),), posts=1), account("gull.watch", 1))
    met, spared = on.visit_all("harbour.light", "gull.watch")
    assert (met.exit_code, met.page_loads, on.replica.count("profile")) == (75, 1, 1)
    assert (spared.stop_reason, spared.page_loads) == (StopReason.COOL_DOWN, 0)
    again = on.visit()
    assert (again.stop_reason, again.exit_code, again.page_loads) == ("cool_down", 75, 0)
    assert again.not_before == met.not_before
    assert again.as_json()["not_before"].endswith("+00:00")
    assert f"{met.not_before:%Y-%m-%d %H:%M}" in on.events[-1].message
    assert not on.replica.requests
    assert on.browsers_opened == 1
    on.later_s = 3_601
    assert on.visit().images_new == 1


def test_cool_downs_grow_while_the_refusals_repeat(stage):
    on = stage(account(walls=(Wall("throttled"),)))
    hours = []
    for _ in range(4):
        report = on.visit()
        cool_down = on.library.politeness.cool_down(on.site.key, report.not_before - timedelta(seconds=1))
        hours.append((cool_down.until - cool_down.since) / timedelta(hours=1))
        on.later_s += hours[-1] * 3_600 + 1
    assert hours == [1, 6, 24, 24]


def test_after_a_refused_scroll_what_was_seen_is_collected_and_nothing_more_is_asked(stage):
    on = stage(account(posts=14, generation="xdt", refusal="rate_limit"))
    report = on.visit()
    assert (report.stop_reason, report.posts_new, report.images_new, report.page_loads) == ("throttled", 12, 12, 1)
    assert on.replica.count("graphql") == 1
    on.replica.replace(account(posts=14, generation="xdt"))
    assert on.visit().stop_reason == "cool_down"
    on.later_s = 3_601
    assert on.visit().images_new == 2


def test_the_hours_budget_is_shared_by_all_runs_and_ends_a_visit_that_the_next_hour_goes_on_with(stage):
    on = stage(account(posts=5))
    on.delays = Delays((0, 0), (0.1, 0.1), pages_per_hour=4)
    first = on.visit()
    assert (first.stop_reason, first.exit_code, first.page_loads, first.images_new) == ("page_budget", 75, 4, 3)
    second = on.visit()
    assert (second.stop_reason, second.page_loads, second.not_before) == ("page_budget", 0, first.not_before)
    assert not on.replica.requests
    on.later_s = 3_601
    third = on.visit()
    assert (third.stop_reason, third.images_new, third.images_known) == ("end_of_timeline", 2, 3)
