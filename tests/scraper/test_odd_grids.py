"""A grid that was understood in part, in a real browser: that part is collected, and nothing known ever goes (P19)."""

import pytest

from demo.behaviour import Behaviour, OddNodes
from demo.samples import sample_account
from scraper.reparse import reparse
from scraper.report import StopReason
from scraper.selection import Selection


def account(posts: int = 6, generation="xdt", **behaviour):
    return sample_account("harbour.light", posts, Behaviour(generation=generation, **behaviour), width=48, height=60)


def samples(on) -> list[str]:
    return sorted(path.name for path in (on.library.root / "samples").glob("*"))


def test_what_a_half_odd_grid_shows_is_collected_and_known_posts_among_the_odd_ones_never_go(stage, catalog_value):
    on = stage(account())
    assert on.visit(limit=4).images_new == 4
    on.replica.replace(account(odd_nodes=OddNodes(every=2)))
    for images_new in (1, 0, 0):
        report = on.visit(selection=Selection(full=True))
        assert (report.stop_reason, report.exit_code, report.nodes_unread) == (StopReason.PARTLY_READ, 3, 3)
        assert (report.posts_seen, report.images_new, report.not_before) == (3, images_new, None)
    assert catalog_value("SELECT sum(times_missing) + count(gone_at) FROM posts") == 0
    assert samples(on) == ["profile-harbour.light.json.gz"]
    assert "reparse" in on.events[-1].message
    [read] = reparse(on.library)
    assert (read.understood, read.posts_seen, read.posts_new) == (False, 3, 0)
    assert samples(on) == ["profile-harbour.light.json.gz"]
    # Nor did those visits prove that what lies below known posts is known.
    on.replica.replace(account())
    healed = on.visit()
    assert (healed.stop_reason, healed.images_new, healed.exit_code) == ("end_of_timeline", 1, 0)


def test_a_grid_of_odd_entries_alone_is_76_and_known_posts_never_go(stage, catalog_value):
    on = stage(account(3))
    assert on.visit().images_new == 3
    on.replica.replace(account(3, odd_nodes=OddNodes("renamed_node")))
    for _ in range(3):
        report = on.visit()
        assert (report.stop_reason, report.exit_code, report.nodes_unread) == (StopReason.PAGE_CHANGED, 76, 3)
        assert report.not_before is None
    assert catalog_value("SELECT sum(times_missing) + count(gone_at) FROM posts") == 0
    assert samples(on) == ["profile-harbour.light.json.gz"]


@pytest.mark.parametrize(("every", "generation", "exit_code", "images_new"), [(1, "xdt", 76, 3), (2, "xig", 3, 4)])
def test_a_second_page_in_an_odd_shape_is_not_the_end_of_the_timeline(stage, every, generation, exit_code, images_new):
    odd = OddNodes("renamed_code", every=every, on="answer")
    on = stage(account(6, generation, page_size=3, streamed=generation == "xig", odd_nodes=odd))
    report = on.visit()
    assert (report.exit_code, report.images_new) == (exit_code, images_new)
    assert samples(on) == ["timeline-harbour.light.json.gz"]
    on.replica.replace(account(6, generation, page_size=3))
    assert on.visit().images_new == 6 - images_new


@pytest.mark.parametrize("renamed_only", [None, "post"])
def test_a_small_page_of_new_names_is_76_and_never_a_shell_with_a_cool_down(stage, renamed_only):
    on = stage(account(1, "xig", renamed=True, renamed_only=renamed_only))
    for _ in range(2):
        report = on.visit()
        assert (report.stop_reason, report.exit_code, report.not_before) == (StopReason.PAGE_CHANGED, 76, None)
    assert len(samples(on)) == 1


def test_a_sample_is_kept_of_odd_entries_however_the_visit_ends(stage):
    on = stage(account(page_size=3, odd_nodes=OddNodes(every=2, on="profile"), refusal="too_many"))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.nodes_unread) == (StopReason.THROTTLED, 75, 2)
    assert samples(on) == ["profile-harbour.light.json.gz"]
