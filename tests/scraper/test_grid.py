"""What a grid's reading makes of answers that come in an odd order or not at all: with a tab that plays them."""

from types import SimpleNamespace

import pytest

from scraper.collect import open_post
from scraper.errors import LoginWall, NetworkFailed
from scraper.grid import open_profile
from scraper.parser.page_kind import PageKind
from tests.scraper.playing import PlayedTab


def test_an_end_behind_an_answer_that_was_lost_is_not_the_end_of_the_timeline(read, document):
    whole = read(document("xig_next_page"))
    assert (whole.stop_reason, whole.error, whole.has_gaps) == ("end_of_timeline", None, False)
    holed = read(None, document("xig_next_page"))
    assert (holed.stop_reason, type(holed.error), holed.has_gaps) == ("network", NetworkFailed, True)
    assert holed.read == whole.read


def test_known_posts_behind_an_answer_that_was_lost_prove_nothing(read, document):
    oldest = {read(document("xig_next_page")).read[-1].pk}
    more = document("xig_next_page")
    more["data"]["node"]["polaris_ordered_timeline_connection"]["page_info"]["has_next_page"] = True
    assert read(more, known=oldest, known_in_a_row=1).stop_reason == "caught_up"
    assert read(None, more, known=oldest, known_in_a_row=1).stop_reason == "network"


def test_only_a_wall_that_was_seen_shows_that_visitors_get_no_more(read, monkeypatch):
    quiet, walled = read(), read(wall=PageKind.LOGIN)
    assert (quiet.stop_reason, quiet.is_walled) == ("login_wall", False)
    assert (walled.stop_reason, walled.is_walled) == ("login_wall", True)
    monkeypatch.setattr("scraper.grid._MOST_SCROLLS", 0)
    capped = read()
    assert (capped.stop_reason, capped.is_walled) == ("login_wall", False)


def test_a_timeline_that_fell_quiet_after_a_failure_is_the_network_s_fault(read, document):
    grid = read(failure="/api/graphql: net::ERR_CONNECTION_RESET")
    assert (grid.stop_reason, len(grid.read)) == ("network", 4)
    assert "ERR_CONNECTION_RESET" in str(grid.error)
    # One that the page got over leaves nothing out, but a wall behind one may stand where it was not met before.
    assert read(document("xig_next_page"), failure="any").stop_reason == "end_of_timeline"
    walled = read(failure="any", wall=PageKind.LOGIN)
    assert (walled.stop_reason, walled.is_walled) == ("login_wall", False)


def test_an_answer_to_scrolling_that_wants_a_login_ends_it_and_proves_nothing(read, document):
    grid = read(document("refusal_wait"))
    assert (grid.stop_reason, grid.error, grid.is_walled, len(grid.read)) == ("login_wall", None, False, 4)


def test_a_dialog_over_a_profile_whose_data_came_late_does_not_hide_it(document, instagram):
    tab = PlayedTab(loaded=[document("xig_profile"), document("xig_grid")], wall=PageKind.LOGIN)
    assert len(open_profile(tab, instagram, "harbour.light").timeline.posts) == 4


def test_a_dialog_over_a_post_whose_data_came_late_does_not_hide_it(document, instagram):
    tab = PlayedTab(PageKind.POST, [document("xig_post_image")], PageKind.LOGIN)
    tools = SimpleNamespace(tab=tab, site=instagram, limiter=SimpleNamespace(before_page=lambda: None))
    assert open_post(tools, "DcvZZqTktaH").is_whole


def test_a_dialog_over_a_page_of_which_nothing_came_is_a_wall(instagram):
    with pytest.raises(LoginWall):
        open_profile(PlayedTab(wall=PageKind.LOGIN), instagram, "harbour.light")
