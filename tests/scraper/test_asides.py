"""A page asks for other things than its posts: their refusal is noted, and only the timeline's own is a wall (P21)."""

import time
from datetime import timedelta

import pytest

from demo.behaviour import Aside, Behaviour, Wall
from demo.samples import sample_account
from scraper.events import AsideRefused, PostOpened
from scraper.page import open_tab
from scraper.report import StopReason


def account(posts: int = 6, *asides: Aside, generation="xdt", **behaviour):
    shape = Behaviour(generation=generation, page_size=3, asides=asides, **behaviour)
    return sample_account("harbour.light", posts, shape, width=48, height=60)


ALL = [
    ("suggestions", "please_wait"), ("related", "challenge"), ("consent", "too_many"), ("logging", "server_error"),
    ("unnamed", "feedback"),
]


@pytest.mark.parametrize("when", [("scroll",), ("load", "more")])
def test_a_refused_request_for_something_else_neither_ends_a_visit_nor_starts_a_cool_down(stage, when):
    asides = (Aside(kind, moment, refusal) for moment in when for kind, refusal in ALL)
    on = stage(account(6, *asides), account_of_another())
    first, second = on.visit_all("harbour.light", "gull.watch")
    assert (first.stop_reason, first.exit_code, first.images_new) == ("end_of_timeline", 0, 6)
    assert (second.stop_reason, second.images_new) == ("end_of_timeline", 1)
    assert on.replica.count("aside") >= 5
    visit = on.library.runs.of("scrape", "harbour.light", 1)[0].counts
    assert "refusals" not in visit
    if when == ("scroll",):        # otherwise the visit may be over before they are answered
        noted = {(refused["status"], refused["address"].rpartition("/v1")[2]) for refused in visit["refused_asides"]}
        assert (429, "/web/consent/state/") in noted
        assert len(noted) == 4
        assert len([event for event in on.events if isinstance(event, AsideRefused)]) == 4


def account_of_another():
    return sample_account("gull.watch", 1, Behaviour(generation="xdt"), width=48, height=60)


def test_what_is_asked_for_besides_and_answered_hinders_nothing(stage):
    on = stage(account(6, *(Aside(kind, when) for kind, _ in ALL for when in ("load", "scroll"))))
    report = on.visit()
    assert (report.stop_reason, report.images_new) == ("end_of_timeline", 6)
    assert on.visit().stop_reason == "caught_up"


def test_a_shell_is_not_told_by_what_its_page_asks_for_besides(stage):
    on = stage(account(6, Aside("suggestions"), Aside("unnamed", refusal="please_wait"), null_edges=True))
    assert on.visit().stop_reason == "throttled"
    answer = on.library.politeness.cool_down(on.site.key, on.library.runs.latest(1)[0].ended_at).answer
    assert (answer.status, answer.address) == (200, f"{on.replica.base_url}/harbour.light/")


@pytest.mark.parametrize("generation", ["xig", "xdt"])
def test_what_was_seen_before_a_real_refusal_is_collected_and_the_cool_down_begins_with_it(stage, generation):
    on = stage(account(6, generation=generation, refusal="too_many"))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.images_new) == (StopReason.THROTTLED, 75, 3)
    assert (begun(on, report).level, begun(on, report).answer.status) == (0, 429)
    assert len(on.library.runs.latest(1)[0].counts["refusals"]) == 1
    again = on.visit()
    assert (again.stop_reason, again.page_loads, on.replica.requests) == ("cool_down", 0, [])


def begun(on, report):
    """The cool-down that a visit has begun."""
    return on.library.politeness.cool_down(on.site.key, report.not_before - timedelta(seconds=1))


def test_behind_a_real_refusal_the_first_refused_post_ends_the_visit(stage):
    wall = Wall("login_page", on="post", from_load=2)
    on = stage(account(6, generation="xig", refusal="too_many", walls=(wall,)))
    report = on.visit()
    assert (report.stop_reason, report.images_new, report.page_loads, report.posts_unread) == ("throttled", 1, 3, 1)
    assert begun(on, report).answer.status == 429
    assert len(on.library.runs.latest(1)[0].counts["refusals"]) == 2


def test_behind_a_real_refusal_nothing_is_asked_for_that_was_not_seen(stage):
    on = stage(account(6, generation="xig", walls=(Wall("refused", on="post"),)))
    assert on.visit().images_new == 0
    on.replica.replace(account(6, generation="xig", refusal="too_many"))
    on.later_s = 3_601
    assert (on.visit().images_new, on.library.posts.counts()["slides_pending"]) == (3, 3)


def test_a_request_that_hangs_is_waited_for_once_and_not_at_every_look(stage, chromium, monkeypatch):
    monkeypatch.setattr("scraper.page._DATA_TIMEOUT_S", 0.4)
    with open_tab(chromium, stage(account(1)).site) as tab:
        tab._in_flight["a request"] = time.monotonic()
        waited = []
        for _ in range(2):
            began = time.monotonic()
            assert tab.take_passing() == []
            waited.append(time.monotonic() - began)
    assert waited[0] > 0.3 > 0.1 > waited[1]


class Interrupting(list):
    """Hears events, and is interrupted as the work on the first post begins."""

    def append(self, event) -> None:
        super().append(event)
        if isinstance(event, PostOpened):
            raise KeyboardInterrupt


def test_an_interrupt_while_what_was_seen_is_collected_does_not_hide_the_refusal(stage):
    on = stage(account(6, refusal="too_many"))
    on.events = Interrupting()
    report = on.visit()
    assert (report.stop_reason, begun(on, report).answer.status) == ("interrupted", 429)
    on.events = []
    assert on.visit().stop_reason == "cool_down"
