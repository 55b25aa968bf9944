"""Which of the answers that pass a grid say anything of it, and what: odd ones (P19), refusals (P21), and the rest."""

from types import SimpleNamespace

import pytest

from db.politeness import NO_ANSWER
from scraper.collect import open_post
from scraper.errors import NetworkFailed, PageChanged, PartlyChanged, Throttled
from scraper.grid import open_profile
from scraper.parser.page_kind import PageKind
from scraper.parser.signs import signs_of
from scraper.posts import Profile, Subject
from tests.scraper.playing import SOMETHING, PlayedTab, came

HARBOUR = Profile("5550001234", "harbour.light")


def edges_of(document):
    [root] = document["data"].values()
    return root["polaris_ordered_timeline_connection"]["edges"]


def odd(document, *numbers):
    """The document with these entries of its grid, or all, in a shape that nobody knows."""
    for number, edge in enumerate(edges_of(document)):
        if number in numbers or not numbers:
            edge["node"] = {"__typename": "XIGFeedUnit", "media": edge["node"]}
    return document


@pytest.mark.parametrize("known", [(), "all"])
def test_a_grid_of_which_a_part_was_not_understood_is_neither_ended_nor_caught_up(read, document, known):
    known = {post.pk for post in read(document("xig_next_page")).read} if known else ()
    grid = read(document("xig_next_page"), grid=odd(document("xig_grid"), 1), known=known)
    assert (grid.stop_reason, type(grid.error), grid.has_gaps) == ("partly_read", PartlyChanged, True)
    assert (len(grid.read), grid.not_understood) == (3 if known else 4, 1)
    [changed] = grid.changed
    assert changed.subject == Subject("profile", "harbour.light")


@pytest.mark.parametrize("end", [{"limit": 2}, {"wall": PageKind.LOGIN}, {}], ids=str)
def test_however_the_reading_of_such_a_grid_stops_it_proves_nothing(read, document, end):
    grid = read(grid=odd(document("xig_grid"), 3), **end)
    assert (grid.stop_reason, grid.is_walled, grid.has_gaps) == ("partly_read", False, True)


def test_a_grid_of_which_nothing_was_understood_is_left_at_once(read, document):
    grid = read(document("xig_next_page"), grid=odd(document("xig_grid")))
    assert (grid.stop_reason, type(grid.error), grid.read, grid.not_understood) == ("page_changed", PageChanged, (), 4)
    assert read.tab.looks_s == []


def test_an_odd_answer_to_scrolling_keeps_what_was_read_before_and_goes_on_if_a_part_of_it_was_read(read, document):
    more = document("xig_next_page")
    edges_of(more).append({"node": {"__typename": "XIGSuggestedUnit"}})
    grid = read(more)
    assert (grid.stop_reason, len(grid.read), grid.not_understood) == ("partly_read", 5, 1)
    assert [changed.subject.kind for changed in grid.changed] == ["timeline"]
    wholly = read(odd(document("xig_next_page")))
    assert (wholly.stop_reason, len(wholly.read), wholly.has_gaps) == ("page_changed", 4, True)
    assert wholly.error.documents


def test_an_answer_to_scrolling_under_new_names_alone_is_no_quiet_scroll(read):
    answer = {"data": {"xpg_handle": {"shelf": {"rows": [{"cell": {"slug": "x", "key": "1"}}]}}}}
    assert read(answer).stop_reason == "page_changed"
    # The same, asked for by something else: the page may ask for what it likes.
    assert read(came(answer, called=SOMETHING), document_of_the_end()).stop_reason == "end_of_timeline"
    by_cursor = came(answer, called="/graphql/query", carried='{"after":"AQHTend1"}')
    assert read(by_cursor).stop_reason == "page_changed"


def test_an_answer_that_names_the_profile_and_no_list_is_a_quiet_scroll(read):
    null = {"username": "harbour.light", "polaris_ordered_timeline_connection": {"edges": None}}
    assert read({"data": {"node": null}}, document_of_the_end()).stop_reason == "end_of_timeline"


def test_pictures_of_what_was_asked_for_besides_do_not_change_the_page(read):
    others = [{"at": f"https://x/v/t51.82787-15/{n}_n.jpg"} for n in range(5)]
    aside = came({"data": {"shelf": others}}, called="/api/graphql PolarisSuggestedPostsQuery")
    assert read(aside, document_of_the_end()).stop_reason == "end_of_timeline"
    assert read(came({"data": {"shelf": others}}, called=SOMETHING)).stop_reason == "page_changed"


def test_a_grid_that_stands_in_no_known_place_proves_nothing_of_what_it_lacks(read, document):
    grid = document("xig_grid")
    user = grid["data"]["xig_user_by_username"]
    user["shelf"] = user.pop("polaris_ordered_timeline_connection")["edges"]
    assert (len(read(grid=grid).read), read(grid=grid).has_gaps) == (3, True)


def document_of_the_end():
    empty = {"edges": [], "page_info": {"has_next_page": False}}
    return {"data": {"node": {"username": "harbour.light", "polaris_ordered_timeline_connection": empty}}}


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize(
    ("called", "carried"),
    [
        (SOMETHING, ""),
        ("/api/v1/web/logging/events/", "profile_id=5550001234"),
        ("/api/v1/discover/chaining/", "target_id=5550001234"),
        ("/api/graphql PolarisProfileSuggestedUsersQuery", '{"target_id":"5550001234"}'),
        ("/api/v1/highlights/5550001234/highlights_tray/", ""),
        ("/api/graphql PolarisSuggestedTimelineQuery", ""),
        ("/api/graphql PolarisViewerQuery", '{"id":"9990009999","of":"harbour.lights"}'),
    ],
)
def test_a_refusal_of_something_else_is_noted_and_nothing_more(read, document, status, called, carried):
    refused = came(document("refusal_wait"), called=called, carried=carried, status=status)
    grid = read([refused, refused], document("xig_next_page"))
    assert (grid.stop_reason, grid.error, grid.has_gaps, len(grid.read)) == ("end_of_timeline", None, False, 5)
    assert grid.asides == (refused.answer,)


@pytest.mark.parametrize(
    ("called", "carried"),
    [
        ("/api/graphql PolarisProfilePostsTabContentQuery_connection", ""),
        ("/api/graphql", '{"after":"AQHTend1"}'),
        ("/api/graphql", '{"id":"17841400000001234"}'),
        ("/api/graphql", "target=5550001234"),
        ("/api/v1/feed/user/5550001234/", "max_id=1"),
        ("/api/v1/users/web_profile_info/", "username=harbour.light"),
        ("/api/v1/users/5550001234/info/", ""),
    ],
)
def test_a_refusal_of_the_timelines_own_continuation_is_a_wall(read, called, carried):
    grid = read(came({"status": "fail"}, called=called, carried=carried, status=429))
    assert (grid.stop_reason, type(grid.error), len(grid.read)) == ("throttled", Throttled, 4)
    assert (grid.error.answer.status, grid.asides) == (429, ())


def test_a_refusal_behind_what_was_understood_counts_and_one_before_it_does_not(read, document):
    refused, more = came({"status": "fail"}, status=429), document("xig_next_page")
    more["data"]["node"]["polaris_ordered_timeline_connection"]["page_info"]["has_next_page"] = True
    grid = read([more, refused])
    assert (grid.stop_reason, len(grid.read)) == ("throttled", 5)
    assert read([document_of_the_end(), refused]).stop_reason == "end_of_timeline"
    assert read([refused, more], document_of_the_end()).stop_reason == "end_of_timeline"


def test_the_name_of_the_query_that_brought_the_timeline_is_learned_from_the_page(document):
    entry = ["adp_HarbourShelfQueryRelayPreloader_6a1f", {"__bbox": {"result": document("xig_grid")}}]
    signs = signs_of([{"require": [["RelayPrefetchedStreamCache", "next", [], entry]]}], HARBOUR)
    assert signs.continue_in("", "fb_api_req_friendly_name=HarbourShelfQuery_connection")
    assert not signs.continue_in("", "fb_api_req_friendly_name=HarbourShelfQueryTwin")


def test_a_broken_or_failed_answer_to_something_else_hinders_nothing(read, document):
    aside = [came(called=SOMETHING, is_lost=True), came(called=SOMETHING, failure="net::ERR_FAILED")]
    assert read(aside, document("xig_next_page")).stop_reason == "end_of_timeline"
    assert read(aside, wall=PageKind.LOGIN).is_walled
    assert read(aside).stop_reason == "login_wall"


def test_posts_that_stand_in_an_answer_to_something_else_are_not_the_grids(read, document):
    item = edges_of(document("xig_next_page"))[0]["node"]
    aside = came({"data": {"shelf": [item]}}, called="/api/graphql PolarisProfileRelatedPostsQuery")
    grid = read(aside, document_of_the_end())
    assert (len(grid.read), grid.has_gaps, grid.stop_reason) == (4, False, "end_of_timeline")


def test_a_page_that_was_busy_with_something_else_gets_a_long_look_before_it_is_left(read):
    aside = came({"status": "fail"}, called=SOMETHING, status=403)
    read(aside)
    assert [look > 1 for look in read.tab.looks_s] == [False] * 4 + [True]
    read()
    assert not any(read.tab.looks_s)


def test_a_page_that_leads_elsewhere_is_the_networks_fault_and_what_it_showed_is_kept(read):
    grid = read(led_away="the page led to an address that is not visited")
    assert (grid.stop_reason, len(grid.read), grid.is_walled, read.tab.looks_s) == ("network", 4, False, [])


def test_a_page_that_led_elsewhere_before_it_told_anything_is_the_networks_fault(instagram):
    with pytest.raises(NetworkFailed, match="not visited"):
        open_profile(PlayedTab(led_away="the page led to an address that is not visited"), instagram, "harbour.light")


@pytest.mark.parametrize("page", [[], [{"data": {"viewer": {"id": "1"}}}]], ids=str)
def test_a_shell_whose_page_asks_for_other_things_is_still_a_shell(instagram, page):
    others = [{"node": {"at": f"https://x/v/t51.82787-15/{n}_n.jpg"}} for n in range(5)]
    suggestions = came({"data": {"shelf": others}}, called="/api/graphql PolarisSuggestedPostsQuery")
    refused = came({"status": "fail"}, called=SOMETHING, status=403)
    info = "/api/v1/users/web_profile_info/"
    own = came({"status": "fail"}, called=info, carried="username=harbour.light", status=401)
    with pytest.raises(Throttled) as raised:
        open_profile(PlayedTab(page=page, loaded=[suggestions, refused]), instagram, "harbour.light")
    assert raised.value.answer == NO_ANSWER
    with pytest.raises(Throttled) as raised:
        open_profile(PlayedTab(page=page, loaded=[refused, own]), instagram, "harbour.light")
    assert raised.value.answer.status == 401


def test_a_page_with_a_result_under_new_names_is_a_changed_page_however_small(document, instagram):
    new = {"data": {"xpg_handle": {"key": "5550001234", "handle": "harbour.light"}}}
    with pytest.raises(PageChanged) as raised:
        open_profile(PlayedTab(page=[new]), instagram, "harbour.light")
    assert raised.value.documents == [new]
    # The profile is known; its timeline has another name.
    with pytest.raises(PageChanged):
        open_profile(PlayedTab(page=[document("xig_profile"), new]), instagram, "harbour.light")
    tools = SimpleNamespace(
        tab=PlayedTab(PageKind.POST, page=[new]), site=instagram, limiter=SimpleNamespace(before_page=lambda: None)
    )
    with pytest.raises(PageChanged):
        open_post(tools, "DcvZZqTktaH")
