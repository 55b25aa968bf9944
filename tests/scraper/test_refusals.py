"""Refused pages of posts: three in a row are an answer, fewer are tried again later, and each is on record."""

import pytest

from demo.behaviour import Behaviour, Wall
from demo.samples import sample_account
from scraper.events import ImageFailed
from scraper.report import StopReason


def account(posts: int, *walls: Wall, **behaviour):
    return sample_account("harbour.light", posts, Behaviour(walls=walls, **behaviour), width=320, height=400)


def evidence(on):
    """What the site's newest cool-down says of the answer that began it."""
    cool_down = on.library.politeness.cool_down(on.site.key, on.library.runs.latest(1)[0].ended_at)
    answer = cool_down.answer
    return answer.status, (answer.address or "").removeprefix(on.replica.base_url), answer.route


@pytest.mark.parametrize(
    ("wall", "reason"),
    [
        ("throttled", StopReason.THROTTLED),
        ("refused", StopReason.THROTTLED),
        ("login_page", StopReason.LOGIN),
        ("login_redirect", StopReason.LOGIN),
        ("challenge", StopReason.LOGIN),
    ],
)
def test_three_refusals_in_a_row_end_the_visit_under_their_own_name_and_the_next_one_goes_on(stage, wall, reason):
    on = stage(account(6, Wall(wall, on="post", from_load=3, until_load=5)))
    report = on.visit()
    assert (report.stop_reason, report.exit_code) == (reason, 75)
    assert (report.images_new, report.page_loads, on.replica.count("post")) == (2, 6, 5)
    # No image was asked for, so none has failed.
    assert (report.posts_unread, report.images_failed) == (3, 0)
    assert not [event for event in on.events if isinstance(event, ImageFailed)]
    on.later_s = 3_700
    healed = on.visit()
    assert (healed.images_new, healed.images_failed, healed.images_known, healed.posts_unread) == (4, 0, 2, 0)


def test_one_refused_post_is_counted_and_taken_up_by_the_next_visit(stage):
    on = stage(account(3, Wall("login_page", on="post", from_load=2, until_load=2)))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.posts_unread, report.exit_code) == (2, 0, 1, 3)
    [refusal] = on.library.runs.latest(1)[0].counts["refusals"]
    assert (refusal["status"], refusal["route"]) == (200, "PolarisCAAIGLoginHomepageRoute")
    assert "/p/" in refusal["address"]
    assert on.visit().images_new == 1
    assert "refusals" not in on.library.runs.latest(1)[0].counts


def test_refusals_that_are_not_in_a_row_do_not_end_a_visit(stage):
    walls = [Wall("throttled", on="post", from_load=load, until_load=load + 1) for load in (1, 4)]
    report = stage(account(7, *walls)).visit()
    assert (report.stop_reason, report.images_new, report.posts_unread) == ("end_of_timeline", 3, 4)


def test_refusals_of_several_kinds_in_a_row_are_not_called_a_login_page(stage):
    walls = Wall("login_page", on="post", until_load=2), Wall("refused", on="post", from_load=3)
    assert stage(account(4, *walls)).visit().stop_reason == "throttled"


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("login_page", (200, "/harbour.light/", "PolarisCAAIGLoginHomepageRoute")),
        ("login_redirect", (200, "/accounts/login/", "PolarisCAAIGLoginHomepageRoute")),
        ("challenge", (200, "/challenge/", None)),
        ("throttled", (200, "/harbour.light/", "PolarisLoggedOutDesktopWWWProfileRoute")),
        ("refused", (429, "/harbour.light/", None)),
    ],
)
def test_a_cool_down_keeps_the_status_the_address_and_the_route_of_the_answer_that_began_it(stage, wall, expected):
    on = stage(account(1, Wall(wall)))
    report = on.visit()
    assert (report.page_loads, report.posts_unread) == (1, 0)
    assert evidence(on) == expected
    on.visit()
    assert f"({expected[0]} " in on.events[-1].message


def test_a_refused_scroll_is_on_record_with_its_own_status(stage):
    on = stage(account(40, refusal="too_many"))
    assert on.visit().stop_reason == "throttled"
    assert evidence(on) == (429, "/api/graphql", None)


def test_a_login_page_does_not_prove_that_nothing_lies_below_what_is_known(stage):
    on = stage(account(9))
    assert on.visit(limit=6).stop_reason == "limit"
    on.replica.replace(account(9, Wall("login_page", from_load=2, until_load=2)))
    assert on.visit().stop_reason == "login"
    on.later_s = 3_700
    rest = on.visit()
    assert (rest.stop_reason, rest.images_new) == ("end_of_timeline", 3)
