"""A page that sends its visitor where nothing is visited: the network's fault, neither a login page nor a wall."""

import pytest

from demo.behaviour import Behaviour
from demo.samples import sample_account
from scraper.targets import PostTarget

ELSEWHERE = "http://192.0.2.1/"


def account(posts: int = 2, **behaviour):
    return sample_account("harbour.light", posts, Behaviour(**behaviour), width=48, height=60)


@pytest.mark.parametrize(
    ("way", "address"),
    [("script", ELSEWHERE), ("script", "about:blank"), ("refresh", "https://www.facebook.com/login/?next=x")],
)
def test_a_page_without_data_that_leads_elsewhere_is_network_and_starts_no_cool_down(stage, way, address):
    on = stage(account(null_edges=True, leads_to=address, leads_by=way))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.not_before) == ("network", 75, None)
    assert on.visit().page_loads == 1


def test_what_a_page_showed_before_it_led_elsewhere_is_collected(stage):
    on = stage(account(4, generation="xdt", page_size=2, leads_to=ELSEWHERE))
    report = on.visit()
    # The page may be gone before its text was handed over, and then nothing of it was seen.
    assert (report.stop_reason, report.images_new in (0, 2), report.not_before) == ("network", True, None)
    on.replica.replace(account(4, generation="xdt", page_size=2))
    assert on.visit().stop_reason == "end_of_timeline"


def test_the_page_of_a_post_that_leads_elsewhere_is_the_networks_fault(stage):
    on = stage(account(1, renamed=True, renamed_only="post", leads_to=ELSEWHERE, leads_on="post"))
    [post] = account(1).posts
    assert on.visit_target(PostTarget(post.code)).stop_reason == "network"
    report = on.visit()
    assert (report.posts_unread, report.exit_code) == (1, 3)
